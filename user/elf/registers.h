/* SPDX-License-Identifier: Apache-2.0 */
/* registers.h - x86-64's registers, as bytes in the kernel's struct pt_regs. */
#pragma once

#include "headers/probe.h"
#include "user/base/str.h"

enum register_at {
	AT_R15 = 0,
	AT_R14 = 8,
	AT_R13 = 16,
	AT_R12 = 24,
	AT_BP = 32,
	AT_BX = 40,
	AT_R11 = 48,
	AT_R10 = 56,
	AT_R9 = 64,
	AT_R8 = 72,
	AT_AX = 80,
	AT_CX = 88,
	AT_DX = 96,
	AT_SI = 104,
	AT_DI = 112,
	AT_SP = 152,
};

/* "rdi", "dil", "r8d", whatever its width; false for others ("ah", "xmm0", "rip"). */
bool register_named(struct str name, uint16_t *ret);

enum convention { CONVENTION_C, CONVENTION_GO };

/* In which register a function gets its argument of that number, from 1; false: in none. */
bool register_of_argument(enum convention convention, size_t number, uint16_t *ret);
