/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.c - the table of record types, and the check that stands before every cast.
 *
 * In:  bytes of a ring or a tape.
 * Out: a record whose sizes, direction, family and strings may be relied upon.
 *      What its numbers mean (positions, times) is not judged here.
 */
#include "user/event/event.h"

#include "user/base/mem.h"

/* What a record holds behind its fixed part. */
enum rest { REST_ANYTHING, REST_FAMILY, REST_PAYLOAD, REST_NO_PAYLOAD, REST_STRINGS, REST_TEXT };

static const struct {
	const char *name;
	uint32_t least; /* bytes, the payload's own least included */
	enum rest rest;
} types[] = {
	[RECORD_CONNECTION] = { "connection", sizeof(struct record_connection), REST_FAMILY },
	[RECORD_BYTES] = { "bytes", sizeof(struct record_turn), REST_PAYLOAD },
	[RECORD_TOTALS] = { "totals", sizeof(struct record_turn), REST_NO_PAYLOAD },
	[RECORD_CLOSE] = { "close", sizeof(struct record_turn), REST_NO_PAYLOAD },
	[RECORD_PROCESS] = { "process", sizeof(struct record_process) + 1, REST_STRINGS },
	[RECORD_CLOCK] = { "clock", sizeof(struct record_clock), REST_ANYTHING },
	[RECORD_PAUSE] = { "pause", sizeof(struct record_pause), REST_TEXT },
};

static_assert(ARRAY_SIZE(types) == RECORD_TYPES, "a row for each record type");

static bool family_is_known(const struct record *r)
{
	uint16_t family = ((const struct record_connection *)r)->family;

	return family == FAMILY_UNIX || family == FAMILY_INET || family == FAMILY_INET6;
}

static inline bool rest_is_good(const struct record *r, enum rest rest)
{
	const struct record_turn *t = (const struct record_turn *)r;

	switch (rest) {
	case REST_PAYLOAD: /* first: nearly all are of this kind */
		return t->direction < DIRECTIONS && t->length <= r->size - sizeof(*t);
	case REST_NO_PAYLOAD:
		return t->direction < DIRECTIONS && !t->length;
	case REST_FAMILY:
		return family_is_known(r);
	case REST_STRINGS:
		return ((const char *)r)[r->size - 1] == '\0';
	case REST_TEXT:
		return ((const struct record_pause *)r)->text[PAUSE_TEXT - 1] == '\0';
	case REST_ANYTHING:
		break;
	}
	return true;
}

const struct record *event_check(struct str bytes)
{
	const struct record *r = (const struct record *)(const void *)bytes.at;

	if (bytes.len < sizeof(*r) || r->size > bytes.len)
		return NULL;
	if (r->type - 1u >= RECORD_TYPES - 1 || r->size < types[r->type].least)
		return NULL;
	return rest_is_good(r, types[r->type].rest) ? r : NULL;
}

const char *event_type_name(uint16_t type)
{
	return type < RECORD_TYPES && types[type].name ? types[type].name : "unknown";
}
