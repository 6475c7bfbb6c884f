/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golang.c - the table:
 *
 *	header: magic, sizes, counts, where the parts begin
 *	names:  texts, each ended by NUL
 *	functions: { where it begins, where its record is } each, in order; then the records,
 *		which say where the name is
 */
#include "user/elf/golang.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "user/base/mem.h"
#include "user/elf/inside.h"
#include "user/elf/relocation.h"
#include "user/elf/window.h"

#define MAGIC_1_16 0xfffffffa
#define MAGIC_1_18 0xfffffff0
#define MAGIC_1_20 0xfffffff1

enum {
	HEADER_BYTES = 72,
	FUNCTIONS_MAX = 1 << 21, /* the largest programs have some 300,000 */
	TEXT_AT = 24,		 /* in the header, before 1.26 */
	MODULE_TEXT_AT = 176,	 /* in the runtime's moduledata, 1.26 */
	NAME_BYTES = 128,
};

/* The parts, by their place in the file. */
struct table {
	uint64_t names, names_end, functions, end;
	uint64_t count;
	uint64_t text; /* what functions' places are added to; 0: they are addresses */
	size_t word;   /* bytes of each of the two of a function */
};

static uint64_t word_of(const char *at, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, at, size);
	return word;
}

/* Where the header stands, and no part reaches past. */
struct extent {
	uint64_t from, end;
	uint64_t address; /* of `from` */
};

static bool is_head(const char *at)
{
	uint32_t magic = (uint32_t)word_of(at, sizeof(magic));

	return (magic == MAGIC_1_16 || magic == MAGIC_1_18 || magic == MAGIC_1_20) && !at[4] &&
	       !at[5] && at[6] == 1 && at[7] == 8;
}

static int extent_of(const struct image *image, const Elf64_Shdr *section, struct extent *ret)
{
	if (section->sh_type == SHT_NOBITS || section->sh_offset > image->size ||
	    section->sh_size > image->size - section->sh_offset)
		return -EBADMSG;
	*ret = (struct extent){ section->sh_offset, section->sh_offset + section->sh_size,
				section->sh_addr };
	return 0;
}

/* C's linker puts the table of a program that may lie anywhere among other things. */
static int find_head(const struct image *image, const Elf64_Shdr *section, struct extent *ret)
{
	static const struct str heads[] = { { "\xf1\xff\xff\xff\0\0\1\10", 8 },
					    { "\xf0\xff\xff\xff\0\0\1\10", 8 },
					    { "\xfa\xff\xff\xff\0\0\1\10", 8 } };
	_cleanup_(freep) struct window *w = xcalloc(1, sizeof(*w));
	struct extent extent;
	int error = extent_of(image, section, &extent);
	uint64_t begin;

	if (error)
		return error;
	begin = extent.from;
	window_init(w, image, extent.from, extent.end);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		error = window_find(w, extent.from, heads[i], &extent.from);
		if (error != -ENOENT)
			break;
	}
	if (error)
		return error;
	extent.address += extent.from - begin;
	*ret = extent;
	return 0;
}

static int find_table(const struct image *image, struct extent *ret)
{
	const Elf64_Shdr *section = image_section(image, ".gopclntab", 0);

	if (!section)
		section = image_section(image, ".data.rel.ro.gopclntab", 0);
	if (section)
		return extent_of(image, section, ret);
	section = image_section(image, ".data.rel.ro", 0);
	if (!section || !image_section(image, ".go.buildinfo", 0))
		return -ENOENT;
	return find_head(image, section, ret);
}

bool golang_made(const struct image *image)
{
	struct extent extent;
	char head[8];

	return !find_table(image, &extent) && !image_read(image, extent.from, head, sizeof(head)) &&
	       is_head(head);
}

/*
 * The header says it, since 1.26 the runtime's data. Where such a word is 0 the loader is to write it
 * (a program that may lie anywhere), or the symbol tells. It is never guessed: with another linker
 * there is other text before Go's, and every probe would be in the middle of some instruction.
 */
static int text_of(const struct image *image, uint64_t word, uint64_t header, uint64_t *ret)
{
	const Elf64_Shdr *module = image_section(image, ".go.module", 0);
	struct symbols symbols;

	*ret = word;
	if (word || !relocated_word(image, header + TEXT_AT, ret))
		return 0;
	if (module && module->sh_size >= MODULE_TEXT_AT + sizeof(*ret)) {
		uint64_t at = module->sh_addr + MODULE_TEXT_AT;

		if (!image_read_at(image, at, ret, sizeof(*ret)) && *ret)
			return 0;
		if (!relocated_word(image, at, ret))
			return 0;
	}
	if (symbols_functions(image, "runtime.text", false, &symbols) || symbols.count != 1)
		return -ENOTSUP;
	*ret = symbols.at[0].address;
	return 0;
}

static int read_table(const struct image *image, struct table *ret)
{
	uint64_t words[HEADER_BYTES / 8], size;
	const uint64_t *parts;
	struct extent extent;
	struct table t = {};
	bool is_old;
	int error = find_table(image, &extent);

	if (!error)
		error = image_read(image, extent.from, words, sizeof(words));
	if (error)
		return error;
	if (!is_head((const char *)words))
		return -EBADMSG;
	is_old = (uint32_t)words[0] == MAGIC_1_16;
	parts = words + (is_old ? 3 : 4); /* names, units, files, counters, functions */
	size = extent.end - extent.from;
	if (parts[0] > parts[1] || parts[1] > size || parts[4] > size)
		return -EBADMSG;
	t.names = extent.from + parts[0];
	t.names_end = extent.from + parts[1];
	t.functions = extent.from + parts[4];
	t.end = extent.end;
	t.count = words[1];
	t.word = is_old ? 8 : 4;
	if (t.count > FUNCTIONS_MAX || t.count * 2 * t.word > t.end - t.functions)
		return -EBADMSG;
	error = is_old ? 0 : text_of(image, words[3], extent.address, &t.text);
	if (!error)
		*ret = t;
	return error;
}

/* Where the name is among the names. */
static int find_name(const struct image *image, const struct table *t, const char *name,
		     uint64_t *ret)
{
	_cleanup_(freep) struct window *w = xcalloc(1, sizeof(*w));
	char whole[NAME_BYTES];
	int len = snprintf(whole + 1, sizeof(whole) - 1, "%s", name);
	uint64_t at;
	int error;

	if (len < 0 || (size_t)len + 2 > sizeof(whole))
		return -EINVAL;
	whole[0] = '\0';
	window_init(w, image, t->names, t->names_end);
	/* Before the first name there is none that a NUL ends; no release puts ours there. */
	error = window_find(w, t->names, (struct str){ whole, (size_t)len + 2 }, &at);
	if (!error)
		*ret = at + 1 - t->names;
	return error;
}

struct function {
	uint64_t place, record;
};

static int function_at(struct window *w, const struct table *t, uint64_t number,
		       struct function *ret)
{
	const char *at;
	int error = window_at(w, t->functions + number * 2 * t->word, 2 * t->word, &at);

	if (error)
		return error;
	*ret = (struct function){ word_of(at, t->word), word_of(at + t->word, t->word) };
	return 0;
}

/* Two windows: one goes along the functions, one along their records. */
static int find_function(struct window *functions, struct window *records, const struct table *t,
			 uint64_t name, uint64_t *ret)
{
	for (uint64_t i = 0; i < t->count; i++) {
		struct function f;
		const char *at;
		int error = function_at(functions, t, i, &f);

		if (error)
			return error;
		if (f.record > t->end - t->functions)
			return -EBADMSG;
		error = window_at(records, t->functions + f.record + t->word, 4, &at);
		if (error)
			return error;
		if (word_of(at, 4) == name) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}

int golang_function(const struct image *image, const char *name, struct symbol *ret)
{
	_cleanup_(freep) struct window *functions = xcalloc(1, sizeof(*functions));
	_cleanup_(freep) struct window *records = xcalloc(1, sizeof(*records));
	struct function this, next;
	uint64_t at, number;
	struct table t;
	int error = read_table(image, &t);

	if (!error)
		error = find_name(image, &t, name, &at);
	if (error)
		return error;
	window_init(functions, image, t.functions, t.end);
	window_init(records, image, t.functions, t.end);
	error = find_function(functions, records, &t, at, &number);
	if (!error)
		error = function_at(functions, &t, number, &this);
	if (error)
		return error;
	*ret = (struct symbol){ .address = t.text + this.place };
	if (number + 1 < t.count && !function_at(functions, &t, number + 1, &next) &&
	    next.place > this.place)
		ret->size = next.place - this.place;
	return 0;
}
