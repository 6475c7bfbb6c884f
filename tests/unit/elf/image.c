/* SPDX-License-Identifier: Apache-2.0 */
/* image.c - mirrors user/elf/image.c, window.c and texts.c */
#include "user/elf/image.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/test.h"
#include "tests/unit/elf/made.h"
#include "user/base/mem.h"
#include "user/elf/golang.h"
#include "user/elf/usdt.h"
#include "user/elf/window.h"

static const struct image_limits limits = { .memory = 1 << 20, .read = 8 << 20 };

/* Like all tests here: a file of its own, in static memory because it is large. */
static struct made m;

static int open_made(struct image **ret, int *fd)
{
	*fd = made_file(&m);
	return image_open(*fd, limits, ret);
}

TEST(an_image_is_read_by_names_types_and_addresses)
{
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	const Elf64_Shdr *section;
	struct str loaded;
	uint64_t offset;
	char four[4];

	made_begin(&m);
	made_section(&m, ".rodata", SHT_PROGBITS, "four", 4);
	CHECK(!open_made(&image, &fd));
	section = image_section(image, ".rodata", 0);
	CHECK(section && section->sh_size == 4 && !image_section(image, ".rodat", 0));
	CHECK(image_section(image, NULL, SHT_STRTAB) && !image_section(image, NULL, SHT_DYNSYM));
	CHECK(image_section_at(image, 1) == section && !image_section_at(image, 99));
	CHECK(!image_load(image, section, &loaded) && str_eq(loaded, STR("four")) && !loaded.at[4]);
	image_unload(image, loaded);
	CHECK(!image_offset(image, section->sh_addr, &offset) && offset == section->sh_offset);
	CHECK(image_code_offset(image, section->sh_addr, &offset) == -ENOENT);
	CHECK(!image_code_offset(image, MADE_TEXT + 9, &offset) && offset == 9);
	CHECK(!image_read_at(image, section->sh_addr, four, 4) && !memcmp(four, "four", 4));
	CHECK(image_read_at(image, MADE_DATA + m.len, four, 4) == -ENOENT);
}

TEST(what_is_no_program_of_this_machine_is_refused)
{
	static const struct {
		size_t at;
		char byte;
	} wrong[] = {
		{ 0, 0 },	 { EI_CLASS, ELFCLASS32 }, { EI_DATA, ELFDATA2MSB }, { 16, ET_REL },
		{ 16, ET_CORE }, { 18, EM_386 },	   { 18, (char)EM_AARCH64 },
	};

	EACH(i, wrong) {
		struct image *image = NULL;
		int fd;

		made_begin(&m);
		fd = made_file(&m);
		CHECK(pwrite(fd, &wrong[i].byte, 1, (off_t)wrong[i].at) == 1);
		CHECK(image_open(fd, limits, &image) == -ENOEXEC && !image);
		close(fd);
	}
}

TEST(what_is_no_file_is_refused_without_waiting)
{
	struct image *image = NULL;
	int ends[2], folder = open("/", O_RDONLY | O_CLOEXEC), empty = memfd_create("", 0);

	CHECK(!pipe(ends));
	CHECK(image_open(ends[0], limits, &image) == -EINVAL);
	CHECK(image_open(folder, limits, &image) == -EINVAL);
	CHECK(image_open(empty, limits, &image) == -ENOEXEC);
	CHECK(image_open(-1, limits, &image) == -EBADF && !image);
	close(ends[0]);
	close(ends[1]);
	close(folder);
	close(empty);
}

TEST(headers_that_lie_are_refused)
{
	struct image *image = NULL;
	Elf64_Ehdr header;
	int fd;

	made_begin(&m);
	fd = made_file(&m);
	CHECK(pread(fd, &header, sizeof(header), 0) == sizeof(header));
	header.e_shoff = m.len - 1;
	CHECK(pwrite(fd, &header, sizeof(header), 0) == sizeof(header));
	CHECK(image_open(fd, limits, &image) == -EBADMSG);
	header.e_shoff = UINT64_MAX - 8;
	CHECK(pwrite(fd, &header, sizeof(header), 0) == sizeof(header));
	CHECK(image_open(fd, limits, &image) == -EBADMSG);
	header.e_shnum = UINT16_MAX;
	CHECK(pwrite(fd, &header, sizeof(header), 0) == sizeof(header));
	CHECK(image_open(fd, limits, &image) == -EFBIG);
	header.e_shnum = 1;
	header.e_shentsize = 8;
	CHECK(pwrite(fd, &header, sizeof(header), 0) == sizeof(header));
	CHECK(image_open(fd, limits, &image) == -EBADMSG && !image);
	close(fd);
}

TEST(a_huge_hole_in_a_file_takes_no_memory)
{
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	struct str loaded = {};

	made_begin(&m);
	made_section(&m, ".rodata", SHT_PROGBITS, "x", 1);
	m.sections[1].sh_size = UINT64_C(1) << 39;
	fd = made_file(&m);
	CHECK(!ftruncate(fd, (off_t)1 << 40));
	CHECK(!image_open(fd, limits, &image));
	CHECK(image_load(image, image_section(image, ".rodata", 0), &loaded) == -EFBIG);
	CHECK(!loaded.at);
}

TEST(memory_and_reading_have_an_end_and_memory_comes_back)
{
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	const Elf64_Shdr *section;
	static char bytes[40000];
	struct str one, two;
	int error = 0;

	made_begin(&m);
	made_section(&m, ".rodata", SHT_PROGBITS, bytes, sizeof(bytes));
	fd = made_file(&m);
	CHECK(!image_open(fd, (struct image_limits){ 60000, 1 << 20 }, &image));
	section = image_section(image, ".rodata", 0);
	for (int i = 0; i < 20; i++) {
		CHECK(!image_load(image, section, &one));
		CHECK(image_load(image, section, &two) == -EFBIG);
		image_unload(image, one);
	}
	for (int i = 0; i < 20 && !error; i++) {
		error = image_load(image, section, &one);
		if (!error)
			image_unload(image, one);
	}
	CHECK(error == -EFBIG);
}

TEST(a_file_that_shrinks_while_it_is_read_is_an_error)
{
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	struct str loaded;
	char byte;

	made_begin(&m);
	made_section(&m, ".rodata", SHT_PROGBITS, "gone", 4);
	CHECK(!open_made(&image, &fd));
	CHECK(!ftruncate(fd, 100));
	CHECK(image_load(image, image_section(image, ".rodata", 0), &loaded) == -EBADMSG);
	CHECK(image_read(image, m.len - 1, &byte, 1) == -EBADMSG);
	CHECK(image_read(image, m.len, &byte, 1) == -EBADMSG);
}

TEST(text_is_found_across_the_edge_of_a_window)
{
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	_cleanup_(freep) struct window *w = xcalloc(1, sizeof(*w));
	const off_t at[] = { 100000, WINDOW_BYTES - 3, 2 * WINDOW_BYTES - 1, 3 * WINDOW_BYTES };
	uint64_t found;
	const char *bytes;

	EACH(i, at) {
		made_begin(&m);
		CHECK(!open_made(&image, &fd));
		CHECK(!ftruncate(fd, 0) && pwrite(fd, "needle", 6, at[i]) == 6);
		close(fd);
		image_free(TAKE_PTR(image));
	}
	made_begin(&m);
	fd = made_file(&m);
	CHECK(pwrite(fd, "needle", 6, 2 * WINDOW_BYTES - 1) == 6);
	CHECK(pwrite(fd, "needle", 6, 4 * WINDOW_BYTES) == 6);
	CHECK(!image_open(fd, limits, &image));
	window_init(w, image, 8, UINT64_MAX);
	CHECK(!window_find(w, 8, STR("needle"), &found) && found == 2 * WINDOW_BYTES - 1);
	CHECK(!window_find(w, found + 1, STR("needle"), &found) && found == 4 * WINDOW_BYTES);
	CHECK(window_find(w, found + 1, STR("needle"), &found) == -ENOENT);
	CHECK(!window_at(w, found, 6, &bytes) && !memcmp(bytes, "needle", 6));
	CHECK(window_at(w, found, 7, &bytes) == -EBADMSG);
	CHECK(window_at(w, 0, 1, &bytes) == -EBADMSG);
}

TEST(a_library_says_its_name_and_a_text_its_version)
{
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	const Elf64_Dyn dynamic[] = { { .d_tag = DT_SONAME, .d_un.d_val = 1 }, { .d_tag = 0 } };
	char name[16] = "-";
	size_t number;

	made_begin(&m);
	number = made_section(&m, ".dynamic", SHT_DYNAMIC, dynamic, sizeof(dynamic));
	m.sections[number].sh_link =
		(uint32_t)made_section(&m, ".dynstr", SHT_STRTAB, "\0libmade.so.1", 14);
	made_section(&m, ".rodata", SHT_PROGBITS, "Made/8.2.1 of", 13);
	CHECK(!open_made(&image, &fd));
	image_soname(image, name, sizeof(name));
	CHECK(!strcmp(name, "libmade.so.1"));
	CHECK(!image_version_after(image, ".rodata", STR("Made/"), name, sizeof(name)));
	CHECK(!strcmp(name, "8.2.1"));
	CHECK(!image_version_after(image, ".rodata", STR("Made/"), name, 4) &&
	      !strcmp(name, "8.2"));
	CHECK(image_version_after(image, ".rodata", STR("Mode/"), name, 4) == -ENOENT);
	CHECK(image_version_after(image, ".data", STR("Made/"), name, 4) == -ENOENT);
}

/* Everything at once, on something that may be cut anywhere. */
static void look_at_all(int fd)
{
	struct usdt_sites sites;
	struct symbols symbols;
	struct image *image;
	struct symbol one;
	char text[32];

	if (image_open(fd, limits, &image))
		return;
	symbols_functions(image, "begin", true, &symbols);
	symbols_exports(image, "value");
	symbols_value(image, "value", text, 4);
	usdt_find(image, "made:here", &sites);
	golang_version(image, text, sizeof(text));
	golang_function(image, "runtime.gcStart", &one);
	image_soname(image, text, sizeof(text));
	image_free(image);
}

TEST(every_shorter_file_is_an_error_or_less_and_never_a_crash)
{
	static const struct made_symbol symbols[] = { { "begin", MADE_TEXT + 64, 8, 0, 0, false } };
	static const struct made_note notes[] = { { "made", "here", "4@%eax", MADE_TEXT + 64, 0,
						    0 } };
	static const struct made_function functions[] = { { "runtime.gcStart", 64 } };
	_cleanup_(freep) char *bytes = NULL;
	size_t len;
	int fd = memfd_create("made", MFD_CLOEXEC);

	made_begin(&m);
	made_symbols(&m, true, symbols, 1);
	made_symbols(&m, false, symbols, 1);
	made_usdt(&m, notes, 1);
	made_go(&m, 0xfffffff1, MADE_TEXT, functions, 1);
	made_buildinfo(&m, "go1.24.4", true);
	len = made_bytes(&m, &bytes);
	CHECK(write(fd, bytes, len) == (ssize_t)len);
	while (len) {
		CHECK(!ftruncate(fd, (off_t)--len));
		look_at_all(fd);
	}
	close(fd);
}
