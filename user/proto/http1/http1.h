/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1.h - what the parts of the HTTP/1 parser share; nobody else includes it.
 *
 * A head is read into a struct head first, and becomes a message only when it
 * is whole (or cut) and good: the caller's message is written once, at the end.
 */
#pragma once

#include "user/proto/http/http.h"

/* What the two headers of RFC 9112 6 said so far. */
struct framing {
	bool has_length, has_coding;
	bool chunked; /* the last coding seen */
	uint64_t length;
};

struct head {
	struct framing framing;
	uint32_t seen; /* struct message's `present` */
	int16_t status, version;
	uint8_t flags;
	bool cut;
	bool partial;	 /* cut inside its first line */
	uint64_t number; /* it was kept under; 0: it was not */
	struct str texts[HTTP_TEXTS];
};

static inline void head_keep(struct head *head, enum http_text which, struct str text)
{
	head->seen |= 1u << which;
	head->texts[which] = text;
}

/* A message without a body and without texts, though `present` says which it will have. */
static inline void message_init(struct message *m, uint32_t present, int status, int version,
				unsigned int flags)
{
	m->body = BODY_NONE;
	m->body_bytes = m->pair = 0;
	m->text_bytes = 0;
	m->interim = m->hands_over = m->cut = m->partial = false;
	m->present = present;
	m->numbers[HTTP_STATUS] = status;
	m->numbers[HTTP_VERSION] = version;
	m->numbers[HTTP_FLAGS] = flags;
	m->numbers[HTTP_GENERATION] = 0;
}

/* White space, and the line ends that a folded value has inside. */
static inline bool is_blank(char c)
{
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

static inline bool is_line_end(char c)
{
	return c == '\r' || c == '\n';
}

static inline struct str trim_blank(struct str s)
{
	while (s.len && is_blank(s.at[0]))
		s = str_after(s, 1);
	while (s.len && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* proto->parse(). */
ssize_t head_parse(struct str in, bool cut, enum side side, const struct message *question,
		   struct message *ret);

/* A first line with its end cut off; spaces and CR at its end are let go. RFC 9112 3 and 4. */
bool request_line_read(struct str line, struct head *ret);
bool status_line_read(struct str line, struct head *ret);
/* The beginning of a request line: a method and some of its target, or all of it. */
bool request_part_read(struct str part, struct head *ret);
/* Could more bytes make it a first line? */
bool request_line_begins(struct str part);
bool status_line_begins(struct str part);

/* False: no length that could be agreed on. RFC 9112 6.2, 6.3 item 5. */
bool framing_add_length(struct framing *framing, struct str value);
void framing_add_coding(struct framing *framing, struct str value);
/* Fill body, body_bytes, interim and hands_over. RFC 9112 6.3. */
void body_decide(const struct framing *framing, enum side side, const struct message *question,
		 struct message *ret);

/* The chunked coding. RFC 9112 7.1. */
ssize_t chunked_step(struct body_state *state, struct str in);
bool chunked_ended(enum side side, struct str tail);
