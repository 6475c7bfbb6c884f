/* SPDX-License-Identifier: Apache-2.0 */
/* symbols.c - mirrors user/elf/symbols.c */
#include "user/elf/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/test.h"
#include "tests/unit/elf/made.h"
#include "user/base/mem.h"

static const struct image_limits limits = { .memory = 1 << 20, .read = 8 << 20 };
static struct made m;

static struct image *image_of(const struct made_symbol *dynamic, size_t dynamic_count,
			      const struct made_symbol *all, size_t all_count, int *fd)
{
	struct image *image = NULL;

	made_begin(&m);
	if (dynamic_count)
		made_symbols(&m, true, dynamic, dynamic_count);
	if (all_count)
		made_symbols(&m, false, all, all_count);
	*fd = made_file(&m);
	image_open(*fd, limits, &image);
	return image;
}

/* Names of one file, each with the last digits of its address, and what is found by which. */
TEST(functions_are_found_by_name_prefix_and_clone)
{
	static const struct made_symbol all[] = {
		{ "plain", 0x401, 8, 0, 0, false },
		{ "plainer", 0x402, 8, 0, 0, false },
		{ "cloned", 0x403, 8, 0, 0, false },
		{ "cloned.constprop.0", 0x404, 8, 0, 0, false },
		{ "cloned.isra.12.constprop.3", 0x405, 8, 0, 0, false },
		{ "cloned.cold", 0x406, 8, 0, 0, false },
		{ "cloned.llvm.123", 0x407, 8, 0, 0, false },
		{ "only.constprop.1", 0x408, 8, 0, 0, false },
		{ "split", 0x409, 8, 0, 0, false },
		{ "split.part.0", 0x40a, 8, 0, 0, false },
		{ "a_variable", 0x40b, 8, STT_OBJECT, 0, false },
		{ "resolver", 0x40c, 8, STT_GNU_IFUNC, 0, false },
		{ "elsewhere", 0x40d, 8, 0, 0, true },
		{ "versioned@@V2", 0x40e, 8, 0, 0, false },
		{ "versioned@V1", 0x40f, 8, 0, 0, false },
	};
	static const struct {
		const char *name;
		bool is_prefix;
		const char *found; /* last digits of addresses, c before those of clones */
	} wants[] = {
		{ "plain", false, "1" },
		{ "plain", true, "12" },
		{ "cloned", false, "3c4c5" },
		{ "cloned", true, "3c4c5" },
		{ "only", false, "c8" },
		{ "split", false, "ca" },
		{ "a_variable", false, "" },
		{ "resolver", false, "" },
		{ "elsewhere", false, "" },
		{ "versioned", false, "e" },
		{ "none", false, "" },
		{ "", false, "" },
		{ "only.constprop.1", false, "8" },
	};
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;

	image = image_of(NULL, 0, all, ARRAY_SIZE(all), &fd);
	EACH(i, wants) {
		struct symbols found = {};
		char text[64] = "";
		size_t len = 0;
		int error = symbols_functions(image, wants[i].name, wants[i].is_prefix, &found);

		for (size_t n = 0; n < found.count; n++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%lx",
						found.at[n].is_clone ? "c" : "",
						found.at[n].address & 15);
		CHECK(error == (*wants[i].found ? 0 : -ENOENT));
		CHECK(!strcmp(text, wants[i].found));
	}
}

TEST(a_name_of_several_versions_is_the_default_one)
{
	static const struct made_symbol dynamic[] = {
		{ "wait", 0x401, 8, 0, 0x8002, false },
		{ "wait", 0x402, 8, 0, 3, false },
	};
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	struct symbols found;

	image = image_of(dynamic, 2, NULL, 0, &fd);
	CHECK(!symbols_functions(image, "wait", false, &found));
	CHECK(found.count == 1 && found.at[0].address == 0x402);
}

TEST(a_function_in_both_tables_is_one)
{
	static const struct made_symbol dynamic[] = { { "begin", 0x401, 0, 0, 2, false } };
	static const struct made_symbol all[] = { { "begin", 0x401, 9, 0, 0, false },
						  { "begin_too", 0x402, 9, 0, 0, false } };
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	struct symbols found;

	image = image_of(dynamic, 1, all, 2, &fd);
	CHECK(!symbols_functions(image, "begin", false, &found));
	CHECK(found.count == 1 && found.at[0].size == 9);
	CHECK(symbols_exports(image, "begin") && !symbols_exports(image, "begin_too"));
}

TEST(more_functions_than_there_is_room_for_are_none)
{
	struct made_symbol all[SYMBOL_MATCHES + 1];
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	struct symbols found;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		all[i] = (struct made_symbol){ "many", 0x400 + i, 1, 0, 0, false };
	image = image_of(NULL, 0, all, ARRAY_SIZE(all), &fd);
	CHECK(symbols_functions(image, "many", false, &found) == -EFBIG);
}

TEST(a_variable_has_the_value_that_the_file_gives_it)
{
	static const struct made_symbol none[] = { { "outside", MADE_DATA + MADE_BYTES, 4,
						     STT_OBJECT, 0, false } };
	struct made_symbol all[] = { { "value", 0, 4, STT_OBJECT, 0, false } };
	_cleanup_(image_freep) struct image *image = NULL, *other = NULL;
	_cleanup_(closep) int fd = -1, other_fd = -1;
	char value[5] = "----";

	made_begin(&m);
	all[0].value = MADE_DATA + made_add(&m, "four", 4);
	made_symbols(&m, false, all, 1);
	fd = made_file(&m);
	CHECK(!image_open(fd, limits, &image));
	CHECK(!symbols_value(image, "value", value, 4) && !strcmp(value, "four"));
	CHECK(symbols_value(image, "value", value, 5) == -EBADMSG);
	CHECK(symbols_value(image, "begin", value, 4) == -ENOENT);
	other = image_of(none, 1, NULL, 0, &other_fd);
	CHECK(!symbols_value(other, "outside", value, 4) && !memcmp(value, "\0\0\0\0", 4));
}

TEST(a_table_that_is_broken_hides_only_what_is_in_it)
{
	static const struct made_symbol symbols[] = { { "begin", 0x401, 8, 0, 0, false } };
	struct image *image = NULL;
	struct symbols found;
	int fd;

	made_begin(&m);
	made_symbols(&m, true, symbols, 1);
	made_symbols(&m, false, symbols, 1);
	for (size_t i = 0; i < m.count; i++)
		if (m.sections[i].sh_type == SHT_SYMTAB)
			m.sections[i].sh_size = UINT64_MAX / 2;
	fd = made_file(&m);
	CHECK(!image_open(fd, limits, &image));
	CHECK(!symbols_functions(image, "begin", false, &found) && found.count == 1);
	CHECK(symbols_functions(image, "end", false, &found) == -EBADMSG);
	image_free(image);
	close(fd);
}
