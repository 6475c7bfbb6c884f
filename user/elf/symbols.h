/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols.h - where functions and variables of a file are, by the names of .dynsym and .symtab.
 *
 * Compilers make clones of a function and give them names such as "name.constprop.0": a clone may
 * be all that is ever called, so what is asked for by `name` is found in all of them. Of the piece
 * that a ".part" is, the plain function is no more than the way to it, and is left out beside it.
 * Of a name with versions the default one is meant.
 */
#pragma once

#include "user/elf/image.h"

enum { SYMBOL_MATCHES = 16 };

struct symbol {
	uint64_t address, size; /* size 0: not known */
	bool is_clone;		/* its arguments may be others than the function's */
};

struct symbols {
	struct symbol at[SYMBOL_MATCHES]; /* of different addresses */
	size_t count;
};

/* At least one, or an error; -EFBIG where more than SYMBOL_MATCHES begin so. */
int symbols_functions(const struct image *image, const char *name, bool is_prefix,
		      struct symbols *ret);
/* A variable. */
int symbols_variable(const struct image *image, const char *name, struct symbol *ret);
/* Does the file itself hold a function or variable of that name, for others to use? */
bool symbols_exports(const struct image *image, const char *name);
/* The value of a variable as it is in the file: `size` bytes, zeros where it has none. */
int symbols_value(const struct image *image, const char *name, void *ret, size_t size);
