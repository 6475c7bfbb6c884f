/* SPDX-License-Identifier: Apache-2.0 */
/* golang.c - mirrors user/elf/golang.c and golang_version.c */
#include "user/elf/golang.h"

#include <errno.h>
#include <unistd.h>

#include "tests/test.h"
#include "tests/unit/elf/made.h"
#include "user/base/mem.h"

static const struct image_limits limits = { .memory = 1 << 20, .read = 8 << 20 };
static struct made m;

#if defined(__x86_64__)
enum { MADE_RELATIVE = R_X86_64_RELATIVE };
#elif defined(__aarch64__)
enum { MADE_RELATIVE = R_AARCH64_RELATIVE };
#endif

static const struct made_function functions[] = {
	{ "main.main", 0x40 },
	{ "runtime.gcStart", 0x80 },
	{ "runtime.gcStart.func1", 0xc0 },
};

TEST(functions_of_go_are_found_in_every_layout_of_its_table)
{
	static const struct {
		uint32_t magic;
		uint64_t text, want;
	} rows[] = {
		{ 0xfffffff1, MADE_TEXT, MADE_TEXT + 0x80 },
		{ 0xfffffff0, MADE_TEXT + 0x1000, MADE_TEXT + 0x1080 },
		{ 0xfffffffa, 0, 0x80 },
	};

	EACH(i, rows) {
		_cleanup_(image_freep) struct image *image = NULL;
		_cleanup_(closep) int fd = -1;
		struct symbol found;

		made_begin(&m);
		made_go(&m, rows[i].magic, rows[i].text, functions, ARRAY_SIZE(functions));
		fd = made_file(&m);
		CHECK(!image_open(fd, limits, &image));
		CHECK(golang_made(image));
		CHECK(!golang_function(image, "runtime.gcStart", &found));
		CHECK(found.address == rows[i].want && found.size == 0x40 && !found.is_clone);
		CHECK(!golang_function(image, "runtime.gcStart.func1", &found) && !found.size);
		CHECK(golang_function(image, "runtime.gcSta", &found) == -ENOENT);
		CHECK(golang_function(image, "gcStart", &found) == -ENOENT);
	}
}

/* As since 1.26; and as C's linker leaves it. */
TEST(where_the_header_does_not_say_where_the_text_is_others_do)
{
	_cleanup_(image_freep) struct image *image = NULL, *merged = NULL;
	_cleanup_(closep) int fd = -1, other = -1;
	uint64_t module[23] = { [22] = MADE_TEXT + 0x2000 };
	const struct made_symbol text = { "runtime.text", MADE_TEXT + 0x3000, 0 };
	struct symbol found;
	size_t number;

	made_begin(&m);
	made_go(&m, 0xfffffff1, 0, functions, ARRAY_SIZE(functions));
	made_section(&m, ".go.module", SHT_PROGBITS, module, sizeof(module));
	fd = made_file(&m);
	CHECK(!image_open(fd, limits, &image));
	CHECK(!golang_function(image, "runtime.gcStart", &found));
	CHECK(found.address == MADE_TEXT + 0x2080);

	made_begin(&m);
	made_symbols(&m, false, &text, 1);
	made_add(&m, "something else", 14);
	made_go(&m, 0xfffffff1, 0, functions, ARRAY_SIZE(functions));
	number = m.count - 1;
	m.names[number] = ".data.rel.ro";
	m.sections[number].sh_offset -= 16;
	m.sections[number].sh_size += 16;
	made_buildinfo(&m, "go1.26.0", true);
	other = made_file(&m);
	CHECK(!image_open(other, limits, &merged));
	CHECK(!golang_function(merged, "runtime.gcStart", &found));
	CHECK(found.address == MADE_TEXT + 0x3080);
}

/* As C's linkers leave programs that may lie anywhere. */
TEST(where_the_loader_writes_the_place_of_the_text_it_is_read_what)
{
	static const struct {
		uint64_t type, before; /* the word, and where it is to be written */
		int want;
	} rows[] = {
		{ MADE_RELATIVE, 0, 0 },
		{ MADE_RELATIVE, 8, -ENOTSUP },
		{ MADE_RELATIVE + 1, 0, -ENOTSUP },
	};

	EACH(i, rows) {
		_cleanup_(image_freep) struct image *image = NULL;
		_cleanup_(closep) int fd = -1;
		Elf64_Rela relocations[2] = {
			{ .r_offset = MADE_DATA, .r_info = MADE_RELATIVE, .r_addend = 1 },
			{ .r_info = rows[i].type, .r_addend = MADE_TEXT + 0x5000 },
		};
		struct symbol found = {};
		size_t number;

		made_begin(&m);
		number = made_section(&m, ".text", SHT_PROGBITS, "", 1);
		m.sections[number].sh_addr = MADE_TEXT + 0x3000; /* what else is text */
		made_go(&m, 0xfffffff1, 0, functions, ARRAY_SIZE(functions));
		relocations[1].r_offset = m.sections[m.count - 1].sh_addr + 24 - rows[i].before;
		made_section(&m, ".rela.dyn", SHT_RELA, relocations, sizeof(relocations));
		fd = made_file(&m);
		CHECK(!image_open(fd, limits, &image));
		CHECK(golang_function(image, "runtime.gcStart", &found) == rows[i].want);
		CHECK(rows[i].want || found.address == MADE_TEXT + 0x5080);
	}
}

TEST(a_table_that_lies_is_refused)
{
	static const struct {
		size_t at;
		uint64_t value;
		int want;
	} rows[] = {
		{ 0, 0x0801000000000000 | 0xfffffffb, -EBADMSG }, /* 1.2, which has no parts */
		{ 0, 0x0401000000000000 | 0xfffffff1, -EBADMSG }, /* pointers of 32 bits */
		{ 8, UINT64_MAX, -EBADMSG },
		{ 8, 1000, -EBADMSG },
		{ 8, 0, -ENOENT },
		{ 32, UINT64_MAX, -EBADMSG },
		{ 40, 1 << 20, -EBADMSG },
		{ 64, UINT64_MAX - 3, -EBADMSG },
	};

	EACH(i, rows) {
		_cleanup_(image_freep) struct image *image = NULL;
		_cleanup_(closep) int fd = -1;
		struct symbol found;

		made_begin(&m);
		made_go(&m, 0xfffffff1, MADE_TEXT, functions, ARRAY_SIZE(functions));
		memcpy(m.bytes + m.sections[1].sh_offset + rows[i].at, &rows[i].value, 8);
		fd = made_file(&m);
		CHECK(!image_open(fd, limits, &image));
		CHECK(golang_function(image, "runtime.gcStart", &found) == rows[i].want);
	}
}

TEST(a_go_program_says_its_version_in_two_ways)
{
	static const struct {
		const char *said, *want;
		bool is_inline;
	} rows[] = {
		{ "go1.24.4", "1.24.4", true },
		{ "go1.17.13", "1.17.13", false },
		{ "go1.23.1 X:nocoverageredesign", "1.23.1", true },
		{ "go1.22rc1 X:boringcrypto", "1.22rc1", false },
		{ "go1.21\x80", "1.21", true },
		{ "go 1.21", "", true },
		{ "devel +1234", "", true },
		{ "", "", true },
		{ "", "", false },
	};

	EACH(i, rows) {
		_cleanup_(image_freep) struct image *image = NULL;
		_cleanup_(closep) int fd = -1;
		char version[32] = "-";

		made_begin(&m);
		made_buildinfo(&m, rows[i].said, rows[i].is_inline);
		fd = made_file(&m);
		CHECK(!image_open(fd, limits, &image));
		golang_version(image, version, sizeof(version));
		CHECK(!strcmp(version, rows[i].want) && !golang_made(image));
	}
}
