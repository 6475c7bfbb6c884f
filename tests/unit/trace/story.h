/* SPDX-License-Identifier: Apache-2.0 */
/*
 * story.h - who read, called and answered what, in words; and whose child each turned out to be.
 *
 *	told(&s, "1 reads R, calls C, hears C, answers R", "R C<R")
 *
 * A story is sentences apart by `;`: a thread, then what it does, apart by commas. A thread is a
 * number, after its program's letter where that is not `a`. Each thing done takes a millisecond.
 *
 *	reads R		a question, which it will serve; `reads R of C`: the other end of call C
 *	reads R+Q	two questions at once, of one connection; the same with calls and hears
 *	reads -		something that is not followed
 *	answers R	and R has ended
 *	calls C		writes the question of a call
 *	hears C		reads its answer, and C has ended; `loses C`: it ends without
 *	fails C		or it is too slow: its trace is to be kept
 *	hides C		its span is not to be shown
 *	waits		for events
 *	enters		deeper into its stack than where it read, as long as it reads nothing and does not wait
 *	sleeps		gives the processor up: what it does next came from nothing that it read
 *	runs 7		goroutine 7
 *	lingers 5	milliseconds, so long could the question that it reads next have been read
 *	rests 50	milliseconds
 *
 * R(7.3) carries a trace context with trace 7 and span 3.
 *
 * What it came to: each span that was given out, in the order in which the story names them.
 *
 *	C<R		its parent is R's span
 *	C<(7.3)		its parent is a span that came with a header
 *	C~R~Q		it has no parent, and links to what could be it
 *	C*		it has no parent; what it links to does not matter (only where wanted)
 *	C<?, C~?	the same with spans that nobody gave out, or that are hidden
 */
#pragma once

#include "tests/unit/exchange/build.h"
#include "user/trace/trace.h"

enum { ACTORS = 512, STORY_THREADS = 16 };

struct actor {
	char name[16];
	struct exchange x;
	uint8_t header_trace, header_span; /* 0: none came */
	struct wire *wire;		   /* a server's while it is served */
	bool fails;			   /* so that its trace is to be kept */
	bool hides;
	bool is_told;
	struct traced told; /* its span is a copy */
	struct span_link links[SPAN_LINKS];
};

struct story_thread {
	char name[8];
	struct cause cause;
	bool is_inside;
	uint64_t lingers_ns;
};

struct story {
	struct config config;
	struct random random;
	struct rig rig;
	struct resource *resource;
	struct trace *trace;
	struct actor actors[ACTORS];
	size_t actor_count;
	struct story_thread threads[STORY_THREADS];
	uint64_t now_ns, step_ns;
	uint32_t first_turn;	/* of each question: 1, on a connection of its own */
	bool drops_roots;	/* the sampler does */
	bool is_unsound;	/* a span came twice, before its parent, or without ids */
	unsigned int not_taken; /* exchanges that cannot have a place */
	char said[8192], order[8192];
};

/* A new one with room for everything; limits may be changed before story_open(). */
struct story *story_new(void);
/* A story that is ready to be told. */
struct story *story_begin(void);
void story_open(struct story *s);
/* Give out all and free. False when a span was given out twice or never, or before its parent. */
bool story_end(struct story *s);

/* Tell more of it. Aborts where it does not make sense. */
void tell(struct story *s, const char *text);
/* The same, with `number` for each `%` in it. */
void tell_numbered(struct story *s, const char *text, int number);
/* So many milliseconds pass, and what can be given out is. */
void settle(struct story *s, uint64_t ms);
/* A second, in ten steps. */
void pass(struct story *s);
/* What it came to up to now. */
const char *said(struct story *s);
/* Are these words in it, with `number` for each `%`? */
bool is_said(struct story *s, const char *words, int number);
/* The order in which spans were given out: "R C". */
const char *order(struct story *s);
/* Tell it, let a second pass, and see whether it came to `want`; says what it came to where not. */
bool told(struct story *s, const char *text, const char *want);

/* Stories of one line each, and what they come to. */
struct story_row {
	const char *text, *want;
};

bool all_come_true(const struct story_row *rows, size_t count);
#define COME_TRUE(rows) all_come_true(rows, sizeof(rows) / sizeof((rows)[0]))

struct actor *actor(struct story *s, const char *name);
void program_ends(struct story *s, char program);

/* Links looked for by a way that came to an outcome. */
unsigned int links(struct story *s, const char *way, const char *outcome);
/* Spans given out before all was known, by the limit that was met. */
unsigned int hurried(struct story *s, const char *limit);
/* Spans left out before it was known that they should be kept. */
unsigned int kept_late(struct story *s);
/* Spans forgotten before their time. */
unsigned int forgotten(struct story *s);
