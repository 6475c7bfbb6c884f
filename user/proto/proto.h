/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto.h - what a protocol is to the rest of sonde.
 *
 * A protocol turns bytes into messages and messages into span fields. It does
 * no I/O, allocates nothing, keeps no state (what it remembers to be quicker
 * does not show), knows no connection and no exporter. To add one: write
 * proto/<name>/<name>.c that ends in `const struct proto proto_<name>`, and add
 * it to the table in proto/protos.c.
 *
 * Bytes come from the heads of turns. What a head does not show (bodies, as a
 * rule) is stepped over by count: the exchange layer knows at which position
 * the next message begins from `body` below, and where nothing tells, a turn's
 * end is the message's end.
 */
#pragma once

#include <assert.h>
#include <sys/types.h>

#include "user/base/str.h"

enum side { ASKING, ANSWERING, SIDES };

/* Could a connection that says this be ours? What the first bytes of a turn look like. */
enum guess {
	GUESS_NO,
	GUESS_MORE, /* too few bytes to tell */
	GUESS_ASKING,
	GUESS_ANSWERING,
};

/* What parse() and step() return besides a count of bytes used. */
enum { PARSE_MORE = 0, PARSE_BAD = -1 };

enum body {
	BODY_NONE,
	BODY_COUNTED, /* `body_bytes` follow */
	BODY_MARKED,  /* proto->step() and ->ended() find its end; `left` begins as `body_bytes` */
	BODY_TO_CLOSE,
	BODY_UNKNOWN, /* the head was cut before it told: the turn's end ends it */
};

enum { MESSAGE_TEXTS = 21, MESSAGE_NUMBERS = 4 };

/* Of a head no more than this is looked at, so that places in it are 16 bits. */
#define MESSAGE_HEAD_MAX UINT16_MAX

/* Where a text stands: `at` bytes behind its message's `base`. */
struct text {
	uint16_t at, len;
};

/*
 * One message. Its texts borrow from the bytes given to parse(). Where these are copied to another
 * place, `base` is all that changes. Each open exchange keeps one, so it is small.
 */
struct message {
	const char *base;
	uint64_t body_bytes;
	uint64_t pair; /* same in a question and its answer; 0: they come in order */
	/*
	 * Not 0: of all messages with this number of one protocol and side a span that is counted
	 * only says the same, but for what route_path() and context() read.
	 */
	uint64_t likeness;
	uint64_t
		sameness; /* not 0: the route path is the same too. Of answers likeness is enough */
	/* The protocol's own: named by enums in its folder. */
	int32_t numbers[MESSAGE_NUMBERS];
	uint32_t present; /* bit i: texts[i] is there; the others may hold anything */
	uint16_t head_bytes;
	uint16_t text_bytes; /* no text ends further behind `base` */
	uint8_t body;	     /* enum body */
	bool interim : 1; /* an answer that another one follows, or what asks nothing: stepped over */
	bool hands_over : 1; /* what follows on this connection is no longer this protocol */
	bool cut : 1;	     /* only the beginning of the head was seen */
	bool partial : 1;    /* not even its first line was seen whole */
	struct text texts[MESSAGE_TEXTS];
};

static_assert(MESSAGE_TEXTS <= 32, "bits of message.present");
static_assert(sizeof(struct message) <= 152, "one is kept of each open exchange");

/* Empty when it is not there. */
static inline struct str message_text(const struct message *m, unsigned int which)
{
	const struct text *text = &m->texts[which];

	return m->present & 1u << which ? (struct str){ m->base + text->at, text->len }
					: (struct str){};
}

/* `text` stands behind m->base, which is set; what ends past MESSAGE_HEAD_MAX is left out. */
static inline void message_set_text(struct message *m, unsigned int which, struct str text)
{
	size_t at = (uintptr_t)text.at - (uintptr_t)m->base;

	if (at > MESSAGE_HEAD_MAX || text.len > MESSAGE_HEAD_MAX - at)
		return;
	m->present |= 1u << which;
	m->texts[which] = (struct text){ (uint16_t)at, (uint16_t)text.len };
	if (m->text_bytes < at + text.len)
		m->text_bytes = (uint16_t)(at + text.len);
}

/* Where step() stands inside a body; but for `left` all zero at its start. */
struct body_state {
	uint64_t left; /* of the part being stepped over */
	uint8_t stage;
	bool done;
};

struct span;

struct proto {
	const char *name;
	const char *versions; /* what --version says of it */
	size_t max_head;      /* past this a head is taken as cut instead of waited for */

	enum guess (*guess)(struct str head);

	/*
	 * Take one message's head off the front of `in`. `cut` says that no more
	 * of it will be seen: parse what is there. `question` is the message that
	 * is being answered, NULL when asking or when it was not seen.
	 * Returns bytes used (> 0), PARSE_MORE (never when `cut`), or PARSE_BAD.
	 * What of `in` lies past MESSAGE_HEAD_MAX bytes is not looked at.
	 * `ret` is written only when the result is > 0.
	 */
	ssize_t (*parse)(struct str in, bool cut, enum side side, const struct message *question,
			 struct message *ret);

	/* BODY_MARKED: step over body bytes. Bytes used, or PARSE_BAD; sets state->done at its end. */
	ssize_t (*step)(struct body_state *state, struct str in);

	/*
	 * BODY_MARKED: the same over so many bytes that were not seen. False, and `state` is lost,
	 * where that leads to what only seeing tells. May be NULL: always.
	 */
	bool (*skip)(struct body_state *state, uint64_t bytes);

	/* BODY_MARKED: may a body end with these bytes (at most TAIL_BYTES, the last ones)? */
	bool (*ended)(enum side side, struct str tail);

	/*
	 * The path that a span's route is found by, where it is told apart by nothing else of it;
	 * empty when it has no route. False where it is. It may be in the span's scratch. May be
	 * NULL: no route.
	 */
	bool (*route_path)(const struct message *question, struct span *span, struct str *ret);

	/* Fill the span's trace context, parent and flags, as the question says. May be NULL. */
	void (*context)(const struct message *question, struct span *span);

	/*
	 * Are spans sent by this, and were they taken? `answer` NULL: whatever the answer is. May
	 * be NULL: never.
	 */
	bool (*exports_spans)(const struct message *question, const struct message *answer);

	/*
	 * Fill the span's name, status, error and attributes (model/span.h) from a
	 * question and its final answer, NULL when there was none. The span's
	 * kind, times, addresses (network.peer.*) and routes are there already, and
	 * its error_type when the exchange itself failed ("connection_reset");
	 * texts may be borrowed. Of a span that is counted only, name and attributes
	 * beyond its group's may be left out.
	 */
	void (*describe)(const struct message *question, const struct message *answer,
			 struct span *span);
};

/* In the order tried, ended by NULL. */
extern const struct proto *const protos[];
