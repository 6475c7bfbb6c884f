/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golang.h - functions of a Go program, by the table that its runtime unwinds with.
 *
 * .gopclntab is there in stripped programs too. Its layout is nobody's promise: the runtime's
 * symtab.go of each release has it. Known here are those of Go 1.16 to 1.26.
 */
#pragma once

#include "user/elf/symbols.h"

/* Is it a Go program? */
bool golang_made(const struct image *image);
/* "1.24.4", or "" where it does not say. */
void golang_version(const struct image *image, char *ret, size_t size);
/* By its full name: "runtime.gcStart". */
int golang_function(const struct image *image, const char *name, struct symbol *ret);
