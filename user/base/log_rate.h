/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_rate.h - how often one message may be written.
 *
 * Each distinct text may pass LOG_BURST times in LOG_WINDOW_NS; what comes
 * after that is counted. The table is bounded: a text that finds no room takes
 * the place of the one whose window is oldest.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/base/clock.h"

/* Enough to see that something repeats, not enough to fill a disk. */
#define LOG_BURST     10
#define LOG_WINDOW_NS (10 * NS_PER_S)
/* More than sonde has different messages in ten seconds. */
#define LOG_TEXTS 64

struct log_rate {
	struct log_text {
		uint64_t hash; /* of the message; 0: free */
		uint64_t since_ns;
		uint64_t held;
		uint32_t passed;
	} texts[LOG_TEXTS];
	uint64_t held; /* all of them, ever */
};

/*
 * May `message` be written now? If so `held` says how many of it were held
 * back since the last that was; if not, it is counted and `held` untouched.
 */
bool log_rate_take(struct log_rate *rate, const char *message, uint64_t now_ns, uint64_t *held);
