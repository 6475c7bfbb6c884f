/* SPDX-License-Identifier: Apache-2.0 */
#include "user/elf/usdt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "user/base/mem.h"

enum { NOTE_TYPE = 3 };

/* What is in a note, as the file says it. */
struct note {
	uint64_t address, base, semaphore;
	struct str provider, name, arguments;
};

static bool take_aligned(struct str *in, size_t len, struct str *ret)
{
	size_t padding = -len % 4;

	if (!take(in, len, ret))
		return false;
	*in = str_after(*in, padding < in->len ? padding : in->len);
	return true;
}

/* One note off the front; `ret` is its description, or empty where it is none of these. */
static bool take_note(struct str *in, struct str *ret)
{
	struct str head, owner, description;
	Elf64_Nhdr note;

	if (!take(in, sizeof(note), &head))
		return false;
	memcpy(&note, head.at, sizeof(note));
	if (!take_aligned(in, note.n_namesz, &owner) ||
	    !take_aligned(in, note.n_descsz, &description))
		return false;
	if (note.n_type != NOTE_TYPE || !str_eq(owner, (struct str){ "stapsdt", 8 }))
		description = (struct str){};
	*ret = description;
	return true;
}

static bool read_note(struct str in, struct note *ret)
{
	struct str numbers;
	uint64_t values[3];

	if (!take(&in, sizeof(values), &numbers))
		return false;
	memcpy(values, numbers.at, sizeof(values));
	*ret = (struct note){ .address = values[0], .base = values[1], .semaphore = values[2] };
	return take_until(&in, '\0', &ret->provider) && take_until(&in, '\0', &ret->name) &&
	       take_until(&in, '\0', &ret->arguments);
}

static bool is_named(const struct note *note, struct str name)
{
	struct str provider;

	return take_until(&name, ':', &provider) && str_eq(note->provider, provider) &&
	       str_eq(note->name, name);
}

/* Addresses were written before the file was laid out anew; its base then tells by how much. */
static int site_of(const struct image *image, const struct note *note, struct usdt_site *ret)
{
	const Elf64_Shdr *base = image_section(image, ".stapsdt.base", 0);
	uint64_t moved = base && note->base ? base->sh_addr - note->base : 0;
	struct usdt_site site = {};
	int error = image_code_offset(image, note->address + moved, &site.offset);

	if (!error && note->semaphore)
		error = image_offset(image, note->semaphore + moved, &site.semaphore_offset);
	if (error)
		return -EBADMSG;
	/* One that is too long to be kept says of its last argument nothing. */
	if (note->arguments.len < sizeof(site.arguments))
		snprintf(site.arguments, sizeof(site.arguments), "%.*s", STR_ARGS(note->arguments));
	*ret = site;
	return 0;
}

static int find_in(const struct image *image, struct str notes, struct str name,
		   struct usdt_sites *ret)
{
	struct str description;

	while (take_note(&notes, &description)) {
		struct note note;
		int error;

		if (!description.len || !read_note(description, &note) || !is_named(&note, name))
			continue;
		if (ret->count == USDT_SITES)
			return -EFBIG;
		error = site_of(image, &note, &ret->at[ret->count]);
		if (error)
			return error;
		ret->count++;
	}
	return ret->count ? 0 : -ENOENT;
}

int usdt_find(const struct image *image, const char *name, struct usdt_sites *ret)
{
	const Elf64_Shdr *section = image_section(image, ".note.stapsdt", 0);
	struct usdt_sites sites = {};
	struct str notes;
	int error;

	if (!section)
		return -ENOENT;
	error = image_load(image, section, &notes);
	if (error)
		return error;
	error = find_in(image, notes, str_of(name), &sites);
	image_unload(image, notes);
	if (!error)
		*ret = sites;
	return error;
}
