/* SPDX-License-Identifier: Apache-2.0 */
#include "user/capture/capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "bpf/sonde.skel.h"
#include "user/base/log.h"
#include "user/base/mem.h"
#include "user/capture/attach.h"
#include "user/capture/host.h"
#include "user/capture/optional.h"
#include "user/capture/selftest.h"

enum {
	LINE_BYTES = 16 << 20, /* of one pass of an iterator: 200,000 processes */
	PROBES_BYTES = PROBES_MAX * sizeof(struct probe),
};

struct capture {
	struct sonde *skel;
	struct capture_choice *choice; /* mapped, as are these */
	struct probe *probes;
	struct sonde *stand_ins; /* the same object, of which only they are loaded */
	size_t rings;
	int ring_fds[RINGS_MAX];
	int claim; /* a map that is there for its name */
};

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

static int loud(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, format, args);
}

/* A few rings, by connection: one with many producers loses a factor of five at 32 CPUs. */
static size_t rings_wanted(void)
{
	size_t rings = 1, processors = (size_t)get_nprocs();

	while (rings < processors && rings < 4)
		rings *= 2;
	return rings;
}

/* All programs of flavours in use but the stand-ins, or the stand-ins alone. */
static void choose_programs(struct sonde *skel, const struct feature_state states[FEATURES],
			    bool stand_ins)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, skel->obj) {
		const char *name = bpf_program__name(program);

		bpf_program__set_autoload(
			program, feature_uses(states, name) &&
					 feature_has(states, FEATURE_AGAIN, name) == stand_ins);
	}
}

static void set_constants(struct sonde *skel, const struct feature_state states[FEATURES],
			  size_t rings)
{
	skel->rodata->ring_mask = (uint32_t)rings - 1;
	skel->rodata->ring_wake_bytes = RING_BYTES / 8;
	skel->rodata->waits_seen = states[FEATURE_LOOPS].used;
	skel->rodata->switches_seen = states[FEATURE_SCHEDULER].used;
	skel->rodata->loops_max = (uint32_t)bpf_map__max_entries(skel->maps.loops);
	skel->rodata->unix_close_unseen = !states[FEATURE_UNIX_CLOSE].used;
}

static int make_rings(struct capture *c)
{
	int outer = bpf_map__fd(c->skel->maps.rings);

	for (uint32_t i = 0; i < c->rings; i++) {
		c->ring_fds[i] =
			bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sonde_ring", 0, 0, RING_BYTES, NULL);
		if (c->ring_fds[i] < 0)
			return c->ring_fds[i];
		if (bpf_map_update_elem(outer, &i, &c->ring_fds[i], BPF_ANY))
			return -errno;
	}
	return 0;
}

static void *map(const struct bpf_map *map, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return at == MAP_FAILED ? NULL : at;
}

static int map_all(struct capture *c)
{
	c->choice = map(c->skel->maps.choice, sizeof(*c->choice));
	c->probes = map(c->skel->maps.probes, PROBES_BYTES);
	return c->choice && c->probes ? 0 : -errno;
}

static int attach_storage_iterator(struct capture *c, struct bpf_program *program,
				   struct bpf_link **ret)
{
	union bpf_iter_link_info info = { .map.map_fd =
						  (uint32_t)bpf_map__fd(c->skel->maps.conns) };
	DECLARE_LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
			    .link_info_len = sizeof(info));

	*ret = bpf_program__attach_iter(program, &options);
	return *ret ? 0 : -errno;
}

/* Of what `states` has, the programs of `chosen`; not loaded yet. */
static struct sonde *open_programs(const struct config *config,
				   const struct feature_state states[FEATURES],
				   const struct feature_state chosen[FEATURES])
{
	struct sonde *skel = sonde__open();

	if (!skel)
		return NULL;
	choose_programs(skel, chosen, false);
	bpf_map__set_max_entries(skel->maps.scheduled, (uint32_t)config->limit.processes);
	bpf_map__set_max_entries(skel->maps.loops, (uint32_t)config->limit.loops);
	set_constants(skel, states, rings_wanted());
	bpf_program__set_autoattach(skel->progs.sweep, false);
	bpf_program__set_autoattach(skel->progs.forget, false);
	bpf_program__set_autoattach(skel->progs.on_probe, false);
	bpf_program__set_autoattach(skel->progs.on_probe_multi, false);
	bpf_program__set_expected_attach_type(skel->progs.on_probe_multi,
					      (enum bpf_attach_type)ATTACH_MULTI);
	return skel;
}

static int load(struct capture *c, const struct config *config,
		const struct feature_state states[FEATURES])
{
	int error;

	c->skel = open_programs(config, states, states);
	if (!c->skel)
		return -errno;
	error = sonde__load(c->skel);
	if (!error)
		error = make_rings(c);
	if (!error)
		error = map_all(c);
	if (!error)
		error = sonde__attach(c->skel);
	if (!error)
		error = attach_storage_iterator(c, c->skel->progs.sweep, &c->skel->links.sweep);
	if (!error)
		error = attach_storage_iterator(c, c->skel->progs.forget, &c->skel->links.forget);
	return error;
}

/* How far a try came, and why probes were not seen in it. */
struct outcome {
	bool loaded;
	int probe_error;
};

/* One try with the flavours that `states` names now. */
static int attempt(const struct config *config, struct feature_state states[FEATURES],
		   struct outcome *outcome, struct capture **ret)
{
	struct capture *c = xcalloc(1, sizeof(*c));
	int error;

	c->rings = rings_wanted();
	c->claim = -1;
	memset(c->ring_fds, -1, sizeof(c->ring_fds));
	error = load(c, config, states);
	*outcome = (struct outcome){ .loaded = !error };
	if (!error) {
		c->skel->bss->causes_followed = 1;
		error = selftest_run(c, states, &outcome->probe_error);
	}
	if (error) {
		capture_free(c);
		return error;
	}
	*ret = c;
	return 0;
}

/* What of a try stayed unseen may be done without: it is of another flavour in the next, or of none. */
static bool give_way(struct feature_state states[FEATURES], int error, int probe_error)
{
	const struct {
		int unseen;
		enum feature_id feature;
		int why;
	} each[] = {
		{ SELFTEST_NO_WAITS, FEATURE_LOOPS, -ENODATA },
		{ SELFTEST_NO_SWITCHES, FEATURE_SCHEDULER, -ENODATA },
		{ SELFTEST_NO_PROBES, FEATURE_PROBES, probe_error },
	};

	for (size_t i = 0; i < ARRAY_SIZE(each); i++)
		if (each[i].unseen == error) {
			feature_next_flavour(&states[each[i].feature], each[i].feature,
					     each[i].why);
			return true;
		}
	return false;
}

struct alone {
	const struct config *config;
	const struct feature_state *states;
};

static int try_alone(void *context, const struct feature_state alone[FEATURES])
{
	const struct alone *a = context;
	struct sonde *skel = open_programs(a->config, a->states, alone);
	int error;

	if (!skel)
		return -errno;
	error = sonde__load(skel);
	if (!error)
		error = sonde__attach(skel);
	sonde__destroy(skel);
	return error;
}

int capture_new(const struct config *config, struct feature_state states[FEATURES],
		struct capture **ret)
{
	struct alone alone = { config, states };
	static const char *const only[] = {
		[CAPTURE_ANY] = NULL, [CAPTURE_TP_BTF] = "tp_btf", [CAPTURE_FEXIT] = "fexit"
	};
	struct outcome outcome;
	int error;

	libbpf_set_print(config->log_level == LOG_DEBUG ? loud : quiet);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	if (!host_is_whole())
		log_warn(
			"not the host's pid namespace: only processes of this one are seen, and no "
			"sonde outside of it; in a container, give it the host's (hostPID: true)",
			"");
	features_probe(only[config->capture_flavour], states);
	for (;;) {
		if (!features_suffice(states))
			return -ENOTSUP;
		error = attempt(config, states, &outcome, ret);
		if (!error)
			return 0;
		if (outcome.loaded ? give_way(states, error, outcome.probe_error)
				   : optional_give_way(states, try_alone, &alone))
			continue;
		if (!feature_next_flavour(&states[FEATURE_OPERATIONS], FEATURE_OPERATIONS, error))
			return error;
		feature_next_flavour(&states[FEATURE_AGAIN], FEATURE_AGAIN, error);
		feature_next_flavour(&states[FEATURE_ARRIVAL], FEATURE_ARRIVAL, error);
	}
}

void capture_free(struct capture *c)
{
	if (!c)
		return;
	if (c->choice)
		munmap(c->choice, sizeof(*c->choice));
	if (c->probes)
		munmap(c->probes, PROBES_BYTES);
	for (size_t i = 0; i < c->rings; i++)
		closep(&c->ring_fds[i]);
	closep(&c->claim);
	sonde__destroy(c->stand_ins);
	sonde__destroy(c->skel);
	free(c);
}

size_t capture_rings(const struct capture *c)
{
	return c->rings;
}

int capture_ring_fd(const struct capture *c, size_t index)
{
	return c->ring_fds[index];
}

int capture_verdicts_fd(const struct capture *c)
{
	return bpf_map__fd(c->skel->maps.sonde_verdicts);
}

int capture_control_fd(const struct capture *c)
{
	return bpf_map__fd(c->skel->maps.control);
}

int capture_counters_fd(const struct capture *c)
{
	return bpf_map__fd(c->skel->maps.counters);
}

int capture_scheduled_fd(const struct capture *c)
{
	return bpf_map__fd(c->skel->maps.scheduled);
}

int capture_preempted_fd(const struct capture *c)
{
	return bpf_map__fd(c->skel->maps.preempted);
}

int capture_loops_fd(const struct capture *c)
{
	return bpf_map__fd(c->skel->maps.loops);
}

int capture_sweep_fd(const struct capture *c)
{
	return bpf_link__fd(c->skel->links.sweep);
}

int capture_events_fd(const struct capture *c)
{
	return bpf_map__fd(c->skel->maps.events);
}

struct probe *capture_probes(struct capture *c)
{
	return c->probes;
}

int capture_probe_program(const struct capture *c, bool *multi)
{
	*multi = bpf_program__autoload(c->skel->progs.on_probe_multi);
	return bpf_program__fd(*multi ? c->skel->progs.on_probe_multi : c->skel->progs.on_probe);
}

size_t capture_events_bytes(const struct capture *c)
{
	return bpf_map__max_entries(c->skel->maps.events);
}

int capture_target_set(struct capture *c, int pidfd, struct process_id process)
{
	struct target target = { .process = process };

	return bpf_map_update_elem(bpf_map__fd(c->skel->maps.targets), &pidfd, &target, BPF_ANY)
		       ? -errno
		       : 0;
}

int capture_target_clear(struct capture *c, int pidfd)
{
	if (bpf_map_delete_elem(bpf_map__fd(c->skel->maps.targets), &pidfd))
		return -errno;
	__atomic_add_fetch(&c->skel->data->targets_epoch, 1, __ATOMIC_SEQ_CST);
	return 0;
}

void capture_ports(struct capture *c, const struct port_list *ports)
{
	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		uint8_t bit = (uint8_t)(1U << port % 8);

		if (port_list_has(ports, (uint16_t)port))
			c->choice->ports[port / 8] |= bit;
		else
			c->choice->ports[port / 8] &= (uint8_t)~bit;
	}
}

void capture_watch_execs(struct capture *c, bool all)
{
	c->choice->watch_execs = all;
}

void capture_follow(struct capture *c, bool causes)
{
	bool waits = c->skel->links.on_wait || c->skel->links.on_system_call;

	/* What a thread noted is only true while it is seen waiting. */
	c->skel->bss->causes_followed = causes && waits;
}

/* One whole pass of an iterator; it cannot be rewound, so a descriptor a pass. */
static int iterate(const struct bpf_link *link, struct buf *ret)
{
	_cleanup_(closep) int fd = bpf_iter_create(bpf_link__fd(link));
	ssize_t got;

	if (fd < 0)
		return fd;
	for (;;) {
		char *to = buf_reserve(ret, 32 << 10);

		if (!to)
			return -ENOSPC;
		got = read(fd, to, 32 << 10);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return got ? -errno : 0;
		ret->len += (size_t)got;
	}
}

/* A pass that has nothing to say. */
static int pass(const struct bpf_link *link)
{
	struct buf nothing = buf_new(LINE_BYTES);
	int error = iterate(link, &nothing);

	buf_free(&nothing);
	return error;
}

int capture_claim(struct capture *c)
{
	c->claim = bpf_map_create(BPF_MAP_TYPE_ARRAY, "sonde_agent", sizeof(uint32_t),
				  sizeof(uint32_t), 1, NULL);
	return c->claim < 0 ? c->claim : 0;
}

int capture_mark(struct capture *c)
{
	int error = pass(c->skel->links.mark_sockets);

	return error ? error : capture_mark_tasks(c);
}

int capture_mark_tasks(struct capture *c)
{
	return c->skel->links.mark_tasks ? pass(c->skel->links.mark_tasks) : 0;
}

int capture_forget(struct capture *c)
{
	return pass(c->skel->links.forget);
}

/* Who began another is older than it, also where pids have wrapped around. */
static int by_start(const void *a, const void *b)
{
	const struct process_line *left = a, *right = b;

	return (left->process.started_ns > right->process.started_ns) -
	       (left->process.started_ns < right->process.started_ns);
}

int capture_list_processes(struct capture *c, struct buf *ret)
{
	size_t before = ret->len;
	int error = iterate(c->skel->links.list_processes, ret);

	if (!error && ret->len > before)
		qsort(ret->at + before, (ret->len - before) / sizeof(struct process_line),
		      sizeof(struct process_line), by_start);
	return error;
}

int capture_list_listeners(struct capture *c, struct buf *ret)
{
	return iterate(c->skel->links.list_listeners, ret);
}

int capture_list_holders(struct capture *c, struct buf *ret)
{
	return iterate(c->skel->links.list_holders, ret);
}

void capture_counters_read(const struct capture *c, struct capture_counters *ret)
{
	int processors = libbpf_num_possible_cpus();
	_cleanup_(freep) struct capture_counters *each = NULL;
	uint32_t zero = 0;

	*ret = (struct capture_counters){};
	if (processors <= 0)
		return;
	each = xcalloc((size_t)processors, sizeof(*each));
	if (bpf_map_lookup_elem(capture_counters_fd(c), &zero, each))
		return;
	for (int cpu = 0; cpu < processors; cpu++)
		for (int i = 0; i < COUNTERS; i++)
			ret->count[i] += each[cpu].count[i];
}

size_t capture_programs(const struct capture *c, struct program_stats ret[CAPTURE_PROGRAMS])
{
	struct bpf_program *program;
	size_t count = 0;

	bpf_object__for_each_program(program, c->skel->obj) {
		struct bpf_prog_info info = {};
		uint32_t len = sizeof(info);

		if (!bpf_program__autoload(program) || count == CAPTURE_PROGRAMS)
			continue;
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &len))
			continue;
		ret[count] = (struct program_stats){ .missed = info.recursion_misses,
						     .runs = info.run_cnt,
						     .run_ns = info.run_time_ns };
		snprintf(ret[count++].name, sizeof(ret->name), "%s", bpf_program__name(program));
	}
	return count;
}

uint64_t capture_missed(const struct feature_state states[FEATURES],
			const struct program_stats *programs, size_t count, uint64_t stood_in)
{
	uint64_t missed = 0;

	for (size_t i = 0; i < count; i++)
		if (feature_has(states, FEATURE_OPERATIONS, programs[i].name))
			missed += programs[i].missed;
	return missed > stood_in ? missed - stood_in : 0;
}

/* Most kernels never need them, so they are loaded when they do: it takes a tenth of a second. */
static int stand_ins_load(struct sonde *skel, const struct capture *c,
			  const struct feature_state states[FEATURES])
{
	struct bpf_map *map;
	int error;

	choose_programs(skel, states, true);
	bpf_object__for_each_map(map, c->skel->obj) {
		struct bpf_map *same = bpf_object__find_map_by_name(skel->obj, bpf_map__name(map));

		error = same ? bpf_map__reuse_fd(same, bpf_map__fd(map)) : -ENOENT;
		if (error)
			return error;
	}
	error = sonde__load(skel);
	return error ? error : sonde__attach(skel);
}

void capture_stand_in(struct capture *c, const struct feature_state states[FEATURES],
		      uint64_t missed)
{
	int error;

	if (c->stand_ins || !missed)
		return;
	c->stand_ins = sonde__open();
	error = c->stand_ins ? stand_ins_load(c->stand_ins, c, states) : -errno;
	if (error)
		log_warn("this kernel skips programs that are preempted, and takes none for them",
			 "error=%s", log_value(str_of(strerror(-error))));
	else
		log_info("this kernel skips programs that are preempted; others stand in for them",
			 "missed=%lu", missed);
}
