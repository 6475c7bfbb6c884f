/* SPDX-License-Identifier: Apache-2.0 */
/* golang_version.c - .go.buildinfo: a mark of 14 bytes, the size of a pointer, flags, the version. */
#include <stdio.h>

#include "user/elf/golang.h"

enum { BUILDINFO_BYTES = 32, FLAGS_AT = 15, IS_BIG_ENDIAN = 1, IS_INLINE = 2, TEXT_BYTES = 64 };

/* Since 1.18: a length in seven bits a byte, and the text. */
static int read_inline(const struct image *image, const Elf64_Shdr *section, char text[TEXT_BYTES],
		       size_t *ret)
{
	unsigned char length;
	int error = image_read(image, section->sh_offset + BUILDINFO_BYTES, &length, 1);

	if (error)
		return error;
	/* One byte says up to 127; a version is shorter. */
	*ret = length < TEXT_BYTES ? length : 0;
	return image_read(image, section->sh_offset + BUILDINFO_BYTES + 1, text, *ret);
}

/* Before: the address of Go's own kind of string, an address and a length. */
static int read_pointed(const struct image *image, const char head[BUILDINFO_BYTES],
			char text[TEXT_BYTES], size_t *ret)
{
	uint64_t at, string[2];
	int error;

	memcpy(&at, head + 16, sizeof(at));
	error = image_read_at(image, at, string, sizeof(string));
	if (error)
		return error;
	*ret = string[1] < TEXT_BYTES ? (size_t)string[1] : 0;
	return image_read_at(image, string[0], text, *ret);
}

/* "1.23.1 X:nocoverageredesign", where it was built with experiments: the version and no more. */
static size_t version_bytes(const char *text, size_t len)
{
	size_t version = 0;

	while (version < len && text[version] > ' ' && text[version] <= '~')
		version++;
	return version;
}

void golang_version(const struct image *image, char *ret, size_t size)
{
	const Elf64_Shdr *section = image_section(image, ".go.buildinfo", 0);
	char head[BUILDINFO_BYTES], text[TEXT_BYTES];
	size_t len = 0;
	int error;

	ret[0] = '\0';
	if (!section || section->sh_type == SHT_NOBITS ||
	    image_read(image, section->sh_offset, head, sizeof(head)) ||
	    memcmp(head, "\xff Go buildinf:", 14) != 0 || head[FLAGS_AT] & IS_BIG_ENDIAN)
		return;
	error = head[FLAGS_AT] & IS_INLINE ? read_inline(image, section, text, &len)
					   : read_pointed(image, head, text, &len);
	if (!error && len > 2 && !memcmp(text, "go", 2))
		snprintf(ret, size, "%.*s", (int)version_bytes(text + 2, len - 2), text + 2);
}
