/* SPDX-License-Identifier: Apache-2.0 */
/* described.h - what a runtime's describe() says of a pause, beside what it should. */
#pragma once

#include "tests/test.h"
#include "user/runtime/runtime.h"

struct expected {
	uint16_t kind;
	uint64_t detail;
	const char *text, *word; /* word NULL: it is not to be counted */
	bool is_collection;
	const char *metric; /* NULL: none of the conventions */
	const char *values[PAUSE_ATTRIBUTES];
};

static inline bool says(const struct expected *want, const struct pause *got)
{
	size_t count = 0;

	if (!want->word)
		return !got->kind.len;
	if (!str_eq(got->kind, str_of(want->word)) || got->is_collection != want->is_collection)
		return false;
	if (!want->metric != !got->group ||
	    (want->metric && strcmp(want->metric, got->group->metrics[0].name) != 0))
		return false;
	for (; count < PAUSE_ATTRIBUTES && want->values[count]; count++)
		if (!str_eq(got->attributes[count].text, str_of(want->values[count])) ||
		    !str_eq(got->attributes[count].key, got->group->keys[count]))
			return false;
	return got->attribute_count == count;
}

static inline bool described(void (*describe)(const struct record_pause *, struct pause *),
			     const struct expected *want)
{
	struct record_pause record = { .kind = want->kind, .detail = want->detail };
	struct pause got;

	memset(&got, 0xff, sizeof(got));
	snprintf(record.text, sizeof(record.text), "%s", want->text ? want->text : "");
	describe(&record, &got);
	return says(want, &got);
}
