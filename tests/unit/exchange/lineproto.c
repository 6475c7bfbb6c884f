/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/exchange/lineproto.h"

enum { LINE_MAX_HEAD = 2048 };
/* In body_state.left, above what step() counts there. */
enum { UNSEEN_SHIFT = 32 };

static struct str unblanked(struct str in)
{
	while (in.len && in.at[0] == '\n')
		in = str_after(in, 1);
	return in;
}

static enum guess line_guess(struct str head)
{
	if (head.len && !unblanked(head).len)
		return GUESS_MORE;
	head = unblanked(head);
	if (!head.len || (head.at[0] != '?' && head.at[0] != '!'))
		return GUESS_NO;
	if (head.len < 2)
		return GUESS_MORE;
	if (head.at[1] != ' ')
		return GUESS_NO;
	return head.at[0] == '?' ? GUESS_ASKING : GUESS_ANSWERING;
}

static uint64_t number(struct str digits)
{
	uint64_t n = 0;

	for (size_t i = 0; i < digits.len && digits.at[i] >= '0' && digits.at[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(digits.at[i] - '0');
	return n;
}

static bool body(struct str word, struct message *m)
{
	static const char kinds[] = "-+*$~";
	static const enum body bodies[] = { BODY_NONE, BODY_COUNTED, BODY_MARKED, BODY_TO_CLOSE,
					    BODY_UNKNOWN };
	const char *kind = word.len ? memchr(kinds, word.at[0], sizeof(kinds) - 1) : NULL;

	if (!kind)
		return false;
	m->body = bodies[kind - kinds];
	m->body_bytes = number(str_after(word, 1));
	if (m->body == BODY_MARKED)
		m->body_bytes <<= UNSEEN_SHIFT;
	return true;
}

static ssize_t line_parse(struct str in, bool cut, enum side side, const struct message *question,
			  struct message *ret)
{
	struct message m = { .base = in.at };
	const char *whole = in.at;
	struct str rest, line, word;

	rest = in = side == ASKING ? unblanked(in) : in;
	if (!in.len && !cut)
		return PARSE_MORE;
	if (in.len && in.at[0] != (side == ASKING ? '?' : '!'))
		return PARSE_BAD;
	if (!take_until(&rest, '\n', &line)) {
		if (!cut)
			return PARSE_MORE;
		m.cut = true;
		m.body = BODY_UNKNOWN;
		line = in;
	}
	m.head_bytes = (uint16_t)line.len;
	if (!take_part(&line, ' ', &word) || !take_part(&line, ' ', &word))
		return PARSE_BAD;
	message_set_text(&m, LINE_NAME, word);
	if (take_part(&line, ' ', &word) && !body(word, &m) && !m.cut)
		return PARSE_BAD;
	if (take_part(&line, ' ', &word) && word.at[0] == '=')
		m.pair = number(str_after(word, 1));
	if (side == ASKING)
		m.interim = str_eq(message_text(&m, LINE_NAME), STR("aside"));
	if (side == ANSWERING) {
		m.interim = str_eq(message_text(&m, LINE_NAME), STR("100"));
		m.hands_over = str_eq(message_text(&m, LINE_NAME), STR("101"));
		if (question && str_eq(message_text(question, LINE_NAME), STR("quiet")))
			m.body = BODY_NONE;
	}
	*ret = m;
	return (ssize_t)((m.cut ? in.at + in.len : rest.at) - whole);
}

static ssize_t line_step(struct body_state *state, struct str in)
{
	struct str before, rest = in;

	state->left += in.len;
	if (memchr(in.at, '\1', in.len))
		return PARSE_BAD;
	state->done = take_until(&rest, '.', &before);
	return (ssize_t)(state->done ? before.len + 1 : in.len);
}

static bool line_skip(struct body_state *state, uint64_t bytes)
{
	if (bytes > state->left >> UNSEEN_SHIFT)
		return false;
	state->left -= bytes << UNSEEN_SHIFT;
	return true;
}

static bool line_ended(__attribute__((unused)) enum side side, struct str tail)
{
	return tail.at[tail.len - 1] == '.';
}

const struct proto proto_line = {
	.name = "line",
	.max_head = LINE_MAX_HEAD,
	.guess = line_guess,
	.parse = line_parse,
	.step = line_step,
	.skip = line_skip,
	.ended = line_ended,
};
