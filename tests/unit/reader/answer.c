/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - mirrors user/reader/answer.c: what a reader that was taken over may not ask for */
#include "user/reader/reader.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "tests/test.h"
#include "user/base/mem.h"
#include "user/base/passing.h"
#include "user/elf/registers.h"

static struct reader_answer said;

/* A place of the first hook of some runtime that is at such a place, with a value or a text. */
static const struct hook *place_of(enum place place, bool text, struct found_place *ret)
{
	for (uint16_t r = 0; runtimes[r]; r++)
		for (uint16_t p = 0; p < RUNTIME_PURPOSES && runtimes[r]->purposes[p].name; p++)
			for (uint16_t s = 0; s < PURPOSE_SETS; s++)
				for (uint16_t h = 0; h < SET_HOOKS; h++) {
					const struct hook *hook =
						&runtimes[r]->purposes[p].sets[s].hooks[h];

					if (!hook->name || hook->place != place ||
					    !(text ? hook->text : hook->value))
						continue;
					*ret = (struct found_place){ .runtime = r,
								     .purpose = p,
								     .set = s,
								     .hook = h,
								     .at_return = hook->at_return };
					return hook;
				}
	return NULL;
}

static int take_said(void)
{
	struct reader_answer got;
	int ends[2], files[READER_FILES], file = memfd_create("file", MFD_CLOEXEC), error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ||
	    passing_send(ends[1], &said, sizeof(said), &file, 1))
		return -EIO;
	error = reader_take(ends[0], &got, files);
	for (size_t i = 0; i < READER_FILES; i++)
		closep(&files[i]);
	close(ends[0]);
	close(ends[1]);
	close(file);
	return error;
}

static int take_place(const struct found_place *place)
{
	said = (struct reader_answer){ .place_count = 1, .places = { *place } };
	return take_said();
}

static const struct probe_argument in_memory = {
	.from = ARGUMENT_MEMORY, .bytes = 8, .register_at = AT_SP, .offset = 16
};

TEST(a_function_has_no_semaphore)
{
	static const enum place functions[] = { PLACE_SYMBOL, PLACE_GO };
	struct found_place place;

	EACH(i, functions) {
		CHECK(place_of(functions[i], false, &place));
		CHECK(!take_place(&place));
		place.semaphore_offset = 4096;
		CHECK(take_place(&place) == -EBADMSG);
	}
	CHECK(place_of(PLACE_USDT, false, &place));
	place.semaphore_offset = 4096;
	CHECK(!take_place(&place));
}

TEST(of_a_function_its_own_argument_is_read_and_nothing_else)
{
	static const enum place functions[] = { PLACE_SYMBOL, PLACE_GO };

	EACH(i, functions) {
		struct found_place place;
		const struct hook *hook = place_of(functions[i], false, &place);
		struct probe_argument good = { .from = ARGUMENT_REGISTER,
					       .bytes = hook->value_bytes,
					       .is_signed = hook->value_signed };

		CHECK(register_of_argument(i ? CONVENTION_GO : CONVENTION_C, hook->value,
					   &good.register_at));
		place.value = good;
		CHECK(!take_place(&place));
		place.value.register_at = AT_SP;
		CHECK(take_place(&place) == -EBADMSG);
		place.value = good;
		place.value.offset = 8;
		CHECK(take_place(&place) == -EBADMSG);
		place.value = good;
		place.value.is_text = 1;
		CHECK(take_place(&place) == -EBADMSG);
		place.value = in_memory;
		CHECK(take_place(&place) == -EBADMSG);
		place.value = good;
		place.text = good;
		place.text.is_text = 1;
		CHECK(take_place(&place) == -EBADMSG);
	}
}

TEST(of_a_mark_what_its_hook_has_is_read_wherever_it_is)
{
	struct found_place place;

	CHECK(place_of(PLACE_USDT, false, &place));
	place.value = in_memory;
	CHECK(!take_place(&place));
	place.value.bytes = 3;
	CHECK(take_place(&place) == -EBADMSG);
	place.value = in_memory;
	place.value.register_at = 168;
	CHECK(take_place(&place) == -EBADMSG);
	place.value = in_memory;
	place.value.is_text = 1;
	CHECK(take_place(&place) == -EBADMSG);
	place.value = (struct probe_argument){};
	place.text = in_memory;
	place.text.is_text = 1;
	CHECK(take_place(&place) == -EBADMSG);
	CHECK(place_of(PLACE_USDT, true, &place));
	place.text = in_memory;
	CHECK(take_place(&place) == -EBADMSG);
	place.text.is_text = 1;
	CHECK(!take_place(&place));
	place.value = in_memory;
	CHECK(take_place(&place) == -EBADMSG);
}

TEST(a_place_is_of_a_hook_that_there_is)
{
	struct found_place good, bad;

	CHECK(place_of(PLACE_USDT, false, &good) && !take_place(&good));
	bad = good;
	bad.runtime = RUNTIMES_MAX;
	CHECK(take_place(&bad) == -EBADMSG);
	bad = good;
	bad.purpose = RUNTIME_PURPOSES;
	CHECK(take_place(&bad) == -EBADMSG);
	bad = good;
	bad.set = PURPOSE_SETS;
	CHECK(take_place(&bad) == -EBADMSG);
	bad = good;
	bad.hook = SET_HOOKS;
	CHECK(take_place(&bad) == -EBADMSG);
	bad = good;
	bad.at_return = !good.at_return;
	CHECK(take_place(&bad) == -EBADMSG);
	bad = good;
	bad.file = 1;
	CHECK(take_place(&bad) == -EBADMSG);
}
