/* SPDX-License-Identifier: Apache-2.0 */
/* trace_context.c - mirrors user/model/trace_context.c */
#include "user/model/trace_context.h"
#include "tests/test.h"
#include "user/base/buf.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN  "00f067aa0ba902b7"

static const struct {
	struct str in;
	uint8_t flags;
} good_parents[] = {
	{ STR("00-" TRACE "-" SPAN "-01"), 1 },
	{ STR("00-" TRACE "-" SPAN "-00"), 0 },
	{ STR("00-" TRACE "-" SPAN "-03"), 3 },
	{ STR("00-" TRACE "-" SPAN "-ff"), 3 },
	{ STR("01-" TRACE "-" SPAN "-01"), 1 },
	{ STR("cc-" TRACE "-" SPAN "-01-what-comes-later"), 1 },
	{ STR("fe-" TRACE "-" SPAN "-01-"), 1 },
};

static const struct str bad_parents[] = {
	STR(""),
	STR("00-" TRACE "-" SPAN "-01-"),
	STR("00-" TRACE "-" SPAN "-01x"),
	STR("00-" TRACE "-" SPAN "-0"),
	STR("01-" TRACE "-" SPAN "-01.later"),
	STR("ff-" TRACE "-" SPAN "-01"),
	STR("0x-" TRACE "-" SPAN "-01"),
	STR("00-" TRACE "-" SPAN "-0g"),
	STR("00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01"),
	STR("00-" TRACE "-00F067AA0BA902B7-01"),
	STR("00-00000000000000000000000000000000-" SPAN "-01"),
	STR("00-" TRACE "-0000000000000000-01"),
	STR("00_" TRACE "-" SPAN "-01"),
	STR("00-" TRACE "_" SPAN "-01"),
	STR("00-" TRACE "-" SPAN "_01"),
	STR(" 00-" TRACE "-" SPAN "-01"),
};

TEST(a_traceparent_gives_its_ids_and_known_flags)
{
	static const uint8_t trace[] = { 0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6,
					 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36 };
	static const uint8_t span[] = { 0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7 };

	EACH(i, good_parents) {
		struct trace_context c = {};
		char *copy = test_tight(good_parents[i].in.at, good_parents[i].in.len);

		CHECK(trace_context_parse((struct str){ copy, good_parents[i].in.len }, &c));
		free(copy);
		CHECK(!memcmp(c.trace_id, trace, sizeof(trace)));
		CHECK(!memcmp(c.span_id, span, sizeof(span)));
		CHECK(c.flags == good_parents[i].flags && !c.state.len);
	}
}

TEST(a_traceparent_that_is_none_changes_nothing)
{
	EACH(i, bad_parents) {
		struct trace_context c = { .flags = 42 };

		CHECK(!trace_context_parse(bad_parents[i], &c) && c.flags == 42);
	}
}

TEST(every_shorter_start_of_a_traceparent_is_refused)
{
	EACH(i, good_parents) {
		struct str in = good_parents[i].in;

		for (size_t len = 0; len < 55; len++) {
			struct trace_context c = { .flags = 42 };
			char *copy = test_tight(in.at, len);
			bool parsed = trace_context_parse((struct str){ copy, len }, &c);

			free(copy);
			CHECK(!parsed && c.flags == 42);
		}
	}
}

#define KEY_256                                                                                    \
	"abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"                         \
	"abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"                         \
	"abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"                         \
	"abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"
#define MEMBERS_8(n) n "1=x," n "2=x," n "3=x," n "4=x," n "5=x," n "6=x," n "7=x," n "8=x"
#define MEMBERS_32   MEMBERS_8("a") "," MEMBERS_8("b") "," MEMBERS_8("c") "," MEMBERS_8("d")

static const struct {
	struct str in, want;
} states[] = {
	{ STR("rojo=00f067aa0ba902b7"), STR("rojo=00f067aa0ba902b7") },
	{ STR("a=1,b=2"), STR("a=1,b=2") },
	{ STR(" a=1 ,\tb=2\t"), STR("a=1 ,\tb=2") },
	{ STR("a=1,,b=2,"), STR("a=1,,b=2,") },
	{ STR("fw529a3039@dt=FfFz,0t@s=1"), STR("fw529a3039@dt=FfFz,0t@s=1") },
	{ STR("a-b_c*d/e=~!"), STR("a-b_c*d/e=~!") },
	{ STR("a= b"), STR("a= b") },
	{ STR(KEY_256 "=1"), STR(KEY_256 "=1") },
	{ STR(MEMBERS_32), STR(MEMBERS_32) },
	{ STR(MEMBERS_32 ","), STR(MEMBERS_32 ",") },
	/* not valid */
	{ STR(MEMBERS_32 ",e=1"), {} },
	{ STR("a=1,a=2"), {} },
	{ STR("a=1,b=2,c=3,a=1"), {} },
	{ STR("A=1"), {} },
	{ STR("=1"), {} },
	{ STR("a"), {} },
	{ STR("a="), {} },
	{ STR("a=1=2"), {} },
	{ STR("a =1"), {} },
	{ STR("-a=1"), {} },
	{ STR("a\0=1"), {} },
	{ STR("a=\x7f"), {} },
	{ STR("a=\xc3\xa4"), {} },
	{ STR("a=1;b=2,c"), {} },
	{ STR(KEY_256 "x=1"), {} },
	{ STR("a=" KEY_256 "x"), {} },
	{ STR(",,"), {} },
	{ STR(""), {} },
};

TEST(a_tracestate_is_kept_when_its_list_is_valid)
{
	EACH(i, states) {
		struct str kept = STR("untouched");
		char *copy = test_tight(states[i].in.at, states[i].in.len);

		trace_state_parse((struct str){ copy, states[i].in.len }, &kept);
		if (!str_eq(kept, states[i].want))
			printf("row %zu\n", i);
		CHECK(str_eq(kept, states[i].want));
		free(copy);
	}
}

/* Append ",KEY=xxx" of `len` characters, the comma not counted. */
static void add_member(struct buf *list, char key, size_t len)
{
	if (list->len)
		buf_add_byte(list, ',');
	buf_printf(list, "%c=", key);
	for (size_t i = 2; i < len; i++)
		buf_add_byte(list, 'x');
}

/* The keys of what is kept of a list of members of these lengths. */
static const char *keys_kept(const size_t *lengths, size_t count)
{
	static char keys[33];
	struct buf list = buf_new(32768);
	struct str kept, member;
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		add_member(&list, (char)('a' + i), lengths[i]);
	trace_state_parse(buf_str(&list), &kept);
	while (take_part(&kept, ',', &member))
		keys[n++] = member.at[0];
	keys[n] = 0;
	buf_free(&list);
	return keys;
}

#define KEPT(...)                                                                                  \
	keys_kept((const size_t[]){ __VA_ARGS__ },                                                 \
		  sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t))

TEST(a_long_tracestate_loses_whole_members_long_ones_first_then_from_the_end)
{
	CHECK(!strcmp(KEPT(128, 128, 128, 125), "abcd")); /* 512 with commas */
	CHECK(!strcmp(KEPT(128, 128, 128, 126), "abc"));
	CHECK(!strcmp(KEPT(129, 100, 100, 100, 100), "bcde"));
	CHECK(!strcmp(KEPT(200, 200, 100, 100), "acd"));
	CHECK(!strcmp(KEPT(200, 200, 128, 128, 128, 100), "cdef"));
	CHECK(!strcmp(KEPT(100, 100, 100, 100, 100, 100), "abcde"));
	CHECK(!strcmp(KEPT(100, 100, 100, 100, 100, 9), "abcde"));
}
