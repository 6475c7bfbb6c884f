/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/b3.h"

/* Of the single header. */
enum { TRACE_ID, SPAN_ID, STATE, PARENT_ID, FIELDS };
enum { LONG_TRACE_DIGITS = 2 * TRACE_ID_BYTES, SHORT_TRACE_DIGITS = TRACE_ID_BYTES };

/* An id of 64 bits is the end of one of 128 that begins with zeros. */
static bool trace_id_read(struct str digits, uint8_t ret[TRACE_ID_BYTES])
{
	if (digits.len == LONG_TRACE_DIGITS)
		return trace_id_parse(digits, TRACE_ID_BYTES, ret);
	memset(ret, 0, TRACE_ID_BYTES);
	return digits.len == SHORT_TRACE_DIGITS &&
	       trace_id_parse(digits, TRACE_ID_BYTES / 2, ret + TRACE_ID_BYTES / 2);
}

/* What is empty is not there, which only a parent may be. */
static bool ids_read(struct str trace_id, struct str span_id, struct str parent_id, struct b3 *ret)
{
	ret->has_ids = true;
	ret->has_parent = parent_id.len > 0;
	return trace_id_read(trace_id, ret->context.trace_id) &&
	       trace_id_parse(span_id, SPAN_ID_BYTES, ret->context.span_id) &&
	       (!parent_id.len || trace_id_parse(parent_id, SPAN_ID_BYTES, ret->parent_id));
}

static void decide(bool sampled, struct b3 *ret)
{
	ret->has_decision = true;
	ret->context.flags = sampled ? TRACE_FLAG_SAMPLED : 0;
}

static bool state_read(struct str state, struct b3 *ret)
{
	if (state.len != 1 || !memchr("01d", state.at[0], 3))
		return false;
	decide(state.at[0] != '0', ret);
	return true;
}

/* "true" and "false" are from before there was a specification, which allows to read them. */
static bool sampled_read(struct str sampled, struct b3 *ret)
{
	bool yes = str_eq(sampled, STR("1")) || str_eq_nocase(sampled, STR("true"));

	if (!yes && !str_eq(sampled, STR("0")) && !str_eq_nocase(sampled, STR("false")))
		return false;
	decide(yes, ret);
	return true;
}

/* How many fields there are; 0 when one is empty or they are too many. */
static size_t fields_split(struct str header, struct str fields[FIELDS])
{
	size_t count = 0;
	bool more;

	do {
		if (count == FIELDS)
			return 0;
		more = take_until(&header, '-', &fields[count]);
		if (!more)
			fields[count] = header;
		if (!fields[count++].len)
			return 0;
	} while (more);
	return count;
}

bool b3_parse(struct str header, struct b3 *ret)
{
	struct str fields[FIELDS] = {};
	struct b3 b3 = {};
	size_t count = fields_split(header, fields);

	if (!count || (count == 1 && !state_read(fields[0], &b3)))
		return false;
	if (count > 1 && !ids_read(fields[TRACE_ID], fields[SPAN_ID], fields[PARENT_ID], &b3))
		return false;
	if (count > STATE && !state_read(fields[STATE], &b3))
		return false;
	*ret = b3;
	return true;
}

bool b3_parse_headers(const struct b3_headers *headers, struct b3 *ret)
{
	struct b3 b3 = {};

	if (headers->sampled.len && !sampled_read(headers->sampled, &b3))
		return false;
	if (headers->debug)
		decide(true, &b3);
	if (headers->trace_id.len &&
	    !ids_read(headers->trace_id, headers->span_id, headers->parent_id, &b3))
		return false;
	if (!b3.has_ids && !b3.has_decision)
		return false;
	*ret = b3;
	return true;
}
