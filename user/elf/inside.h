/* SPDX-License-Identifier: Apache-2.0 */
/* inside.h - an image as user/elf/ itself sees it. */
#pragma once

#include "user/elf/image.h"

enum symbol_table { DYNAMIC_SYMBOLS, ALL_SYMBOLS, SYMBOL_TABLES };

/* Loaded when first asked for; `error` is why it is not there: -EAGAIN nobody has asked yet. */
struct symbol_source {
	struct str symbols, names, versions;
	int error;
};

/* What changes while an image is looked at: its tables come when they are needed. */
struct image_use {
	size_t memory_left;
	uint64_t read_left;
	struct symbol_source tables[SYMBOL_TABLES];
};

struct image {
	int fd;
	uint64_t size;
	Elf64_Phdr *segments;
	size_t segment_count;
	Elf64_Shdr *sections;
	size_t section_count;
	struct str names; /* of sections */
	struct image_use *use;
};

/* Memory within the image's limit, or NULL. */
void *image_take_memory(const struct image *image, size_t size);
void image_give_memory(const struct image *image, void *memory, size_t size);
