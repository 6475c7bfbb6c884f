/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prologue.h - where at a function's beginning a probe costs least.
 *
 * The kernel emulates a push, a branch, a call and a nop of one byte; any other instruction it
 * has to step over out of line, which under a hypervisor costs fourteen times as much. So a probe
 * moves on to the first of those, as long as every way into the function passes there, once, and
 * what is to be read is still where the caller put it.
 */
#pragma once

#include <stdbool.h>

#include "user/elf/registers.h"
#include "user/elf/symbols.h"

enum { PROLOGUE_BYTES = 48 };

struct prologue_need {
	bool at_return; /* the return address has to be on the top of the stack */
	bool reads;	/* arguments are read there */
	enum convention convention;
};

/*
 * How many bytes of the function stand before the place, whole instructions; 0: probe it at its
 * first. Of a function whose length is not known no branches are known either, so there only what
 * does nothing is passed.
 */
int prologue_place(const struct image *image, const struct symbol *function,
		   struct prologue_need need, uint8_t *ret);

/* Do whole instructions of `code` end after exactly `bytes`? */
bool prologue_reaches(struct str code, size_t bytes);
