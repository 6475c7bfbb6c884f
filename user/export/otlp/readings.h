/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readings.h - every so often: ask the collectors, and send what they say.
 *
 * Cumulative readings are sent in bodies of about BATCH_BYTES; differences go in
 * one, because they are either taken whole or sent again as part of the next.
 * Readings that still wait to be tried again when newer ones are made are
 * replaced by those.
 */
#pragma once

#include "user/config/config.h"
#include "user/export/otlp/sender.h"

struct collectors;
struct delta;
struct reading;

enum readings_fate { POINTS_ACCEPTED, POINTS_REJECTED, POINTS_LOST, POINTS_REPLACED, POINTS_FATES };

struct readings {
	struct sender sender;
	struct timer timer;
	const struct collectors *collectors;
	uint64_t interval_ns, started_unix_ns;
	enum temporality temporality;
	bool exponential;
	struct delta *delta;
	struct reading *waiting; /* bodies behind the one that is being sent */
	size_t sending;		 /* points in that one */
	bool lost_some;		 /* of this collection */
	bool last_due;		 /* one more collection before the end */
	uint64_t points[POINTS_FATES];
};

/* sender.target, .loop and .policy and the first members are filled. 0 or negative errno. */
int readings_init(struct readings *r, struct http_client *client, const char **error);
/* Collect and send once more, and then nothing. */
void readings_drain(struct readings *r);
bool readings_drained(const struct readings *r);
void readings_free(struct readings *r);
