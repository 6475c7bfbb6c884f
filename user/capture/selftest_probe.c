/* SPDX-License-Identifier: Apache-2.0 */
#include "user/capture/selftest_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>

#include "user/base/mem.h"
#include "user/capture/attach.h"

/* Where struct pt_regs has a function's first argument. */
#if defined(__x86_64__)
enum { FIRST_ARGUMENT = 112 };
#elif defined(__aarch64__)
enum { FIRST_ARGUMENT = 0 };
#endif

/* No runtime has such a number. */
enum { NO_RUNTIME = UINT16_MAX, DETAIL = 1024 };

static __attribute__((noinline)) void begin_spot(long detail)
{
	__asm__ volatile("nop # a pause begins" : : "r"(detail) : "memory");
}

static __attribute__((noinline)) void end_spot(long detail)
{
	__asm__ volatile("nop # and ends" : : "r"(detail) : "memory");
}

/* Called as these, so that no copy without the argument is made. */
static void (*volatile const spots[SELFTEST_LINKS])(long) = { begin_spot, end_spot };

/* An address of ours, and where it lies in our file. */
struct spot {
	uintptr_t address;
	uint64_t offset;
};

static int find_spot(struct dl_phdr_info *info, size_t size, void *context)
{
	struct spot *spot = context;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t from = info->dlpi_addr + part->p_vaddr;

		if (part->p_type == PT_LOAD && spot->address - from < part->p_filesz)
			spot->offset = spot->address - from + part->p_offset;
	}
	return 1; /* the first is the executable */
}

uint64_t selftest_offset(uintptr_t address)
{
	struct spot spot = { .address = address };

	dl_iterate_phdr(find_spot, &spot);
	return spot.offset;
}

static struct attach_place place_of(size_t index)
{
	return (struct attach_place){ .offset = selftest_offset((uintptr_t)spots[index]),
				      .cookie = index };
}

int selftest_probe_attach(struct capture *c, struct selftest_probe *ret)
{
	_cleanup_(closep) int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct probe *rows = capture_probes(c);
	struct attach_place places[SELFTEST_LINKS];
	bool multi;
	int program = capture_probe_program(c, &multi);

	*ret = (struct selftest_probe){};
	if (file < 0)
		return -errno;
	for (size_t i = 0; i < SELFTEST_LINKS; i++) {
		places[i] = place_of(i);
		rows[i] = (struct probe){
			.runtime = NO_RUNTIME,
			.action = i ? PROBE_END : PROBE_BEGIN,
			.scope = PROBE_THREAD,
			.value = { .from = ARGUMENT_REGISTER,
				   .bytes = sizeof(long),
				   .register_at = FIRST_ARGUMENT },
		};
	}
	ret->count = attach_places(program, multi, file, false, places, SELFTEST_LINKS, ret->links);
	return ret->count < 0 ? ret->count : 0;
}

void selftest_probe_pause(void)
{
	for (size_t i = 0; i < SELFTEST_LINKS; i++)
		spots[i](DETAIL);
}

bool selftest_probe_saw(const struct record_pause *r)
{
	return r->runtime == NO_RUNTIME && r->detail == DETAIL && r->thread &&
	       r->began_ns < r->head.at_ns;
}

void selftest_probe_detach(struct capture *c, struct selftest_probe *p)
{
	struct probe *rows = capture_probes(c);

	while (p->count > 0)
		close(p->links[--p->count]);
	for (size_t i = 0; i < SELFTEST_LINKS; i++)
		rows[i] = (struct probe){};
}
