/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/elf/made.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void made_begin(struct made *m)
{
	const Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
		.e_shentsize = sizeof(Elf64_Shdr),
	};

	memset(m, 0, sizeof(*m));
	m->header = header;
	m->len = sizeof(header) + sizeof(m->segments);
	m->names[m->count++] = "";
	m->segments[0] =
		(Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = MADE_TEXT };
	m->segments[1] =
		(Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = MADE_DATA };
}

uint64_t made_add(struct made *m, const void *bytes, size_t len)
{
	uint64_t at = (m->len + 7) & ~UINT64_C(7);

	if (at + len > sizeof(m->bytes))
		abort();
	if (len)
		memcpy(m->bytes + at, bytes, len);
	m->len = at + len;
	return at;
}

size_t made_section(struct made *m, const char *name, uint32_t type, const void *bytes, size_t len)
{
	uint64_t at = made_add(m, bytes, len);

	if (m->count == MADE_SECTIONS)
		abort();
	m->names[m->count] = name;
	m->sections[m->count] = (Elf64_Shdr){
		.sh_type = type, .sh_offset = at, .sh_addr = MADE_DATA + at, .sh_size = len
	};
	return m->count++;
}

/* A table of texts, each once for each time it is added. */
struct texts {
	char bytes[MADE_BYTES / 4];
	size_t len;
};

static uint32_t add_text(struct texts *t, const char *text)
{
	size_t len = strlen(text) + 1, at = t->len;

	if (at + len > sizeof(t->bytes))
		abort();
	memcpy(t->bytes + at, text, len);
	t->len += len;
	return (uint32_t)at;
}

void made_symbols(struct made *m, bool is_dynamic, const struct made_symbol *symbols, size_t count)
{
	struct texts *texts = calloc(1, sizeof(*texts));
	Elf64_Sym *table = calloc(count + 1, sizeof(*table));
	uint16_t *versions = calloc(count + 1, sizeof(*versions));
	size_t number;

	add_text(texts, "");
	for (size_t i = 0; i < count; i++) {
		uint8_t type = symbols[i].type ? symbols[i].type : STT_FUNC;

		table[i + 1] = (Elf64_Sym){ .st_name = add_text(texts, symbols[i].name),
					    .st_info = ELF64_ST_INFO(STB_GLOBAL, type),
					    .st_shndx = symbols[i].is_undefined ? SHN_UNDEF : 1,
					    .st_value = symbols[i].value,
					    .st_size = symbols[i].size };
		versions[i + 1] = symbols[i].version;
	}
	number = made_section(m, is_dynamic ? ".dynsym" : ".symtab",
			      is_dynamic ? SHT_DYNSYM : SHT_SYMTAB, table,
			      (count + 1) * sizeof(*table));
	m->sections[number].sh_entsize = sizeof(*table);
	m->sections[number].sh_link = (uint32_t)made_section(m, is_dynamic ? ".dynstr" : ".strtab",
							     SHT_STRTAB, texts->bytes, texts->len);
	if (is_dynamic)
		made_section(m, ".gnu.version", SHT_GNU_versym, versions,
			     (count + 1) * sizeof(*versions));
	free(texts);
	free(table);
	free(versions);
}

void made_usdt(struct made *m, const struct made_note *notes, size_t count)
{
	struct texts *all = calloc(1, sizeof(*all));

	for (size_t i = 0; i < count; i++) {
		struct texts *one = calloc(1, sizeof(*one));
		const uint64_t numbers[] = { notes[i].address, notes[i].base, notes[i].semaphore };
		Elf64_Nhdr head = { .n_namesz = sizeof("stapsdt"), .n_type = 3 };

		memcpy(one->bytes, numbers, sizeof(numbers));
		one->len = sizeof(numbers);
		add_text(one, notes[i].provider);
		add_text(one, notes[i].name);
		add_text(one, notes[i].arguments);
		head.n_descsz = (uint32_t)one->len;
		memcpy(all->bytes + all->len, &head, sizeof(head));
		all->len += sizeof(head);
		add_text(all, "stapsdt");
		memcpy(all->bytes + all->len, one->bytes, one->len);
		all->len = (all->len + one->len + 3) & ~(size_t)3;
		free(one);
	}
	made_section(m, ".note.stapsdt", SHT_NOTE, all->bytes, all->len);
	free(all);
}

static void put(char *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

void made_go(struct made *m, uint32_t magic, uint64_t text, const struct made_function *functions,
	     size_t count)
{
	enum { HEADER = 72, RECORD = 16 };
	bool is_old = magic == 0xfffffffa;
	size_t word = is_old ? 8 : 4, table = (count * 2 + 1) * word;
	struct texts *names = calloc(1, sizeof(*names));
	size_t section, words = 0, start, len;
	uint64_t parts[8];
	char *bytes;

	add_text(names, "");
	bytes = calloc(1, MADE_BYTES / 4);
	for (size_t i = 0; i < count; i++) {
		size_t record = table + i * RECORD;
		uint32_t name = add_text(names, functions[i].name);

		put(bytes + i * 2 * word, functions[i].place, word);
		put(bytes + (i * 2 + 1) * word, record, word);
		put(bytes + record, functions[i].place, word);
		put(bytes + record + word, name, 4);
	}
	len = table + count * RECORD;
	start = (HEADER + names->len + 7) & ~(size_t)7;
	parts[words++] = count;
	parts[words++] = 1;
	if (!is_old)
		parts[words++] = text;
	parts[words++] = HEADER; /* names, then the units, files and counters, of which none */
	parts[words++] = HEADER + names->len;
	parts[words++] = start;
	parts[words++] = start;
	parts[words++] = start;
	section = made_section(m, ".gopclntab", SHT_PROGBITS, NULL, 0);
	m->sections[section].sh_size = start + len;
	m->len += start + len;
	put(m->bytes + m->sections[section].sh_offset, magic | UINT64_C(0x0801) << 48, 8);
	memcpy(m->bytes + m->sections[section].sh_offset + 8, parts, words * sizeof(parts[0]));
	memcpy(m->bytes + m->sections[section].sh_offset + HEADER, names->bytes, names->len);
	memcpy(m->bytes + m->sections[section].sh_offset + start, bytes, len);
	free(names);
	free(bytes);
}

void made_buildinfo(struct made *m, const char *version, bool is_inline)
{
	char bytes[96] = "\xff Go buildinf:";
	size_t len = strlen(version);

	bytes[14] = 8;
	bytes[15] = is_inline ? 2 : 0;
	if (is_inline) {
		bytes[32] = (char)len;
		memcpy(bytes + 33, version, len);
	} else {
		const uint64_t string[] = { MADE_DATA + made_add(m, version, len), len };

		put(bytes + 16, MADE_DATA + made_add(m, string, sizeof(string)), 8);
	}
	made_section(m, ".go.buildinfo", SHT_PROGBITS, bytes, sizeof(bytes));
}

size_t made_bytes(struct made *m, char **ret)
{
	struct texts *names = calloc(1, sizeof(*names));
	size_t last;

	for (size_t i = 0; i < m->count; i++)
		m->sections[i].sh_name = add_text(names, m->names[i]);
	last = made_section(m, ".shstrtab", SHT_STRTAB, NULL, 0);
	m->sections[last].sh_name = add_text(names, ".shstrtab");
	m->sections[last].sh_size = names->len;
	made_add(m, names->bytes, names->len);
	free(names);
	m->header.e_shstrndx = (uint16_t)last;
	m->header.e_shnum = (uint16_t)m->count;
	m->header.e_shoff = made_add(m, m->sections, m->count * sizeof(m->sections[0]));
	for (size_t i = 0; i < 2; i++)
		m->segments[i].p_filesz = m->segments[i].p_memsz = m->len;
	memcpy(m->bytes, &m->header, sizeof(m->header));
	memcpy(m->bytes + sizeof(m->header), m->segments, sizeof(m->segments));
	*ret = malloc(m->len);
	memcpy(*ret, m->bytes, m->len);
	return m->len;
}

int made_file(struct made *m)
{
	int fd = memfd_create("made", MFD_CLOEXEC);
	char *bytes;
	size_t len = made_bytes(m, &bytes);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	free(bytes);
	return fd;
}
