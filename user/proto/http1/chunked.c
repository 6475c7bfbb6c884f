/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunked.c - a chunked body, RFC 9112 section 7.1, stepped over.
 *
 *	4;name=value CRLF  Wiki CRLF  0 CRLF  Trailer: field CRLF  CRLF
 *	SIZE EXTENSION     DATA DATA_END     TRAILER              LAST_LF
 *
 * Bytes may come in any pieces. LF alone is taken for CRLF.
 */
#include "user/base/hex.h"
#include "user/proto/http1/http1.h"

enum chunk_stage {
	CHUNK_SIZE_FIRST, /* a size has at least one digit */
	CHUNK_SIZE,
	CHUNK_EXTENSION, /* the rest of the size's line */
	CHUNK_DATA,
	CHUNK_DATA_END, /* the line end after the data */
	CHUNK_DATA_LF,
	CHUNK_TRAILER_FIRST, /* a line that is empty ends all */
	CHUNK_TRAILER,
	CHUNK_LAST_LF,
};

/* One byte of a size or after it. */
static bool size_byte(struct body_state *state, char c)
{
	int digit = hex_digit(c);

	if (digit >= 0) {
		if (state->left >> 60)
			return false;
		state->left = state->left << 4 | (uint64_t)digit;
		state->stage = CHUNK_SIZE;
		return true;
	}
	if (state->stage == CHUNK_SIZE_FIRST)
		return false;
	if (c == '\n')
		state->stage = state->left ? CHUNK_DATA : CHUNK_TRAILER_FIRST;
	else
		state->stage = CHUNK_EXTENSION;
	return c == '\n' || c == '\r' || c == ';' || c == ' ' || c == '\t';
}

/* One byte where a line end, or what may stand for it, is due. */
static bool mark_byte(struct body_state *state, char c)
{
	switch ((enum chunk_stage)state->stage) {
	case CHUNK_DATA_END:
		state->stage = c == '\n' ? CHUNK_SIZE_FIRST : CHUNK_DATA_LF;
		return c == '\n' || c == '\r';
	case CHUNK_DATA_LF:
		state->stage = CHUNK_SIZE_FIRST;
		return c == '\n';
	case CHUNK_TRAILER_FIRST:
		state->done = c == '\n';
		state->stage = c == '\r' ? CHUNK_LAST_LF : CHUNK_TRAILER;
		return true;
	case CHUNK_LAST_LF:
		state->done = c == '\n';
		return state->done;
	default:
		return size_byte(state, c);
	}
}

/* Step to the end of a line, or over everything. */
static size_t line_step(struct body_state *state, struct str in, enum chunk_stage next)
{
	const char *end = memchr(in.at, '\n', in.len);

	if (!end)
		return in.len;
	state->stage = next;
	return (size_t)(end - in.at) + 1;
}

static size_t data_step(struct body_state *state, struct str in)
{
	size_t len = in.len < state->left ? in.len : (size_t)state->left;

	state->left -= len;
	if (!state->left)
		state->stage = CHUNK_DATA_END;
	return len;
}

ssize_t chunked_step(struct body_state *state, struct str in)
{
	size_t used = 0;

	while (used < in.len && !state->done) {
		struct str rest = str_after(in, used);

		switch ((enum chunk_stage)state->stage) {
		case CHUNK_DATA:
			used += data_step(state, rest);
			break;
		case CHUNK_EXTENSION:
			used += line_step(state, rest,
					  state->left ? CHUNK_DATA : CHUNK_TRAILER_FIRST);
			break;
		case CHUNK_TRAILER:
			used += line_step(state, rest, CHUNK_TRAILER_FIRST);
			break;
		default:
			if (!mark_byte(state, rest.at[0]))
				return PARSE_BAD;
			used++;
		}
	}
	return (ssize_t)used;
}

/* Take a line end off the end. */
static bool drop_line_end(struct str *s)
{
	if (!s->len || s->at[s->len - 1] != '\n')
		return false;
	s->len--;
	if (s->len && s->at[s->len - 1] == '\r')
		s->len--;
	return true;
}

/*
 * A last chunk's line and an empty one: "0\r\n\r\n". Its zeros may begin before
 * the tail does. A trailer, or an extension longer than the tail, is not known
 * for what it is.
 */
bool chunked_ended(__attribute__((unused)) enum side side, struct str tail)
{
	const char *before;
	size_t zeros = 0;

	if (!drop_line_end(&tail) || !drop_line_end(&tail))
		return false;
	before = memrchr(tail.at, '\n', tail.len);
	if (before)
		tail = str_after(tail, (size_t)(before - tail.at) + 1);
	while (zeros < tail.len && tail.at[zeros] == '0')
		zeros++;
	if (!zeros)
		return false;
	return zeros == tail.len || tail.at[zeros] == ';' || tail.at[zeros] == ' ';
}
