/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_context.c - W3C Trace Context, level 2: what a peer says about the trace.
 *
 *	traceparent  00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *	             |  trace id                         span id          flags
 *	             version
 *	tracestate   congo=t61rcWkgMzE,fw529a3039@dt=FfFz, ,rojo=00f067aa0ba902b7
 */
#include "user/model/trace_context.h"

#include <endian.h>

enum {
	VERSION_AT = 0,
	TRACE_ID_AT = 3,
	SPAN_ID_AT = 36,
	FLAGS_AT = 53,
	TRACEPARENT_LEN = 55,
};

/* tracestate: section 3.3. */
enum {
	MAX_MEMBERS = 32,
	MAX_KEY = 256,
	MAX_VALUE = 256,
	MAX_STATE = 512, /* what has to be propagated at least; more is not kept */
	LONG_MEMBER = 128,
};

enum { WORD_DIGITS = 8 };

/*
 * Eight lower-case hex digits as four bytes. Each digit is made a number in its own byte; what is
 * written from those numbers is what was read, or it was no such digit.
 */
static inline bool hex_word(const char *at, uint8_t ret[WORD_DIGITS / 2])
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t digits, numbers, letters;
	uint32_t bytes;

	memcpy(&digits, at, sizeof(digits));
	numbers = (digits & ones * 0x0f) + (digits >> 6 & ones) * 9;
	letters = (numbers + ones * 6) >> 4 & ones;
	if (numbers & ones * 0xf0 || numbers + ones * '0' + letters * ('a' - '0' - 10) != digits)
		return false;
	/* Each second byte is two digits now; bring those together. */
	numbers = htobe64(numbers);
	numbers = (numbers | numbers >> 4) & UINT64_C(0x00ff00ff00ff00ff);
	numbers = (numbers | numbers >> 8) & UINT64_C(0x0000ffff0000ffff);
	bytes = htobe32((uint32_t)(numbers | numbers >> 16));
	memcpy(ret, &bytes, sizeof(bytes));
	return true;
}

/* `count` bytes from twice as many lower-case hex digits; `count` is a multiple of four. */
static inline bool hex_bytes(const char *at, size_t count, uint8_t *ret)
{
	for (size_t i = 0; i < count; i += WORD_DIGITS / 2)
		if (!hex_word(at + 2 * i, ret + i))
			return false;
	return true;
}

/* Two digits: padded, they are a word. */
static inline bool hex_byte(const char *at, uint8_t *ret)
{
	char padded[WORD_DIGITS] = "00000000";
	uint8_t bytes[WORD_DIGITS / 2];

	memcpy(padded, at, 2);
	if (!hex_word(padded, bytes))
		return false;
	*ret = bytes[0];
	return true;
}

static inline bool all_zero(const uint8_t *bytes, size_t count)
{
	static const uint8_t zeros[TRACE_ID_BYTES];

	return !memcmp(bytes, zeros, count);
}

bool trace_id_parse(struct str digits, size_t count, uint8_t *ret)
{
	return digits.len == 2 * count && hex_bytes(digits.at, count, ret) && !all_zero(ret, count);
}

static bool traceparent_shape(struct str in, uint8_t version)
{
	if (version == 0xff || (version == 0 && in.len != TRACEPARENT_LEN))
		return false;
	if (in.len > TRACEPARENT_LEN && in.at[TRACEPARENT_LEN] != '-')
		return false;
	return in.at[TRACE_ID_AT - 1] == '-' && in.at[SPAN_ID_AT - 1] == '-' &&
	       in.at[FLAGS_AT - 1] == '-';
}

bool trace_context_parse(struct str traceparent, struct trace_context *ret)
{
	struct trace_context c = {};
	uint8_t version;

	if (traceparent.len < TRACEPARENT_LEN || !hex_byte(traceparent.at + VERSION_AT, &version) ||
	    !traceparent_shape(traceparent, version) ||
	    !hex_bytes(traceparent.at + TRACE_ID_AT, TRACE_ID_BYTES, c.trace_id) ||
	    !hex_bytes(traceparent.at + SPAN_ID_AT, SPAN_ID_BYTES, c.span_id) ||
	    !hex_byte(traceparent.at + FLAGS_AT, &c.flags))
		return false;
	if (all_zero(c.trace_id, TRACE_ID_BYTES) || all_zero(c.span_id, SPAN_ID_BYTES))
		return false;
	c.flags &= TRACE_FLAG_SAMPLED | TRACE_FLAG_RANDOM;
	*ret = c;
	return true;
}

static bool lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool key_valid(struct str key)
{
	if (!key.len || key.len > MAX_KEY || !lower_or_digit(key.at[0]))
		return false;
	for (size_t i = 1; i < key.len; i++)
		if (!lower_or_digit(key.at[i]) && !(key.at[i] && strchr("_-*/@", key.at[i])))
			return false;
	return true;
}

/* Printable ASCII without ',' and '='; it does not end with a space. */
static bool value_valid(struct str value)
{
	if (!value.len || value.len > MAX_VALUE || value.at[value.len - 1] == ' ')
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] < 0x20 || value.at[i] > 0x7e || value.at[i] == '=')
			return false;
	return true;
}

static bool key_is_among(const struct str *keys, size_t count, struct str key)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(keys[i], key))
			return true;
	return false;
}

/* The members that are not empty, trimmed. False when the list is not valid. */
static bool members_split(struct str list, struct str members[MAX_MEMBERS], size_t *ret)
{
	struct str keys[MAX_MEMBERS], part;
	size_t count = 0;

	while (take_part(&list, ',', &part)) {
		struct str member = str_trim(part), value = member;

		if (!member.len)
			continue;
		if (count == MAX_MEMBERS || !take_until(&value, '=', &keys[count]) ||
		    !key_valid(keys[count]) || !value_valid(value) ||
		    key_is_among(keys, count, keys[count]))
			return false;
		members[count++] = member;
	}
	*ret = count;
	return true;
}

static size_t joined_len(const struct str *members, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		if (members[i].len)
			len += members[i].len + (len > 0);
	return len;
}

/* Empty out members longer than `longer_than`, the last first, until the list is short enough. */
static void members_drop(struct str *members, size_t count, size_t longer_than)
{
	for (size_t i = count; i-- > 0 && joined_len(members, count) > MAX_STATE;)
		if (members[i].len > longer_than)
			members[i].len = 0;
}

void trace_state_parse(struct str header, struct str *ret)
{
	static char kept[MAX_STATE];
	struct str members[MAX_MEMBERS];
	size_t count, len = 0;

	*ret = (struct str){};
	if (!members_split(header, members, &count) || !count)
		return;
	header = str_trim(header);
	if (header.len <= MAX_STATE) {
		*ret = header;
		return;
	}
	members_drop(members, count, LONG_MEMBER);
	members_drop(members, count, 0);
	for (size_t i = 0; i < count; i++) {
		if (!members[i].len)
			continue;
		if (len)
			kept[len++] = ',';
		memcpy(kept + len, members[i].at, members[i].len);
		len += members[i].len;
	}
	*ret = (struct str){ kept, len };
}
