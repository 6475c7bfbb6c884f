/* SPDX-License-Identifier: Apache-2.0 */
#include "user/elf/image.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/mem.h"
#include "user/elf/inside.h"
#include "user/elf/window.h"

/* Linkers make some tens of sections and some ten segments. */
enum { SECTIONS_MAX = 1024, SEGMENTS_MAX = 64 };

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#define OUR_MACHINE EM_NONE
#endif

int image_read(const struct image *image, uint64_t offset, void *ret, size_t size)
{
	struct image_use *use = image->use;

	if (offset > image->size || size > image->size - offset)
		return -EBADMSG;
	if (size > use->read_left)
		return -EFBIG;
	use->read_left -= size;
	for (size_t done = 0; done < size;) {
		ssize_t got =
			pread(image->fd, (char *)ret + done, size - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EBADMSG; /* it is shorter by now */
		done += (size_t)got;
	}
	return 0;
}

/* Segments overlap in no file that a linker made; of one that lies the first one counts. */
static int offset_of(const struct image *image, uint64_t address, uint32_t flags, uint64_t *ret)
{
	for (size_t i = 0; i < image->segment_count; i++) {
		const Elf64_Phdr *p = &image->segments[i];
		uint64_t into = address - p->p_vaddr;

		if (p->p_type != PT_LOAD || (p->p_flags & flags) != flags || address < p->p_vaddr ||
		    into >= p->p_filesz)
			continue;
		if (p->p_offset > image->size || into >= image->size - p->p_offset)
			return -EBADMSG;
		*ret = p->p_offset + into;
		return 0;
	}
	return -ENOENT;
}

int image_offset(const struct image *image, uint64_t address, uint64_t *ret)
{
	return offset_of(image, address, 0, ret);
}

int image_code_offset(const struct image *image, uint64_t address, uint64_t *ret)
{
	return offset_of(image, address, PF_X, ret);
}

int image_read_at(const struct image *image, uint64_t address, void *ret, size_t size)
{
	uint64_t offset;
	int error = image_offset(image, address, &offset);

	return error ? error : image_read(image, offset, ret, size);
}

void *image_take_memory(const struct image *image, size_t size)
{
	void *memory = size <= image->use->memory_left ? malloc(size) : NULL;

	if (memory)
		image->use->memory_left -= size;
	return memory;
}

void image_give_memory(const struct image *image, void *memory, size_t size)
{
	if (memory)
		image->use->memory_left += size;
	free(memory);
}

int image_load(const struct image *image, const Elf64_Shdr *section, struct str *ret)
{
	char *memory;
	int error;

	if (section->sh_type == SHT_NOBITS)
		return -ENOENT;
	if (section->sh_offset > image->size || section->sh_size > image->size - section->sh_offset)
		return -EBADMSG;
	memory = image_take_memory(image, section->sh_size + 1);
	if (!memory)
		return -EFBIG;
	error = image_read(image, section->sh_offset, memory, section->sh_size);
	if (error) {
		image_give_memory(image, memory, section->sh_size + 1);
		return error;
	}
	memory[section->sh_size] = '\0';
	*ret = (struct str){ memory, section->sh_size };
	return 0;
}

void image_unload(const struct image *image, struct str loaded)
{
	if (loaded.at)
		image_give_memory(image, (void *)loaded.at, loaded.len + 1);
}

const Elf64_Shdr *image_section_at(const struct image *image, size_t number)
{
	return number < image->section_count ? &image->sections[number] : NULL;
}

const Elf64_Shdr *image_section(const struct image *image, const char *name, uint32_t type)
{
	for (size_t i = 0; i < image->section_count; i++) {
		const Elf64_Shdr *s = &image->sections[i];

		if (name ? s->sh_name < image->names.len &&
				    !strcmp(image->names.at + s->sh_name, name)
			 : s->sh_type == type)
			return s;
	}
	return NULL;
}

static bool is_ours(const Elf64_Ehdr *header)
{
	return !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
	       header->e_machine == OUR_MACHINE &&
	       (header->e_type == ET_EXEC || header->e_type == ET_DYN);
}

static int read_table(struct image *image, uint64_t offset, size_t count, size_t size, void **ret)
{
	void *table;
	int error;

	if (!count)
		return 0;
	table = image_take_memory(image, count * size);
	if (!table)
		return -EFBIG;
	error = image_read(image, offset, table, count * size);
	if (error)
		image_give_memory(image, table, count * size);
	else
		*ret = table;
	return error;
}

static int read_headers(struct image *image)
{
	const Elf64_Shdr *names;
	Elf64_Ehdr header;
	int error;

	if (image->size < sizeof(header))
		return -ENOEXEC;
	error = image_read(image, 0, &header, sizeof(header));
	if (error)
		return error;
	if (!is_ours(&header))
		return -ENOEXEC;
	if ((header.e_phnum && header.e_phentsize != sizeof(Elf64_Phdr)) ||
	    (header.e_shnum && header.e_shentsize != sizeof(Elf64_Shdr)))
		return -EBADMSG;
	if (header.e_phnum > SEGMENTS_MAX || header.e_shnum > SECTIONS_MAX)
		return -EFBIG;
	error = read_table(image, header.e_phoff, header.e_phnum, sizeof(Elf64_Phdr),
			   (void **)&image->segments);
	if (error)
		return error;
	image->segment_count = header.e_phnum;
	error = read_table(image, header.e_shoff, header.e_shnum, sizeof(Elf64_Shdr),
			   (void **)&image->sections);
	if (error)
		return error;
	image->section_count = header.e_shnum;
	names = image_section_at(image, header.e_shstrndx);
	return names ? image_load(image, names, &image->names) : 0;
}

int image_open(int fd, struct image_limits limits, struct image **ret)
{
	_cleanup_(image_freep) struct image *image = xcalloc(1, sizeof(*image));
	struct stat file;
	int error;

	if (fstat(fd, &file))
		return -errno;
	if (!S_ISREG(file.st_mode))
		return -EINVAL;
	image->fd = fd;
	image->size = (uint64_t)file.st_size;
	image->use = xcalloc(1, sizeof(*image->use));
	*image->use = (struct image_use){ .memory_left = limits.memory, .read_left = limits.read };
	for (size_t i = 0; i < SYMBOL_TABLES; i++)
		image->use->tables[i].error = -EAGAIN;
	error = read_headers(image);
	if (!error)
		*ret = TAKE_PTR(image);
	return error;
}

void image_free(struct image *image)
{
	if (!image)
		return;
	for (size_t i = 0; image->use && i < SYMBOL_TABLES; i++) {
		image_unload(image, image->use->tables[i].symbols);
		image_unload(image, image->use->tables[i].names);
		image_unload(image, image->use->tables[i].versions);
	}
	free(image->segments);
	free(image->sections);
	free((void *)image->names.at);
	free(image->use);
	free(image);
}

void image_freep(struct image **image)
{
	image_free(*image);
}
