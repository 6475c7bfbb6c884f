/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - an ELF file, read over a descriptor by somebody who does not trust it.
 *
 *	fd -> headers -> segments, sections  -> symbols.h, usdt.h, golang.h, prologue.h
 *
 * Everything is read by pread(2) and copied: a file that shrinks while it is read gives an error
 * and not a signal, and memory is what the limits say and not what the file says. That, and the
 * few structures that are needed, is why libelf is not used here. Only 64-bit files of this machine
 * are taken, programs and shared libraries.
 *
 * Errors of all lookups: -ENOENT it is not there, -EBADMSG the file contradicts itself, -EFBIG a
 * limit was reached, or what pread(2) said.
 */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/str.h"

struct image;

struct image_limits {
	size_t memory; /* bytes that tables of the file may take at once */
	uint64_t read; /* bytes read of it, all lookups together */
};

/*
 * Read the headers. The descriptor stays the caller's and open while the image is used. -EINVAL:
 * not a regular file; -ENOEXEC: not an ELF program or library of this machine.
 */
int image_open(int fd, struct image_limits limits, struct image **ret);
void image_free(struct image *image);
void image_freep(struct image **image);

/* The section of that name, or of that type where `name` is NULL; NULL where there is none. */
const Elf64_Shdr *image_section(const struct image *image, const char *name, uint32_t type);
/* By its number, as sh_link gives it; NULL where there is none. */
const Elf64_Shdr *image_section_at(const struct image *image, size_t number);
/* Copy from a place in the file: all of `size`, or an error. */
int image_read(const struct image *image, uint64_t offset, void *ret, size_t size);
/* Copy from an address. */
int image_read_at(const struct image *image, uint64_t address, void *ret, size_t size);
/* Where in the file an address lies: anywhere, or in what may be executed. */
int image_offset(const struct image *image, uint64_t address, uint64_t *ret);
int image_code_offset(const struct image *image, uint64_t address, uint64_t *ret);

/* What a section holds, in new memory with a NUL behind it that counts for no length. */
int image_load(const struct image *image, const Elf64_Shdr *section, struct str *ret);
/* Give back what image_load() gave. */
void image_unload(const struct image *image, struct str loaded);

/* The name that a shared library gives itself, cut to `size`; "" where it has none. */
void image_soname(const struct image *image, char *ret, size_t size);
/* Text that follows `mark` in a section, to a NUL or what is no part of a version. */
int image_version_after(const struct image *image, const char *section, struct str mark, char *ret,
			size_t size);
