/* SPDX-License-Identifier: Apache-2.0 */
/*
 * made.h - small ELF files, put together by hand.
 *
 *	made_begin() -> made_symbols(), made_usdt(), made_section(), ... -> made_file()
 *
 * The whole file is mapped twice: at MADE_TEXT to be executed, at MADE_DATA to be written. A byte
 * of it has the address of one of these plus its place.
 */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MADE_BYTES = 64 << 10, MADE_SECTIONS = 24, MADE_TEXT = 0x400000, MADE_DATA = 0x800000 };

struct made {
	char bytes[MADE_BYTES];
	size_t len;
	Elf64_Shdr sections[MADE_SECTIONS];
	const char *names[MADE_SECTIONS];
	size_t count;
	Elf64_Phdr segments[2];
	Elf64_Ehdr header; /* changed by tests before made_file() */
};

void made_begin(struct made *m);
/* Bytes at a multiple of eight; where they are in the file. */
uint64_t made_add(struct made *m, const void *bytes, size_t len);
/* The same as a section; its number. Change what it says in m->sections. */
size_t made_section(struct made *m, const char *name, uint32_t type, const void *bytes, size_t len);

struct made_symbol {
	const char *name;
	uint64_t value, size;
	uint8_t type;	  /* 0: STT_FUNC */
	uint16_t version; /* of .gnu.version */
	bool is_undefined;
};

/* .dynsym with its versions, or .symtab. */
void made_symbols(struct made *m, bool is_dynamic, const struct made_symbol *symbols, size_t count);

struct made_note {
	const char *provider, *name, *arguments;
	uint64_t address, base, semaphore;
};

/* .note.stapsdt */
void made_usdt(struct made *m, const struct made_note *notes, size_t count);

struct made_function {
	const char *name;
	uint64_t place; /* in the text; of the oldest layout its address */
};

/* .gopclntab by its magic number; `text` is where the text begins, as the header says. */
void made_go(struct made *m, uint32_t magic, uint64_t text, const struct made_function *functions,
	     size_t count);
/* .go.buildinfo as since 1.18, or as before. */
void made_buildinfo(struct made *m, const char *version, bool is_inline);

/* End it; `*ret` is the whole file, which the caller frees. Its length. */
size_t made_bytes(struct made *m, char **ret);
/* The same as a file in memory, which the caller closes. */
int made_file(struct made *m);
