/* SPDX-License-Identifier: Apache-2.0 */
#include "user/elf/symbols.h"

#include <errno.h>
#include <stdbool.h>

#include "user/base/mem.h"
#include "user/elf/inside.h"

/* Of .gnu.version: not the one that a plain name means. */
enum { VERSION_HIDDEN = 0x8000 };

enum match { MATCH_NONE, MATCH_PLAIN, MATCH_CLONE, MATCH_PART };

/* What is looked for, and what was found of it. */
struct search {
	const char *name;
	size_t len;
	bool is_prefix;
	uint8_t type; /* STT_FUNC or STT_OBJECT */
	bool parts;
	enum match matches[SYMBOL_MATCHES];
	struct symbols found;
};

static int load_source(const struct image *image, enum symbol_table which,
		       struct symbol_source *ret)
{
	const Elf64_Shdr *symbols =
		image_section(image, NULL, which == DYNAMIC_SYMBOLS ? SHT_DYNSYM : SHT_SYMTAB);
	const Elf64_Shdr *names, *versions;
	int error;

	if (!symbols)
		return 0;
	names = image_section_at(image, symbols->sh_link);
	if (!names || symbols->sh_entsize != sizeof(Elf64_Sym))
		return -EBADMSG;
	error = image_load(image, symbols, &ret->symbols);
	if (!error)
		error = image_load(image, names, &ret->names);
	versions = image_section(image, NULL, SHT_GNU_versym);
	if (!error && versions && which == DYNAMIC_SYMBOLS)
		error = image_load(image, versions, &ret->versions);
	return error;
}

static const struct symbol_source *source_of(const struct image *image, enum symbol_table which)
{
	struct symbol_source *source = &image->use->tables[which];

	if (source->error == -EAGAIN) {
		source->error = load_source(image, which, source);
		if (source->error) {
			image_unload(image, source->symbols);
			image_unload(image, source->names);
			image_unload(image, source->versions);
			*source = (struct symbol_source){ .error = source->error };
		}
	}
	return source;
}

static bool is_hidden(const struct symbol_source *source, size_t number)
{
	uint16_t version = 0;

	if ((number + 1) * sizeof(version) <= source->versions.len)
		memcpy(&version, source->versions.at + number * sizeof(version), sizeof(version));
	return version & VERSION_HIDDEN;
}

/* ".constprop.0", ".isra.0.part.1": to the end of the name. */
static enum match clone_of(const char *suffix)
{
	static const struct {
		struct str word;
		enum match match;
	} words[] = {
		{ { ".constprop.", 11 }, MATCH_CLONE },
		{ { ".isra.", 6 }, MATCH_CLONE },
		{ { ".part.", 6 }, MATCH_PART },
	};
	enum match match = MATCH_NONE;

	while (*suffix && *suffix != '@') {
		size_t i = 0;

		while (i < ARRAY_SIZE(words) &&
		       strncmp(suffix, words[i].word.at, words[i].word.len) != 0)
			i++;
		if (i == ARRAY_SIZE(words))
			return MATCH_NONE;
		suffix += words[i].word.len;
		suffix += strspn(suffix, "0123456789");
		if (match != MATCH_PART)
			match = words[i].match;
	}
	return match;
}

/* `name@@VERSION` of .symtab is the default version as well, `name@VERSION` is not. */
static enum match match_of(const struct search *search, const char *name)
{
	const char *rest = name + search->len;
	size_t plain;

	if (strncmp(name, search->name, search->len) != 0)
		return MATCH_NONE;
	plain = strcspn(rest, ".@");
	if (plain && !search->is_prefix)
		return MATCH_NONE;
	rest += plain;
	if (*rest == '.')
		return clone_of(rest);
	return !*rest || rest[1] == '@' ? MATCH_PLAIN : MATCH_NONE;
}

static int add(struct search *search, const Elf64_Sym *symbol, enum match match)
{
	struct symbols *found = &search->found;

	for (size_t i = 0; i < found->count; i++)
		if (found->at[i].address == symbol->st_value) {
			if (!found->at[i].size)
				found->at[i].size = symbol->st_size;
			return 0;
		}
	if (found->count == SYMBOL_MATCHES)
		return -EFBIG;
	search->matches[found->count] = match;
	found->at[found->count++] = (struct symbol){ .address = symbol->st_value,
						     .size = symbol->st_size,
						     .is_clone = match != MATCH_PLAIN };
	search->parts |= match == MATCH_PART;
	return 0;
}

static int search_source(struct search *search, const struct symbol_source *source)
{
	size_t count = source->symbols.len / sizeof(Elf64_Sym);

	for (size_t i = 0; i < count; i++) {
		Elf64_Sym symbol;
		enum match match;
		int error;

		memcpy(&symbol, source->symbols.at + i * sizeof(symbol), sizeof(symbol));
		if (ELF64_ST_TYPE(symbol.st_info) != search->type || !symbol.st_value ||
		    symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= SHN_LORESERVE ||
		    symbol.st_name >= source->names.len || is_hidden(source, i))
			continue;
		match = match_of(search, source->names.at + symbol.st_name);
		if (match == MATCH_NONE)
			continue;
		error = add(search, &symbol, match);
		if (error)
			return error;
	}
	return 0;
}

static void leave_ways_to_parts(struct search *search)
{
	struct symbols *found = &search->found;
	size_t kept = 0;

	for (size_t i = 0; i < found->count; i++)
		if (!search->parts || search->matches[i] != MATCH_PLAIN)
			found->at[kept++] = found->at[i];
	found->count = kept;
}

static int search_all(const struct image *image, struct search *search)
{
	int error = 0;

	for (enum symbol_table which = 0; which < SYMBOL_TABLES; which++) {
		const struct symbol_source *source = source_of(image, which);

		if (search_source(search, source))
			return -EFBIG;
		error = source->error ? source->error : error;
	}
	if (search->found.count) /* though one of the tables may be unreadable */
		return 0;
	return error ? error : -ENOENT;
}

int symbols_functions(const struct image *image, const char *name, bool is_prefix,
		      struct symbols *ret)
{
	struct search search = {
		.name = name, .len = strlen(name), .is_prefix = is_prefix, .type = STT_FUNC
	};
	int error = search_all(image, &search);

	if (error)
		return error;
	leave_ways_to_parts(&search);
	*ret = search.found;
	return 0;
}

int symbols_variable(const struct image *image, const char *name, struct symbol *ret)
{
	struct search search = { .name = name, .len = strlen(name), .type = STT_OBJECT };
	int error = search_all(image, &search);

	if (!error)
		*ret = search.found.at[0];
	return error;
}

bool symbols_exports(const struct image *image, const char *name)
{
	const struct symbol_source *source = source_of(image, DYNAMIC_SYMBOLS);
	struct search search = { .name = name, .len = strlen(name), .type = STT_FUNC };

	search_source(&search, source);
	search.type = STT_OBJECT;
	search_source(&search, source);
	return search.found.count;
}

int symbols_value(const struct image *image, const char *name, void *ret, size_t size)
{
	struct symbol symbol;
	int error = symbols_variable(image, name, &symbol);

	if (error)
		return error;
	if (symbol.size < size)
		return -EBADMSG;
	error = image_read_at(image, symbol.address, ret, size);
	if (error == -ENOENT) { /* in no file: it begins as zeros */
		memset(ret, 0, size);
		error = 0;
	}
	return error;
}
