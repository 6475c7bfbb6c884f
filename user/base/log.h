/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - what sonde says about itself, on standard error.
 *
 * One line an event, logfmt or JSON, made of a message and key=value pairs:
 *
 *	log_warn("export failed", "endpoint=%s status=%d", endpoint, status);
 *
 * The text of the pairs is written by us, with one space between them; a value
 * may have any text and is quoted where it must be. What comes from outside goes
 * through log_value(), which also escapes what would end a pair. A message that is repeated more
 * than LOG_BURST times in ten seconds (base/log_rate.h) is held back and counted;
 * the count is said with the next one (`suppressed=N`) and stands in log_suppressed().
 * Who logs is decided by layer: libraries return, the stage that meets the
 * outside world logs once.
 */
#pragma once

#include <stdint.h>

#include "user/base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

/* To be called first; until then lines wait for standard error. */
void log_setup(enum log_level level, enum log_format format);
uint64_t log_suppressed(void);
/* Lines that standard error did not take at once: nothing waits for who reads it. */
uint64_t log_dropped(void);

void log_write(enum log_level level, const char *message, const char *pairs, ...)
	__attribute__((format(printf, 3, 4)));

/* The space is there because compilers warn of an empty format. */
#define log_debug(message, ...) log_write(LOG_DEBUG, message, " " __VA_ARGS__)
#define log_info(message, ...)	log_write(LOG_INFO, message, " " __VA_ARGS__)
#define log_warn(message, ...)	log_write(LOG_WARN, message, " " __VA_ARGS__)
#define log_error(message, ...) log_write(LOG_ERROR, message, " " __VA_ARGS__)

/* `s` quoted where it must be, for a pair's value. Valid until called four more times. */
const char *log_value(struct str s);
