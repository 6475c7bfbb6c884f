/* SPDX-License-Identifier: Apache-2.0 */
/* prologue.c - mirrors user/elf/prologue.c */
#include "user/elf/prologue.h"

#include <unistd.h>

#include "tests/test.h"
#include "tests/unit/elf/made.h"
#include "user/base/mem.h"

static const struct image_limits limits = { .memory = 1 << 20, .read = 8 << 20 };
static struct made m;

/* Where a probe in this function goes; 255: an error. */
static uint8_t place_of(const char *code, size_t len, bool is_sized, struct prologue_need need)
{
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	struct symbol function = { .size = is_sized ? len : 0 };
	uint8_t place = 255;

	made_begin(&m);
	function.address = MADE_TEXT + made_add(&m, code, len);
	fd = made_file(&m);
	if (image_open(fd, limits, &image) || prologue_place(image, &function, need, &place))
		return 255;
	return place;
}

#define CODE(bytes) bytes, sizeof(bytes) - 1
#define ENDBR	    "\xf3\x0f\x1e\xfa"
#define PUSH	    "\x55"
#define RET	    "\xc3"
#define NOP5	    "\x0f\x1f\x44\x00\x00"
#define SUB_RSP	    "\x48\x83\xec\x18"
#define MOV_ESI_EAX "\x89\xf0"				   /* mov %esi,%eax */
#define MOV_EAX_ESI "\x89\xc6"				   /* mov %eax,%esi */
#define STACK_CHECK "\x49\x3b\x66\x10"			   /* cmp 0x10(%r14),%rsp */
#define FAR_CHECK   "\x4c\x8d\x64\x24\xe8\x4d\x3b\x66\x10" /* lea -0x18(%rsp),%r12; cmp %r12 */
#define JBE_8	    "\x76\x08"				   /* jbe, eight bytes on */
#define JNE_BACK_5  "\x75\xfb"				   /* jne, to three bytes before itself */

TEST(a_probe_moves_to_the_first_instruction_that_is_cheap_where_that_is_safe)
{
	static const struct prologue_need entry = {}, back = { .at_return = true },
					  reads = { .reads = true },
					  go = { .convention = CONVENTION_GO, .reads = true };
	const struct {
		const char *code;
		size_t len;
		struct prologue_need need;
		uint8_t want;
	} rows[] = {
		{ CODE(PUSH RET), entry, 0 },
		{ CODE("\x41\x57" RET), entry, 0 },
		{ CODE(ENDBR PUSH RET), entry, 4 },
		{ CODE(ENDBR PUSH RET), back, 4 },
		{ CODE(ENDBR NOP5 PUSH RET), reads, 9 },
		{ CODE(ENDBR SUB_RSP PUSH RET), back, 0 },
		{ CODE(SUB_RSP PUSH RET), back, 0 },
		{ CODE(SUB_RSP PUSH RET), entry, 4 },
		{ CODE(SUB_RSP PUSH RET), reads, 0 },
		{ CODE(MOV_ESI_EAX PUSH RET), reads, 2 },
		{ CODE(MOV_EAX_ESI PUSH RET), reads, 0 },
		{ CODE(MOV_EAX_ESI PUSH RET), entry, 2 },
		{ CODE(MOV_ESI_EAX RET), entry, 0 },
		{ CODE("\xf3\x90" PUSH RET), entry, 0 }, /* pause */
		{ CODE("\x0f\x05" PUSH RET), entry, 0 }, /* syscall */
		{ CODE("\xff\xe0"), entry, 0 },		 /* jmp *%rax */
		{ CODE("\x06\x06"), entry, 0 },		 /* none of 64 bits */
		/* A loop: its beginning is passed more than once. */
		{ CODE(MOV_ESI_EAX "\x90" JNE_BACK_5 RET), entry, 2 },
		{ CODE(MOV_ESI_EAX "\x90\x90\x90\x75\xfb" RET), entry, 0 },
		/* Go's: to behind the look at the stack, or to its branch. */
		{ CODE(STACK_CHECK JBE_8 PUSH "\x90\x90\x90\x90\x90\x90" RET "\xeb\xf0"), go, 6 },
		{ CODE(FAR_CHECK JBE_8 PUSH "\x90\x90\x90\x90\x90\x90" RET "\xeb\xeb"), go, 11 },
		{ CODE(STACK_CHECK JBE_8 SUB_RSP "\x90\x90\x90" RET "\xeb\xf0"), go, 4 },
		{ CODE(STACK_CHECK JBE_8 PUSH "\x90\x90\x90\x90\x90\x90" RET "\xeb\xf6"), go, 0 },
		{ CODE(STACK_CHECK JBE_8 PUSH "\x90\x90\x90\x90\x90\x90" RET "\xeb\xf0"), reads,
		  4 },
		{ CODE("\x89\xf0" STACK_CHECK JBE_8 PUSH RET), go,
		  0 }, /* writes its argument, ax */
	};

	EACH(i, rows) {
		uint8_t place = place_of(rows[i].code, rows[i].len, true, rows[i].need);

		if (place != rows[i].want)
			printf("row %zu: %u\n", i, place);
		CHECK(place == rows[i].want);
	}
}

TEST(of_a_function_of_unknown_length_only_what_does_nothing_is_passed)
{
	static const struct prologue_need entry = {};

	CHECK(place_of(CODE(ENDBR PUSH RET), false, entry) == 4);
	CHECK(place_of(CODE(SUB_RSP PUSH RET), false, entry) == 0);
}

TEST(a_function_that_is_not_executed_is_an_error)
{
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	struct symbol function = { .address = MADE_DATA + 64, .size = 8 };
	struct prologue_need need = {};
	uint8_t place;

	made_begin(&m);
	fd = made_file(&m);
	CHECK(!image_open(fd, limits, &image));
	CHECK(prologue_place(image, &function, need, &place) < 0);
}

TEST(instructions_are_told_from_their_middles)
{
	static const char code[] = ENDBR SUB_RSP PUSH;
	const struct str whole = { code, sizeof(code) - 1 };

	for (size_t i = 0; i <= whole.len; i++)
		CHECK(prologue_reaches(whole, i) == (i == 0 || i == 4 || i == 8 || i == 9));
	CHECK(!prologue_reaches(whole, 10) && !prologue_reaches(str_first(whole, 3), 4));
}
