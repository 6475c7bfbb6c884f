/* SPDX-License-Identifier: Apache-2.0 */
/* hold.c - mirrors user/exchange/hold.c: what dialogues tell in every order of their records. */
#include "tests/test.h"
#include "tests/unit/exchange/script.h"

/* `w`'s next operation is booked by another thread's hook before its own has run. */
static void late(struct rig *rig, enum direction d, const char *text)
{
	rig->wire.late = true;
	build_op(rig, &rig->wire, d, text, strlen(text));
}

/* Every order of `count` records that moves none by `WINDOW` places or more. */
enum { WINDOW = 4, TAPE = 64 };

struct shuffled {
	struct shipped *records;
	size_t count;
	unsigned order[TAPE];
	bool used[TAPE];
	uint64_t orders;
	struct exchanges_options options;
	const char *want;
	int bad;
};

static void onto(void *context, const struct record *record)
{
	struct shuffled *s = context;

	if (s->count < TAPE && record->size <= sizeof(*s->records))
		memcpy(&s->records[s->count++], record, record->size);
}

static void play(struct shuffled *s)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.now_ns = 100000;
	for (size_t i = 0; i < s->count; i++)
		rig_feed(&rig, &s->records[s->order[i]]);
	s->orders++;
	if ((strcmp(rig.story, s->want) || exchanges_counters(rig.x)->requests_lost) && !s->bad++) {
		printf("want %s\nhave %s\norder", s->want, rig.story);
		for (size_t i = 0; i < s->count; i++)
			printf(" %u", s->order[i]);
		printf("\n");
	}
	if (!rig_end(&rig))
		s->bad++;
}

/* Fill place `at` with each record that may stand there. */
static void shuffle(struct shuffled *s, size_t at)
{
	size_t first = 0;

	if (at == s->count) {
		play(s);
		return;
	}
	while (s->used[first])
		first++;
	for (size_t i = first; i < s->count && i < first + WINDOW; i++) {
		if (s->used[i])
			continue;
		s->used[i] = true;
		s->order[at] = (unsigned)i;
		shuffle(s, at + 1);
		s->used[i] = false;
	}
}

/* `story` is told by the dialogue of `script`, whatever order its records come in. */
static bool any_order_tells(void (*script)(struct rig *rig), const char *story)
{
	static struct shipped records[TAPE];
	struct shuffled s = { .records = records, .want = story };
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.take = onto;
	rig.take_context = &s;
	script(&rig);
	rig_end(&rig);
	shuffle(&s, 0);
	return !s.bad && s.orders > 100;
}

static void plain_ones(struct rig *rig)
{
	for (int i = 0; i < 5; i++) {
		recv_(rig, "? a -\n");
		send_(rig, "! 200 -\n");
	}
}

static void heads_in_pieces(struct rig *rig)
{
	send_(rig, "? on");
	send_(rig, "e -\n");
	recv_(rig, "! 200 +");
	recv_(rig, "4\nab");
	recv_(rig, "cd");
	send_(rig, "? two +3\n");
	send_(rig, "abc");
	recv_(rig, "! 201 *\n");
	recv_(rig, "abc.");
	send_(rig, "? three -\n");
	recv_(rig, "! 202 -\n");
}

static void pipelined(struct rig *rig)
{
	recv_(rig, "? a -\n? b -\n");
	recv_(rig, "? c -\n");
	send_(rig, "! 200 +2\nxx");
	send_(rig, "! 201 -\n");
	recv_(rig, "? d -\n");
	send_(rig, "! 202 -\n! 203 -\n");
}

static void closed_in_time(struct rig *rig)
{
	recv_(rig, "? a -\n");
	send_(rig, "! 200 -\n");
	recv_(rig, "? b -\n");
	send_(rig, "! 201 $\n");
	send_(rig, "to the end");
	build_close(rig, &rig->wire, false);
}

TEST(records_of_several_exchanges_may_come_in_any_order)
{
	CHECK(any_order_tells(plain_ones, "a=200 a=200 a=200 a=200 a=200"));
	CHECK(any_order_tells(heads_in_pieces, "one=200 two=201 three=202"));
	CHECK(any_order_tells(pipelined, "a=200 b=201 c=202 d=203"));
	CHECK(any_order_tells(closed_in_time, "a=200 b=201"));
}

static void asked_late(struct rig *rig)
{
	for (int i = 0; i < 3; i++) {
		late(rig, SENT, "? a -\n");
		recv_(rig, "! 200 +2\n");
		recv_(rig, "ok");
		build_late(rig, &rig->wire, false);
	}
}

static void answered_late(struct rig *rig)
{
	recv_(rig, "? a -\n");
	for (int i = 0; i < 3; i++) {
		late(rig, SENT, "! 200 -\n");
		recv_(rig, "? a -\n");
		build_late(rig, &rig->wire, false);
	}
	send_(rig, "! 201 -\n");
}

TEST(late_records_may_come_in_any_order_too)
{
	CHECK(any_order_tells(asked_late, "a=200 a=200 a=200"));
	CHECK(any_order_tells(answered_late, "a=200 a=200 a=200 a=201"));
}
