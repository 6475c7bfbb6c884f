/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - what a reader said, checked by who asked: numbers within their tables, and no more
 * than the hook needs. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "user/base/passing.h"
#include "user/elf/registers.h"
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

/* What it says to be a place of; NULL: there is none. */
static const struct hook *hook_of(const struct found_place *place)
{
	const struct purpose *purpose;
	const struct hook_set *set;

	if (!is_runtime(place->runtime) || place->purpose >= RUNTIME_PURPOSES ||
	    place->set >= PURPOSE_SETS || place->hook >= SET_HOOKS)
		return NULL;
	purpose = &runtimes[place->runtime]->purposes[place->purpose];
	set = &purpose->sets[place->set];
	return purpose->name && set->name && set->hooks[place->hook].name ? &set->hooks[place->hook]
									  : NULL;
}

/* A mark says where its arguments are: in registers, in memory that one tells of, or a constant. */
static bool is_marks_argument(const struct probe_argument *argument)
{
	bool sized = argument->bytes == 1 || argument->bytes == 2 || argument->bytes == 4 ||
		     argument->bytes == 8;

	return argument->from <= ARGUMENT_MEMORY && sized && argument->is_signed <= 1 &&
	       argument->register_at % 8 == 0 && argument->register_at < PT_REGS_BYTES;
}

/* Of a function, the register that its kind of calls has for it, and nothing else. */
static bool is_functions_argument(const struct hook *hook, const struct probe_argument *argument,
				  size_t number, uint8_t bytes, bool is_signed)
{
	enum convention convention = hook->place == PLACE_GO ? CONVENTION_GO : CONVENTION_C;
	uint16_t register_at;

	return argument->from == ARGUMENT_REGISTER && !argument->offset &&
	       argument->bytes == bytes && argument->is_signed == is_signed &&
	       register_of_argument(convention, number, &register_at) &&
	       argument->register_at == register_at;
}

/* Nothing is read that the hook does not have. */
static bool has_arguments(const struct hook *hook, const struct found_place *place)
{
	const struct probe_argument *value = &place->value, *text = &place->text;
	bool is_mark = hook->place == PLACE_USDT;

	if (value->from != ARGUMENT_NONE &&
	    (!hook->value || value->is_text ||
	     !(is_mark ? is_marks_argument(value)
		       : is_functions_argument(hook, value, hook->value, hook->value_bytes,
					       hook->value_signed))))
		return false;
	return text->from == ARGUMENT_NONE ||
	       (hook->text && text->is_text == 1 &&
		(is_mark ? is_marks_argument(text)
			 : is_functions_argument(hook, text, hook->text, sizeof(uint64_t), false)));
}

/* Only marks have semaphores: the kernel writes where one is said to be. */
static bool is_place(const struct found_place *place, size_t files)
{
	const struct hook *hook = hook_of(place);

	return hook && place->file < files && place->at_return == hook->at_return &&
	       (hook->place == PLACE_USDT || !place->semaphore_offset) &&
	       has_arguments(hook, place);
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
	for (size_t i = 0; i < answer->place_count; i++)
		if (!is_place(&answer->places[i], files))
			return false;
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
