/* SPDX-License-Identifier: Apache-2.0 */
/* event.c - mirrors user/event/event.c: what passes the check, and what does not. */
#include "user/event/event.h"
#include "tests/test.h"

static union {
	struct record head;
	struct record_turn turn;
	struct record_connection connection;
	char bytes[4096];
} r;

static struct str record(enum record_type type, size_t size)
{
	memset(&r, 0, sizeof(r));
	r.head.type = (uint16_t)type;
	r.head.size = (uint32_t)size;
	if (type == RECORD_CONNECTION)
		r.connection.family = FAMILY_INET6;
	return (struct str){ r.bytes, size };
}

static const struct {
	enum record_type type;
	size_t least;
	const char *name;
} types[] = {
	{ RECORD_CONNECTION, sizeof(struct record_connection), "connection" },
	{ RECORD_BYTES, sizeof(struct record_turn), "bytes" },
	{ RECORD_TOTALS, sizeof(struct record_turn), "totals" },
	{ RECORD_CLOSE, sizeof(struct record_turn), "close" },
	{ RECORD_PROCESS, sizeof(struct record_process) + 1, "process" },
	{ RECORD_CLOCK, sizeof(struct record_clock), "clock" },
	{ RECORD_PAUSE, sizeof(struct record_pause), "pause" },
};

TEST(each_record_passes_at_its_least_size_and_not_below)
{
	EACH(i, types) {
		CHECK(event_check(record(types[i].type, types[i].least)) == &r.head);
		CHECK(!event_check(record(types[i].type, types[i].least - 1)));
		CHECK(!strcmp(event_type_name((uint16_t)types[i].type), types[i].name));
	}
}

TEST(a_record_that_is_longer_than_its_bytes_does_not_pass)
{
	EACH(i, types) {
		struct str bytes = record(types[i].type, types[i].least);

		for (size_t len = 0; len < bytes.len; len++) {
			char *copy = test_tight(bytes.at, len);

			CHECK(!event_check((struct str){ copy, len }));
			free(copy);
		}
	}
}

TEST(types_that_are_none_do_not_pass)
{
	CHECK(!event_check(record(0, 1000)));
	CHECK(!event_check(record(RECORD_TYPES, 1000)));
	CHECK(!event_check(record(UINT16_MAX, 1000)));
	CHECK(!strcmp(event_type_name(0), "unknown"));
	CHECK(!strcmp(event_type_name(RECORD_TYPES), "unknown"));
}

TEST(a_payload_fits_its_record)
{
	struct str bytes = record(RECORD_BYTES, sizeof(struct record_turn) + 10);

	r.turn.length = 10;
	CHECK(event_check(bytes));
	r.turn.length = 11;
	CHECK(!event_check(bytes));
}

TEST(totals_and_close_carry_no_payload)
{
	struct str bytes = record(RECORD_TOTALS, sizeof(struct record_turn) + 10);

	r.turn.length = 10;
	CHECK(!event_check(bytes));
	r.head.type = RECORD_CLOSE;
	CHECK(!event_check(bytes));
}

TEST(a_direction_is_one_of_two)
{
	for (int type = RECORD_BYTES; type <= RECORD_CLOSE; type++) {
		struct str bytes = record(type, sizeof(struct record_turn));

		r.turn.direction = SENT;
		CHECK(event_check(bytes));
		r.turn.direction = DIRECTIONS;
		CHECK(!event_check(bytes));
	}
}

TEST(a_family_is_one_that_is_known)
{
	struct str bytes = record(RECORD_CONNECTION, sizeof(struct record_connection));

	for (unsigned family = 0; family < 64; family++) {
		r.connection.family = (uint16_t)family;
		CHECK(!event_check(bytes) == (family != 1 && family != 2 && family != 10));
	}
}

TEST(the_strings_of_a_process_end)
{
	struct str bytes = record(RECORD_PROCESS, sizeof(struct record_process) + 8);

	memcpy(r.bytes + sizeof(struct record_process), "exe=/x", 7);
	CHECK(event_check(bytes));
	r.bytes[bytes.len - 1] = 'x';
	CHECK(!event_check(bytes));
}
