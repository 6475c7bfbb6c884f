/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/scheduled_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "user/base/mem.h"

void scheduled_map_init(struct scheduled_map *map, int fd, int preempted_fd)
{
	map->fd = fd;
	map->preempted_fd = preempted_fd;
	map->processors = libbpf_num_possible_cpus();
	map->each =
		xcalloc((size_t)(map->processors > 0 ? map->processors : 1), sizeof(*map->each));
	map->sums =
		xcalloc((size_t)(map->processors > 0 ? map->processors : 1), sizeof(*map->sums));
}

void scheduled_map_free(struct scheduled_map *map)
{
	freep(&map->each);
	freep(&map->sums);
}

bool scheduled_map_next(void *map, const struct process_id *id, struct process_id *ret)
{
	return !bpf_map_get_next_key(((struct scheduled_map *)map)->fd, id, ret);
}

bool scheduled_map_read(void *map, const struct process_id *id, struct scheduled *ret)
{
	struct scheduled_map *m = map;

	if (bpf_map_lookup_elem(m->fd, id, m->each))
		return false;
	*ret = (struct scheduled){};
	for (int cpu = 0; cpu < m->processors; cpu++)
		scheduled_add(ret, &m->each[cpu]);
	return true;
}

void scheduled_map_drop(void *map, const struct process_id *id)
{
	bpf_map_delete_elem(((struct scheduled_map *)map)->fd, id);
}

bool preempted_map_next(void *map, const struct preempted_key *key, struct preempted_key *ret)
{
	return !bpf_map_get_next_key(((struct scheduled_map *)map)->preempted_fd, key, ret);
}

bool preempted_map_read(void *map, const struct preempted_key *key, uint64_t *ret)
{
	struct scheduled_map *m = map;

	if (bpf_map_lookup_elem(m->preempted_fd, key, m->sums))
		return false;
	*ret = 0;
	for (int cpu = 0; cpu < m->processors; cpu++)
		*ret += m->sums[cpu];
	return true;
}

void preempted_map_drop(void *map, const struct preempted_key *key)
{
	bpf_map_delete_elem(((struct scheduled_map *)map)->preempted_fd, key);
}
