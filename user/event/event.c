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

static bool nothing_more(const struct record *r)
{
	(void)r;
	return true;
}

static bool family_known(const struct record *r)
{
	uint16_t family = ((const struct record_connection *)r)->family;

	return family == FAMILY_UNIX || family == FAMILY_INET || family == FAMILY_INET6;
}

static bool payload_fits(const struct record *r)
{
	const struct record_turn *t = (const struct record_turn *)r;

	return t->direction < DIRECTIONS && t->length <= r->size - sizeof(*t);
}

static bool has_no_payload(const struct record *r)
{
	const struct record_turn *t = (const struct record_turn *)r;

	return t->direction < DIRECTIONS && !t->length;
}

static bool strings_end(const struct record *r)
{
	return ((const char *)r)[r->size - 1] == '\0';
}

static const struct {
	const char *name;
	size_t least; /* bytes, the payload's own least included */
	bool (*rest_is_good)(const struct record *record);
} types[] = {
	[RECORD_CONNECTION] = { "connection", sizeof(struct record_connection), family_known },
	[RECORD_BYTES] = { "bytes", sizeof(struct record_turn), payload_fits },
	[RECORD_TOTALS] = { "totals", sizeof(struct record_turn), has_no_payload },
	[RECORD_CLOSE] = { "close", sizeof(struct record_turn), has_no_payload },
	[RECORD_PROCESS] = { "process", sizeof(struct record_process) + 1, strings_end },
	[RECORD_CLOCK] = { "clock", sizeof(struct record_clock), nothing_more },
};

static_assert(ARRAY_SIZE(types) == RECORD_TYPES, "a row for each record type");

const struct record *event_check(struct str bytes)
{
	const struct record *r = (const struct record *)(const void *)bytes.at;

	if (bytes.len < sizeof(*r) || r->size > bytes.len)
		return NULL;
	if (r->type >= RECORD_TYPES || !types[r->type].name || r->size < types[r->type].least)
		return NULL;
	return types[r->type].rest_is_good(r) ? r : NULL;
}

const char *event_type_name(uint16_t type)
{
	return type < RECORD_TYPES && types[type].name ? types[type].name : "unknown";
}
