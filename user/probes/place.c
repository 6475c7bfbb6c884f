/* SPDX-License-Identifier: Apache-2.0 */
#include "user/probes/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/probes/instruction.h"

/* A line of maps has a path of up to 4 KiB, which escapes may quadruple. */
enum { CHUNK_BYTES = 64 << 10, PAGE_BYTES = 4096 };

/* By which numbers the kernel lists a file. */
struct number {
	uint32_t major, minor;
	uint64_t inode;
};

typedef void visit_mapping(void *context, const struct mapping *mapping);

/* Each mapping of a process, as far as LIMIT_MAPS_BYTES. */
static int each_mapping(int directory, const char *name, visit_mapping *visit, void *context)
{
	_cleanup_(closep) int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	_cleanup_(freep) char *chunk = xcalloc(1, CHUNK_BYTES);
	struct mapping mapping;
	size_t kept = 0;
	ssize_t got;
	int r;

	if (fd < 0)
		return -errno;
	for (size_t all = 0; all < LIMIT_MAPS_BYTES; all += (size_t)got) {
		struct str lines;

		got = read(fd, chunk + kept, CHUNK_BYTES - kept);
		if (got <= 0)
			return got ? -errno : 0;
		lines = (struct str){ chunk, kept + (size_t)got };
		while ((r = take_mapping(&lines, &mapping)) > 0)
			visit(context, &mapping);
		if (r < 0 || lines.len == CHUNK_BYTES)
			return -EINVAL;
		memmove(chunk, lines.at, lines.len);
		kept = lines.len;
	}
	return 0;
}

struct search {
	struct number number;
	struct file_mappings *found;
};

static void visit_file(void *context, const struct mapping *m)
{
	const struct search *s = context;
	struct file_mappings *found = s->found;

	if (m->inode != s->number.inode || m->major != s->number.major ||
	    m->minor != s->number.minor || !m->private || found->count == FILE_MAPPINGS)
		return;
	found->at[found->count] = *m;
	found->at[found->count++].path = (struct str){}; /* it lies in the chunk that was read */
}

struct own {
	uint64_t address;
	struct number number;
};

static void visit_own(void *context, const struct mapping *m)
{
	struct own *own = context;

	if (own->address >= m->start && own->address < m->end)
		own->number = (struct number){ m->major, m->minor, m->inode };
}

/*
 * Where fstat() gives other numbers than maps (overlay, btrfs), the kernel is asked in the same way:
 * how does it list the file when we map it?
 */
static int number_as_mapped(int file, struct number *ret)
{
	void *at = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_PRIVATE, file, 0);
	struct own own = { .address = (uintptr_t)at };
	int error;

	if (at == MAP_FAILED)
		return -errno;
	error = each_mapping(AT_FDCWD, "/proc/self/maps", visit_own, &own);
	munmap(at, PAGE_BYTES);
	*ret = own.number;
	return error ? error : own.number.inode ? 0 : -ENOENT;
}

int place_mappings(int directory, int file, struct file_mappings *ret)
{
	struct search search = { .found = ret };
	struct stat status;
	int error;

	ret->count = 0;
	if (fstat(file, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	search.number =
		(struct number){ major(status.st_dev), minor(status.st_dev), status.st_ino };
	error = each_mapping(directory, "maps", visit_file, &search);
	if (error || ret->count)
		return error;
	error = number_as_mapped(file, &search.number);
	return error ? error : each_mapping(directory, "maps", visit_file, &search);
}

static bool is_executable(const struct file_mappings *mappings, const struct spot *spot)
{
	for (size_t i = 0; i < mappings->count; i++) {
		const struct mapping *m = &mappings->at[i];

		if (m->readable && m->executable && !m->writable &&
		    mapping_has(m, spot->offset - spot->prologue_bytes, spot->prologue_bytes + 1U))
			return true;
	}
	return false;
}

static bool read_at(int file, void *to, size_t len, uint64_t offset, size_t *ret)
{
	ssize_t got = offset <= INT64_MAX ? pread(file, to, len, (off_t)offset) : -1;

	*ret = got > 0 ? (size_t)got : 0;
	return got > 0;
}

/* The kernel counts it up and down in each process that maps it: no other variable may be meant. */
static bool is_semaphore(int file, const struct file_mappings *mappings, uint64_t offset)
{
	uint16_t value = 1;
	size_t got;

	for (size_t i = 0; i < mappings->count; i++)
		if (mappings->at[i].writable &&
		    mapping_has(&mappings->at[i], offset, sizeof(value)))
			return read_at(file, &value, sizeof(value), offset, &got) &&
			       got == sizeof(value) && !value;
	return false;
}

enum refusal place_check(int file, const struct file_mappings *mappings, const struct spot *spot)
{
	uint8_t text[UINT8_MAX + INSTRUCTION_BYTES];
	size_t got;

	if (spot->offset < spot->prologue_bytes || !is_executable(mappings, spot))
		return REFUSED_OUTSIDE;
	if (spot->semaphore_offset &&
	    (!spot->nop || !is_semaphore(file, mappings, spot->semaphore_offset)))
		return REFUSED_SEMAPHORE;
	if (!read_at(file, text, spot->prologue_bytes + (size_t)INSTRUCTION_BYTES,
		     spot->offset - spot->prologue_bytes, &got))
		return REFUSED_FILE;
	return instruction_begins(text, got, spot->prologue_bytes, spot->nop)
		       ? REFUSED_NOT
		       : REFUSED_NO_INSTRUCTION;
}
