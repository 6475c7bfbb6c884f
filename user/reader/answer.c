/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - what a reader said, checked by who asked: numbers within their tables, no more. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "user/base/passing.h"
#include "user/reader/reader.h"

/* x86-64's struct pt_regs. */
enum { PT_REGS_BYTES = 168 };

static bool is_runtime(uint16_t number)
{
	size_t count = 0;

	while (runtimes[count])
		count++;
	return number < count;
}

static bool is_hook(const struct found_place *place)
{
	const struct purpose *purpose;
	const struct hook_set *set;

	if (!is_runtime(place->runtime) || place->purpose >= RUNTIME_PURPOSES ||
	    place->set >= PURPOSE_SETS || place->hook >= SET_HOOKS)
		return false;
	purpose = &runtimes[place->runtime]->purposes[place->purpose];
	set = &purpose->sets[place->set];
	return purpose->name && set->name && set->hooks[place->hook].name &&
	       place->at_return == set->hooks[place->hook].at_return;
}

static bool is_argument(const struct probe_argument *argument)
{
	bool sized = argument->bytes == 1 || argument->bytes == 2 || argument->bytes == 4 ||
		     argument->bytes == 8;

	return argument->from == ARGUMENT_NONE ||
	       (argument->from <= ARGUMENT_MEMORY && sized && argument->is_signed <= 1 &&
		argument->is_text <= 1 && argument->register_at % 8 == 0 &&
		argument->register_at < PT_REGS_BYTES);
}

static bool is_answer(struct reader_answer *answer, size_t files)
{
	if (answer->error > 0 || answer->runtime_count > READER_FILES ||
	    answer->place_count > READER_PLACES)
		return false;
	for (size_t i = 0; i < answer->runtime_count; i++) {
		struct found_runtime *found = &answer->runtimes[i];

		if (!is_runtime(found->runtime) || found->file >= files)
			return false;
		found->version[RUNTIME_VERSION - 1] = '\0';
	}
	for (size_t i = 0; i < answer->place_count; i++) {
		const struct found_place *place = &answer->places[i];

		if (!is_hook(place) || place->file >= files || !is_argument(&place->value) ||
		    !is_argument(&place->text))
			return false;
	}
	return true;
}

int reader_take(int fd, struct reader_answer *ret, int files[READER_FILES])
{
	size_t count = READER_FILES;
	int got;

	memset(files, -1, sizeof(int) * READER_FILES);
	got = passing_receive(fd, ret, sizeof(*ret), files, &count);
	if (got <= 0)
		return got ? got : -ENODATA;
	if (is_answer(ret, count))
		return 0;
	for (size_t i = 0; i < count; i++)
		close(files[i]);
	memset(files, -1, sizeof(int) * READER_FILES);
	return -EBADMSG;
}
