/* SPDX-License-Identifier: Apache-2.0 */
/* usdt_argument.c - mirrors user/elf/usdt_argument.c and registers.c */
#include <errno.h>

#include "tests/test.h"
#include "user/base/mem.h"
#include "user/elf/registers.h"
#include "user/elf/usdt.h"

static int read_argument(const char *text, size_t number, struct probe_argument *ret)
{
	size_t len = strlen(text);
	_cleanup_(freep) char *tight = test_tight(text, len);

	return usdt_argument((struct str){ tight, len }, number, ret);
}

TEST(arguments_are_read_as_compilers_write_them)
{
	static const struct {
		const char *text;
		struct probe_argument want;
	} rows[] = {
		{ "4@%esi", { ARGUMENT_REGISTER, 4, 0, 0, AT_SI, 0, 0 } },
		{ "1@%dil", { ARGUMENT_REGISTER, 1, 0, 0, AT_DI, 0, 0 } },
		{ "-4@%eax", { ARGUMENT_REGISTER, 4, 1, 0, AT_AX, 0, 0 } },
		{ "8@%r12", { ARGUMENT_REGISTER, 8, 0, 0, AT_R12, 0, 0 } },
		{ "-2@%r9w", { ARGUMENT_REGISTER, 2, 1, 0, AT_R9, 0, 0 } },
		{ "1@%r15b", { ARGUMENT_REGISTER, 1, 0, 0, AT_R15, 0, 0 } },
		{ "2@%bx", { ARGUMENT_REGISTER, 2, 0, 0, AT_BX, 0, 0 } },
		{ "1@%bpl", { ARGUMENT_REGISTER, 1, 0, 0, AT_BP, 0, 0 } },
		{ "1@$1", { ARGUMENT_CONSTANT, 1, 0, 0, 0, 0, 1 } },
		{ "-4@$1", { ARGUMENT_CONSTANT, 4, 1, 0, 0, 0, 1 } },
		{ "-4@$-1", { ARGUMENT_CONSTANT, 4, 1, 0, 0, 0, -1 } },
		{ "4@$-1", { ARGUMENT_CONSTANT, 4, 0, 0, 0, 0, 0xffffffff } },
		{ "-1@$255", { ARGUMENT_CONSTANT, 1, 1, 0, 0, 0, -1 } },
		{ "8@$0x7fFF", { ARGUMENT_CONSTANT, 8, 0, 0, 0, 0, 0x7fff } },
		{ "8@-16(%rbp)", { ARGUMENT_MEMORY, 8, 0, 0, AT_BP, 0, -16 } },
		{ "-4@112(%rsp)", { ARGUMENT_MEMORY, 4, 1, 0, AT_SP, 0, 112 } },
		{ "4@(%rax)", { ARGUMENT_MEMORY, 4, 0, 0, AT_AX, 0, 0 } },
		{ "8@16+8(%rsp)", { ARGUMENT_MEMORY, 8, 0, 0, AT_SP, 0, 24 } },
		{ "8@-8-16(%rsp)", { ARGUMENT_MEMORY, 8, 0, 0, AT_SP, 0, -24 } },
	};

	EACH(i, rows) {
		struct probe_argument got;

		CHECK(!read_argument(rows[i].text, 1, &got));
		CHECK(!memcmp(&got, &rows[i].want, sizeof(got)));
	}
}

TEST(an_argument_is_chosen_by_its_number)
{
	struct probe_argument got = {};

	CHECK(!read_argument("8@%r12 8@%rdx  -4@%eax", 3, &got) && got.register_at == AT_AX);
	CHECK(!read_argument("what 8@%rdx", 2, &got) && got.register_at == AT_DX);
	CHECK(read_argument("8@%r12 8@%rdx", 3, &got) == -ENOENT);
	CHECK(read_argument("", 1, &got) == -ENOENT && read_argument("8@%rax", 0, &got) == -ENOENT);
}

TEST(what_an_argument_cannot_say_is_told_of_and_not_guessed)
{
	static const char *const rows[] = {
		"%rax",		"8@",
		"@%rax",	"3@%rax",
		"16@%rax",	"8f@%xmm0",
		"8@%xmm0",	"1@%ah",
		"8@%rip",	"8@%r16",
		"8@%r7",	"8@%r8x",
		"8@%",		"8@8(%rip)",
		"8@name(%rip)", "8@(%rax,%rbx)",
		"8@(,%rbx,8)",	"8@8(%rax,%rbx,8)",
		"8@%fs:40",	"8@name",
		"8@8",		"8@$name",
		"8@$",		"8@$1x",
		"8@8(%rax",	"8@8(%rax)x",
		"8@*8(%rax)",	"8@$99999999999999999999",
		"--8@%rax",	"8@8+(%rax)",
	};

	EACH(i, rows) {
		struct probe_argument got = { .from = 77 };

		CHECK(read_argument(rows[i], 1, &got) == -ENOTSUP && got.from == 77);
	}
}

TEST(functions_get_arguments_where_their_convention_says)
{
	uint16_t at;

	CHECK(register_of_argument(CONVENTION_C, 1, &at) && at == 112);
	CHECK(register_of_argument(CONVENTION_C, 2, &at) && at == 104);
	CHECK(register_of_argument(CONVENTION_C, 6, &at) && at == 64);
	CHECK(!register_of_argument(CONVENTION_C, 7, &at));
	CHECK(!register_of_argument(CONVENTION_C, 0, &at));
	CHECK(register_of_argument(CONVENTION_GO, 1, &at) && at == 80);
	CHECK(register_of_argument(CONVENTION_GO, 2, &at) && at == 40);
	CHECK(!register_of_argument(CONVENTION_GO, 10, &at));
}
