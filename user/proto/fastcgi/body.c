/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.c - the records behind a head, stepped over until the one that ends it.
 *
 *	state->left   bit 62      61 ... 18              17 ... 0
 *	              is filter   input still to come    of the record in hand
 *	state->stage  bit 7       6 ... 3                2 ... 0
 *	              last one    type                   bytes of its head that were seen
 *
 * A question's input ends with its CONTENT_LENGTH: php-fpm answers before it reads the empty
 * record that says so, which is stepped over when it comes.
 */
#include "user/proto/fastcgi/fastcgi.h"

enum { RECORD_BITS = 18, INPUT_BITS = 44, TYPE_SHIFT = 3, AT_MASK = 7 };

#define RECORD_MASK   ((UINT64_C(1) << RECORD_BITS) - 1)
#define INPUT_MAX     ((UINT64_C(1) << INPUT_BITS) - 1)
#define IS_FILTER     (UINT64_C(1) << (RECORD_BITS + INPUT_BITS))
#define IS_LAST	      (1u << 7)
#define TYPE_OF(byte) ((enum fastcgi_type)((byte) >> TYPE_SHIFT & 15))

uint64_t fastcgi_input(uint64_t bytes, bool is_filter)
{
	if (bytes > INPUT_MAX)
		bytes = INPUT_MAX;
	return bytes << RECORD_BITS | (is_filter ? IS_FILTER : 0);
}

/* May a record of that type stand behind this head? */
static bool is_expected(const struct body_state *state, uint8_t type)
{
	bool asking = state->left >> RECORD_BITS;

	switch (type) {
	case FASTCGI_ABORT:
	case FASTCGI_STDIN:
	case FASTCGI_GET_VALUES:
		return asking;
	case FASTCGI_DATA:
		return state->left & IS_FILTER;
	case FASTCGI_END:
	case FASTCGI_STDOUT:
	case FASTCGI_STDERR:
	case FASTCGI_GET_VALUES_RESULT:
	case FASTCGI_UNKNOWN_TYPE:
		return !asking;
	default:
		return false;
	}
}

/* The record's content has `len` bytes: is it the last one? */
static bool is_last(struct body_state *state, uint64_t len)
{
	uint64_t input = state->left >> RECORD_BITS & INPUT_MAX;

	switch (TYPE_OF(state->stage)) {
	case FASTCGI_ABORT:
	case FASTCGI_END:
		return true;
	case FASTCGI_DATA:
		return !len;
	case FASTCGI_STDIN:
		if (state->left & IS_FILTER)
			return false;
		input = len && len < input ? input - len : 0;
		if (input)
			state->left = input << RECORD_BITS | (state->left & RECORD_MASK);
		return !input;
	default:
		return false;
	}
}

/* One byte of a record's head. */
static bool head_byte(struct body_state *state, uint8_t byte)
{
	switch (state->stage++ & AT_MASK) {
	case 0:
		state->stage = 1;
		return byte == FASTCGI_VERSION;
	case 1:
		if (!is_expected(state, byte))
			return false;
		state->stage |= (uint8_t)(byte << TYPE_SHIFT);
		return true;
	case 4:
		state->left |= (uint64_t)byte << 8;
		return true;
	case 5:
		state->left |= byte;
		if (is_last(state, state->left & RECORD_MASK))
			state->stage |= IS_LAST;
		return true;
	case 6:
		state->left += byte;
		return true;
	case 7:
		state->stage &= IS_LAST;
		state->done = state->stage && !(state->left & RECORD_MASK);
		return true;
	default: /* the request's id: there is one at a time */
		return true;
	}
}

/* Content and padding. */
static size_t content_step(struct body_state *state, struct str in)
{
	uint64_t left = state->left & RECORD_MASK;
	uint64_t len = in.len < left ? in.len : left;

	state->left -= len;
	state->done = len == left && state->stage & IS_LAST;
	return (size_t)len;
}

/* To the end of the record in hand, and no further: the next one's head is not seen. */
bool fastcgi_skip(struct body_state *state, uint64_t bytes)
{
	uint64_t left = state->left & RECORD_MASK;

	if (state->stage & AT_MASK || bytes > left)
		return false;
	state->left -= bytes;
	state->done = bytes == left && state->stage & IS_LAST;
	return true;
}

ssize_t fastcgi_step(struct body_state *state, struct str in)
{
	size_t used = 0;

	while (used < in.len && !state->done) {
		if (!(state->stage & AT_MASK) && state->left & RECORD_MASK) {
			used += content_step(state, str_after(in, used));
			continue;
		}
		if (!head_byte(state, (uint8_t)in.at[used]))
			return PARSE_BAD;
		used++;
	}
	return (ssize_t)used;
}

/*
 * A question ends with an empty record's head, which is all that the tail has room for.
 *
 * Of an answer the tail is what END_REQUEST holds: the exit status of the program, of which a
 * byte is in use, 0 for a request that was complete, and three bytes that php-fpm leaves as they
 * were. So four zeros in their places prove little: they may be those of a picture. They are
 * looked at only past the last record whose head was seen. Text has no zeros, and in front of
 * padding, 7 bytes at most, stands a byte of it. What is taken for an end too early is counted
 * once and with its status, as too short.
 */
bool fastcgi_ended(enum side side, struct str tail)
{
	const uint8_t *at = (const uint8_t *)tail.at;

	if (tail.len < FASTCGI_HEAD_BYTES)
		return false;
	if (side == ANSWERING)
		return !at[0] && !at[1] && !at[2] && !at[4];
	return at[0] == FASTCGI_VERSION && (at[1] == FASTCGI_STDIN || at[1] == FASTCGI_DATA) &&
	       (at[2] || at[3]) && !at[4] && !at[5] && !at[6];
}
