/* SPDX-License-Identifier: Apache-2.0 */
#include "user/capture/selftest_switch.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <time.h>

#include "user/base/clock.h"
#include "user/base/mem.h"

void selftest_switch_sleep(void)
{
	nanosleep(&(const struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
}

bool selftest_switch_saw(struct capture *c, const struct process_id *child)
{
	int fd = capture_scheduled_fd(c), processors = libbpf_num_possible_cpus();
	_cleanup_(freep) struct scheduled *each =
		xcalloc((size_t)(processors > 0 ? processors : 1), sizeof(*each));
	uint64_t switches = 0;

	if (!bpf_map_lookup_elem(fd, child, each))
		for (int cpu = 0; cpu < processors; cpu++)
			switches += each[cpu].voluntary;
	bpf_map_delete_elem(fd, child);
	return switches;
}
