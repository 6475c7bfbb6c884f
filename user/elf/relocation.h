/* SPDX-License-Identifier: Apache-2.0 */
/* relocation.h - words that the loader writes: addresses, in a program that may lie anywhere. */
#pragma once

#include "user/elf/image.h"

/*
 * What it writes at that address, less where the program comes to lie. -ENOENT: nothing, or not so
 * (SHT_RELR is not asked: there the file has the word itself).
 */
int relocated_word(const struct image *image, uint64_t address, uint64_t *ret);
