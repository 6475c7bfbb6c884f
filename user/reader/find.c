/* SPDX-License-Identifier: Apache-2.0 */
#include "user/reader/find.h"

#include <errno.h>
#include <stdlib.h>

#include "user/base/mem.h"
#include "user/elf/golang.h"
#include "user/elf/prologue.h"
#include "user/elf/registers.h"
#include "user/elf/usdt.h"

/* The places of one set, until it is whole. */
struct finding {
	const struct image *image;
	struct found_place place; /* what is the same of all of them */
	struct found_place places[READER_PLACES];
	size_t count;
};

static int add(struct finding *f, const struct found_place *place)
{
	if (f->count == READER_PLACES)
		return -ENOSPC;
	f->places[f->count++] = *place;
	return 0;
}

/* As functions get them; of a clone nobody can tell. */
static struct probe_argument argument_of(const struct symbol *function, enum convention convention,
					 size_t number, uint8_t bytes, bool is_signed)
{
	struct probe_argument argument = { .bytes = bytes, .is_signed = is_signed };

	if (!number || function->is_clone ||
	    !register_of_argument(convention, number, &argument.register_at))
		return (struct probe_argument){};
	argument.from = ARGUMENT_REGISTER;
	return argument;
}

static int add_function(struct finding *f, const struct hook *hook, const struct symbol *function,
			enum convention convention)
{
	const struct prologue_need need = { .at_return = hook->at_return,
					    .reads = hook->value || hook->text,
					    .convention = convention };
	struct found_place place = f->place;
	int error = prologue_place(f->image, function, need, &place.prologue_bytes);

	if (!error)
		error = image_code_offset(f->image, function->address + place.prologue_bytes,
					  &place.offset);
	if (error)
		return error == -ENOENT ? -EBADMSG : error;
	place.value = argument_of(function, convention, hook->value, hook->value_bytes,
				  hook->value_signed);
	place.text = argument_of(function, convention, hook->text, sizeof(uint64_t), false);
	place.text.is_text = place.text.from != ARGUMENT_NONE;
	return add(f, &place);
}

static int find_functions(struct finding *f, const struct hook *hook)
{
	struct symbols symbols;
	int error = symbols_functions(f->image, hook->name, hook->is_prefix, &symbols);

	for (size_t i = 0; !error && i < symbols.count; i++)
		error = add_function(f, hook, &symbols.at[i], CONVENTION_C);
	return error;
}

static int find_go(struct finding *f, const struct hook *hook)
{
	struct symbol function;
	int error = golang_function(f->image, hook->name, &function);

	return error ? error : add_function(f, hook, &function, CONVENTION_GO);
}

/* One that cannot be said stays ARGUMENT_NONE; the probe counts without it. */
static struct probe_argument argument_at(const struct usdt_site *site, size_t number)
{
	struct probe_argument argument = {};

	usdt_argument(str_of(site->arguments), number, &argument);
	return argument;
}

static int find_usdt(struct finding *f, const struct hook *hook)
{
	struct usdt_sites sites;
	int error = usdt_find(f->image, hook->name, &sites);

	for (size_t i = 0; !error && i < sites.count; i++) {
		struct found_place place = f->place;

		place.offset = sites.at[i].offset;
		place.semaphore_offset = sites.at[i].semaphore_offset;
		place.value = argument_at(&sites.at[i], hook->value);
		place.text = argument_at(&sites.at[i], hook->text);
		place.text.is_text = place.text.from != ARGUMENT_NONE;
		error = add(f, &place);
	}
	return error;
}

static int find_hook(struct finding *f, const struct hook *hook)
{
	f->place.at_return = hook->at_return;
	switch (hook->place) {
	case PLACE_SYMBOL:
		return find_functions(f, hook);
	case PLACE_USDT:
		return find_usdt(f, hook);
	case PLACE_GO:
		return find_go(f, hook);
	}
	return -EINVAL;
}

/* -ENOENT: not all of it is there. */
static int find_set(struct finding *f, const struct hook_set *set, struct reader_answer *answer)
{
	for (size_t i = 0; i < SET_HOOKS && set->hooks[i].name; i++) {
		int error;

		f->place.hook = (uint16_t)i;
		error = find_hook(f, &set->hooks[i]);
		if (error)
			return error;
	}
	if (answer->place_count + f->count > READER_PLACES)
		return -ENOSPC;
	memcpy(&answer->places[answer->place_count], f->places, f->count * sizeof(f->places[0]));
	answer->place_count = (uint16_t)(answer->place_count + f->count);
	return 0;
}

static void find_purpose(struct finding *f, const struct purpose *purpose, const char *version,
			 struct reader_answer *answer)
{
	for (size_t i = 0; i < PURPOSE_SETS && purpose->sets[i].name; i++) {
		const struct hook_set *set = &purpose->sets[i];
		int error;

		if (set->since && !runtime_reaches(version, set->since))
			continue;
		f->place.set = (uint16_t)i;
		f->count = 0;
		error = find_set(f, set, answer);
		if (error && error != -ENOENT)
			answer->refused++;
		i += !error && set->since;
	}
}

bool find_runtimes(const struct image *image, uint16_t file, struct reader_answer *answer)
{
	_cleanup_(freep) struct finding *f = xcalloc(1, sizeof(*f));
	uint16_t before = answer->runtime_count;

	f->image = image;
	f->place.file = file;
	for (uint16_t i = 0; runtimes[i] && answer->runtime_count < READER_FILES; i++) {
		struct found_runtime *found = &answer->runtimes[answer->runtime_count];

		*found = (struct found_runtime){ .runtime = i, .file = file };
		if (!runtimes[i]->recognise(image, found->version))
			continue;
		answer->runtime_count++;
		f->place.runtime = i;
		for (uint16_t p = 0; p < RUNTIME_PURPOSES && runtimes[i]->purposes[p].name; p++) {
			f->place.purpose = p;
			find_purpose(f, &runtimes[i]->purposes[p], found->version, answer);
		}
	}
	return answer->runtime_count > before;
}
