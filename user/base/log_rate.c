/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/log_rate.h"

#include <string.h>
#include <xxhash.h>

static struct log_text *text_find(struct log_rate *rate, uint64_t hash)
{
	struct log_text *oldest = rate->texts;

	for (struct log_text *t = rate->texts; t < rate->texts + LOG_TEXTS; t++) {
		if (t->hash == hash)
			return t;
		if (t->since_ns < oldest->since_ns)
			oldest = t;
	}
	*oldest = (struct log_text){ .hash = hash };
	return oldest;
}

bool log_rate_take(struct log_rate *rate, const char *message, uint64_t now_ns, uint64_t *held)
{
	uint64_t hash = XXH3_64bits(message, strlen(message)) | 1;
	struct log_text *text = text_find(rate, hash);

	if (!text->passed || now_ns - text->since_ns >= LOG_WINDOW_NS) {
		text->since_ns = now_ns;
		text->passed = 0;
	}
	if (text->passed == LOG_BURST) {
		text->held++;
		rate->held++;
		return false;
	}
	text->passed++;
	*held = text->held;
	text->held = 0;
	return true;
}
