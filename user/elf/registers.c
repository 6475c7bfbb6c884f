/* SPDX-License-Identifier: Apache-2.0 */
#include "user/elf/registers.h"

#include <stdbool.h>

#include "user/base/mem.h"

static const struct {
	struct str stem; /* of rax, eax, ax; the low byte is a letter shorter, or longer */
	struct str low;
	uint16_t at;
} old[] = {
	{ { "ax", 2 }, { "al", 2 }, AT_AX },  { { "bx", 2 }, { "bl", 2 }, AT_BX },
	{ { "cx", 2 }, { "cl", 2 }, AT_CX },  { { "dx", 2 }, { "dl", 2 }, AT_DX },
	{ { "si", 2 }, { "sil", 3 }, AT_SI }, { { "di", 2 }, { "dil", 3 }, AT_DI },
	{ { "bp", 2 }, { "bpl", 3 }, AT_BP }, { { "sp", 2 }, { "spl", 3 }, AT_SP },
};

/* "r8", "r15d", "r9w", "r10b" */
static bool numbered(struct str name, uint16_t *ret)
{
	static const uint16_t at[] = {
		AT_R8, AT_R9, AT_R10, AT_R11, AT_R12, AT_R13, AT_R14, AT_R15
	};
	size_t number = 0, digits = 0;

	name = str_after(name, 1);
	while (digits < name.len && digits < 2 && name.at[digits] >= '0' && name.at[digits] <= '9')
		number = number * 10 + (size_t)(name.at[digits++] - '0');
	name = str_after(name, digits);
	if (!digits || number < 8 || number > 15 || name.len > 1 ||
	    (name.len && !memchr("dwb", name.at[0], 3)))
		return false;
	*ret = at[number - 8];
	return true;
}

bool register_named(struct str name, uint16_t *ret)
{
	struct str stem = name;

	if (name.len == 3 && (name.at[0] == 'r' || name.at[0] == 'e'))
		stem = str_after(name, 1);
	for (size_t i = 0; i < ARRAY_SIZE(old); i++)
		if (str_eq(stem, old[i].stem) || str_eq(name, old[i].low)) {
			*ret = old[i].at;
			return true;
		}
	return name.len > 1 && name.at[0] == 'r' && numbered(name, ret);
}

bool register_of_argument(enum convention convention, size_t number, uint16_t *ret)
{
	static const uint16_t of_c[] = { AT_DI, AT_SI, AT_DX, AT_CX, AT_R8, AT_R9 };
	static const uint16_t of_go[] = { AT_AX, AT_BX, AT_CX,	AT_DI, AT_SI,
					  AT_R8, AT_R9, AT_R10, AT_R11 };
	const uint16_t *of = convention == CONVENTION_GO ? of_go : of_c;
	size_t count = convention == CONVENTION_GO ? ARRAY_SIZE(of_go) : ARRAY_SIZE(of_c);

	if (!number || number > count)
		return false;
	*ret = of[number - 1];
	return true;
}
