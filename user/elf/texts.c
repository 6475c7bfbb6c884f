/* SPDX-License-Identifier: Apache-2.0 */
/* texts.c - what a file says of its name and version. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/mem.h"
#include "user/elf/image.h"
#include "user/elf/inside.h"
#include "user/elf/window.h"

static bool is_of_version(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '+' || c == '_';
}

int image_version_after(const struct image *image, const char *section, struct str mark, char *ret,
			size_t size)
{
	const Elf64_Shdr *s = image_section(image, section, 0);
	_cleanup_(freep) struct window *w = NULL;
	const char *bytes;
	uint64_t at, end;
	size_t len = 0;
	int error;

	if (!s || s->sh_type == SHT_NOBITS)
		return -ENOENT;
	if (s->sh_offset > image->size || s->sh_size > image->size - s->sh_offset)
		return -EBADMSG;
	w = xcalloc(1, sizeof(*w));
	end = s->sh_offset + s->sh_size;
	window_init(w, image, s->sh_offset, end);
	error = window_find(w, s->sh_offset, mark, &at);
	if (error)
		return error;
	at += mark.len;
	error = window_at(w, at, end - at < size ? (size_t)(end - at) : size - 1, &bytes);
	if (error)
		return error;
	while (len < size - 1 && len < end - at && is_of_version(bytes[len]))
		len++;
	snprintf(ret, size, "%.*s", (int)len, bytes);
	return 0;
}

void image_soname(const struct image *image, char *ret, size_t size)
{
	const Elf64_Shdr *dynamic = image_section(image, NULL, SHT_DYNAMIC), *names;
	struct str entries = {}, texts = {};

	ret[0] = '\0';
	names = dynamic ? image_section_at(image, dynamic->sh_link) : NULL;
	if (!names || image_load(image, dynamic, &entries))
		return;
	if (!image_load(image, names, &texts))
		for (size_t at = 0; at + sizeof(Elf64_Dyn) <= entries.len;
		     at += sizeof(Elf64_Dyn)) {
			Elf64_Dyn d;

			memcpy(&d, entries.at + at, sizeof(d));
			if (d.d_tag == DT_SONAME && d.d_un.d_val < texts.len)
				snprintf(ret, size, "%s", texts.at + d.d_un.d_val);
		}
	image_unload(image, entries);
	image_unload(image, texts);
}
