/* SPDX-License-Identifier: Apache-2.0 */
#include "user/capture/attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "user/base/mem.h"

/* BPF_F_UPROBE_MULTI_RETURN; where perf_event_open() has a semaphore's offset (uprobe.c: format). */
enum { MULTI_RETURN = 1, SEMAPHORE_SHIFT = 32 };

/* bpf_attr of BPF_LINK_CREATE with uprobe_multi, as include/uapi/linux/bpf.h of 6.6 has it. */
struct multi_link {
	uint32_t program, target, attach_type, flags;
	uint64_t path, offsets, semaphore_offsets, cookies;
	uint32_t count, multi_flags, pid, padding;
};

static void file_path(int file, char ret[32])
{
	snprintf(ret, 32, "/proc/self/fd/%d", file);
}

static int multi_create(int program, const char *path, bool at_return,
			const struct attach_place *places, size_t count)
{
	uint64_t offsets[ATTACH_PLACES], semaphores[ATTACH_PLACES], cookies[ATTACH_PLACES];
	struct multi_link link = { .program = (uint32_t)program,
				   .attach_type = ATTACH_MULTI,
				   .path = (uintptr_t)path,
				   .offsets = (uintptr_t)offsets,
				   .semaphore_offsets = (uintptr_t)semaphores,
				   .cookies = (uintptr_t)cookies,
				   .count = (uint32_t)count,
				   .multi_flags = at_return ? MULTI_RETURN : 0 };
	int fd;

	for (size_t i = 0; i < count; i++) {
		offsets[i] = places[i].offset;
		semaphores[i] = places[i].semaphore_offset;
		cookies[i] = places[i].cookie;
	}
	fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link));
	return fd < 0 ? -errno : fd;
}

/* "7", or "config:0". */
static int read_number(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32] = "", *digits;
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (got <= 0)
		return -ENOENT;
	digits = strchr(text, ':');
	return (int)strtoul(digits ? digits + 1 : text, NULL, 10);
}

#define UPROBE_PMU "/sys/bus/event_source/devices/uprobe/"

static int perf_open(const char *path, bool at_return, const struct attach_place *place)
{
	int type = read_number(UPROBE_PMU "type");
	int return_bit = read_number(UPROBE_PMU "format/retprobe");
	struct perf_event_attr attr = { .size = sizeof(attr),
					.type = (uint32_t)type,
					.uprobe_path = (uintptr_t)path,
					.probe_offset = place->offset,
					.config = place->semaphore_offset << SEMAPHORE_SHIFT };
	int fd;

	if (type < 0 || return_bit < 0)
		return -ENOENT;
	if (place->semaphore_offset >> SEMAPHORE_SHIFT)
		return -ERANGE;
	if (at_return)
		attr.config |= 1ULL << return_bit;
	/* Of the first CPU and every process: such an event is not any CPU's. */
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The link keeps the event. */
static int perf_create(int program, const char *path, bool at_return,
		       const struct attach_place *place)
{
	_cleanup_(closep) int event = perf_open(path, at_return, place);
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, options, .perf_event.bpf_cookie = place->cookie);
	_cleanup_(closep) int link = -1;

	if (event < 0)
		return event;
	link = bpf_link_create(program, event, BPF_PERF_EVENT, &options);
	if (link < 0)
		return link;
	if (ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return TAKE_FD(link);
}

int attach_places(int program, bool multi, int file, bool at_return,
		  const struct attach_place *places, size_t count, int *ret)
{
	char path[32];
	size_t done = 0;

	if (!count || count > ATTACH_PLACES)
		return -EINVAL;
	file_path(file, path);
	if (multi) {
		int link = multi_create(program, path, at_return, places, count);

		if (link < 0)
			return link;
		ret[0] = link;
		return 1;
	}
	for (; done < count; done++) {
		int link = perf_create(program, path, at_return, &places[done]);

		if (link >= 0) {
			ret[done] = link;
			continue;
		}
		while (done)
			close(ret[--done]);
		return link;
	}
	return (int)done;
}

static int load_nothing(bool multi)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, options,
			    .expected_attach_type = multi ? (enum bpf_attach_type)ATTACH_MULTI : 0);

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "sonde_probe", "GPL", nothing,
			     ARRAY_SIZE(nothing), &options);
}

int attach_error(bool multi)
{
	_cleanup_(closep) int program = load_nothing(multi), link = -1;
	/* Our own text; nothing is at such an offset. */
	const struct attach_place place = { .offset = UINT64_C(1) << 40 };

	if (program < 0)
		return program;
	if (multi) {
		/* There is no text in a directory: a kernel that looks knows such links. */
		link = multi_create(program, "/", false, &place, 1);
		return link == -EBADF ? 0 : link < 0 && link != -EINVAL ? link : -ENOENT;
	}
	link = perf_open("/proc/self/exe", false, &place);
	/* Where it may be asked for, the offset is looked at. */
	return link >= 0 || link == -EINVAL ? 0 : link;
}
