/* SPDX-License-Identifier: Apache-2.0 */
#include "user/capture/features.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/mem.h"
#include "user/capture/attach.h"

const struct feature features[] = {
	[FEATURE_OPERATIONS] = {
		.name = "operations",
		.required = true,
		.without = "sonde cannot run: it needs kernel 6.1 or later with BTF, and "
			   "CAP_BPF and CAP_PERFMON",
		.flavours = {
			{ .name = "tp_btf", .since = "6.3",
			  .programs = { "on_send", "on_receive" },
			  .extras = { "on_tcp_sendpage" } },
			{ .name = "fexit", .since = "5.15",
			  .programs = { "on_tcp_send", "on_tcp_receive", "on_unix_send",
					"on_unix_receive" },
			  .extras = { "on_tcp_sendpage", "on_unix_sendpage" } },
		},
	},
	[FEATURE_AGAIN] = {
		.name = "stand-in",
		.without = "operations whose program the kernel skipped are counted as missed",
		.flavours = {
			{ .name = "tp_btf", .since = "6.3",
			  .programs = { "on_send_again", "on_receive_again" } },
			{ .name = "fexit", .since = "5.15",
			  .programs = { "on_tcp_send_again", "on_tcp_receive_again" } },
		},
	},
	[FEATURE_ARRIVAL] = {
		.name = "arrival",
		.without = "a server's request begins at its first read: waiting before that "
			   "is not seen",
		.flavours = {
			{ .name = "tp_btf", .since = "6.3", .programs = { "on_data_ready" } },
			{ .name = "fexit", .since = "5.15", .programs = { "on_readable" } },
		},
	},
	[FEATURE_UNIX_CLOSE] = {
		.name = "unix-close",
		.without = "each operation on a unix socket ships its totals instead",
		.flavours = {
			{ .name = "fentry", .since = "5.15", .programs = { "on_unix_release" } },
		},
	},
	[FEATURE_LOOPS] = {
		.name = "loops",
		.without = "calls are linked to requests by headers only, across a connection as before; "
			   "how late event loops are is not told",
		.flavours = {
			{ .name = "fentry", .since = "5.15", .programs = { "on_wait" } },
			{ .name = "sys_enter", .since = "5.15",
			  .programs = { "on_system_call" } },
		},
	},
	[FEATURE_SCHEDULER] = {
		.name = "scheduler",
		.without = "how long processes wait for a CPU is not told",
		.flavours = {
			{ .name = "tp_btf", .since = "5.15",
			  .programs = { "on_switch", "mark_tasks" } },
		},
	},
	[FEATURE_PROBES] = {
		.name = "probes",
		.without = "pauses of runtimes (garbage collection and others) are not told; before "
			   "6.6 that needs CAP_SYS_ADMIN",
		.flavours = {
			{ .name = "uprobe_multi", .since = "6.6",
			  .programs = { "on_probe_multi" } },
			{ .name = "perf_event", .since = "5.15", .programs = { "on_probe" },
			  .price = "the monitor keeps CAP_SYS_ADMIN for it" },
		},
	},
	[FEATURE_CONNECTIONS] = {
		.name = "connections",
		.required = true,
		.without = "sonde cannot run: the end of connections is not seen",
		.flavours = {
			{ .name = "tp_btf", .since = "5.15",
			  .programs = { "on_state", "on_destroy" } },
		},
	},
	[FEATURE_PROCESSES] = {
		.name = "processes",
		.required = true,
		.without = "sonde cannot run: children of what is watched are not seen",
		.flavours = {
			{ .name = "tp_btf", .since = "5.15",
			  .programs = { "on_fork", "on_exec", "on_exit" } },
		},
	},
	[FEATURE_ITERATORS] = {
		.name = "iterators",
		.required = true,
		.without = "sonde cannot run: what runs already is not found",
		.flavours = {
			{ .name = "iter", .since = "5.15",
			  .programs = { "list_processes", "list_listeners", "list_holders",
					"mark_sockets", "sweep", "forget" } },
		},
	},
};

static_assert(ARRAY_SIZE(features) == FEATURES, "a row for each feature");

/* What each program hooks; the names of bpf/hooks/. */
static const struct hook_point {
	const char *program, *target;
	enum bpf_attach_type type;
} hook_points[] = {
	{ "on_send", "sock_send_length", BPF_TRACE_RAW_TP },
	{ "on_receive", "sock_recv_length", BPF_TRACE_RAW_TP },
	{ "on_data_ready", "sk_data_ready", BPF_TRACE_RAW_TP },
	{ "on_tcp_send", "tcp_sendmsg", BPF_TRACE_FEXIT },
	{ "on_tcp_receive", "tcp_recvmsg", BPF_TRACE_FEXIT },
	{ "on_unix_send", "unix_stream_sendmsg", BPF_TRACE_FEXIT },
	{ "on_unix_receive", "unix_stream_recvmsg", BPF_TRACE_FEXIT },
	{ "on_send_again", "sock_send_length", BPF_TRACE_RAW_TP },
	{ "on_receive_again", "sock_recv_length", BPF_TRACE_RAW_TP },
	{ "on_tcp_send_again", "tcp_sendmsg", BPF_TRACE_FEXIT },
	{ "on_tcp_receive_again", "tcp_recvmsg", BPF_TRACE_FEXIT },
	{ "on_tcp_sendpage", "tcp_sendpage", BPF_TRACE_FEXIT },
	{ "on_unix_sendpage", "unix_stream_sendpage", BPF_TRACE_FEXIT },
	{ "on_readable", "sock_def_readable", BPF_TRACE_FEXIT },
	{ "on_unix_release", "unix_release", BPF_TRACE_FENTRY },
	{ "on_wait", "do_epoll_wait", BPF_TRACE_FENTRY },
	{ "on_system_call", "sys_enter", BPF_TRACE_RAW_TP },
	{ "on_state", "inet_sock_set_state", BPF_TRACE_RAW_TP },
	{ "on_destroy", "tcp_destroy_sock", BPF_TRACE_RAW_TP },
	{ "on_fork", "sched_process_fork", BPF_TRACE_RAW_TP },
	{ "on_exec", "sched_process_exec", BPF_TRACE_RAW_TP },
	{ "on_exit", "sched_process_exit", BPF_TRACE_RAW_TP },
	{ "on_switch", "sched_switch", BPF_TRACE_RAW_TP },
	{ "on_probe_multi", NULL, (enum bpf_attach_type)ATTACH_MULTI },
	{ "on_probe", NULL, BPF_PERF_EVENT },
	{ "list_processes", "task", BPF_TRACE_ITER },
	{ "mark_tasks", "task", BPF_TRACE_ITER },
	{ "list_listeners", "task_file", BPF_TRACE_ITER },
	{ "list_holders", "task_file", BPF_TRACE_ITER },
	{ "mark_sockets", "task_file", BPF_TRACE_ITER },
	{ "sweep", "bpf_sk_storage_map", BPF_TRACE_ITER },
	{ "forget", "bpf_sk_storage_map", BPF_TRACE_ITER },
};

static const struct hook_point *hook_point_of(const char *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(hook_points); i++)
		if (!strcmp(hook_points[i].program, program))
			return &hook_points[i];
	return NULL;
}

/* The hook's type in the kernel's BTF, or a negative errno. */
static int hook_point_id(const struct btf *kernel, const struct hook_point *point)
{
	bool traced = point->type == BPF_TRACE_RAW_TP;
	const char *prefix = point->type == BPF_TRACE_ITER ? "bpf_iter_" : "";
	char name[64];

	snprintf(name, sizeof(name), "%s%s", traced ? "btf_trace_" : prefix, point->target);
	return btf__find_by_name_kind(kernel, name, traced ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC);
}

/* Does the kernel take a program at this hook? Asked with one that returns at once. */
static int hook_point_error(const struct btf *kernel, const struct hook_point *point)
{
	struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int id, fd;

	if (!point->target) /* where, is found out later */
		return attach_error(point->type != BPF_PERF_EVENT);
	id = kernel ? hook_point_id(kernel, point) : -ENOENT;
	if (id <= 0)
		return id ? id : -ENOENT;
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = point->type,
			    .attach_btf_id = (uint32_t)id);
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "sonde_probe", "GPL", nothing,
			   ARRAY_SIZE(nothing), &options);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* NULL: only the kernel knows. */
static const char *why(int error)
{
	switch (-error) {
	case ENOENT:
	case ESRCH:
		return "this kernel has no such hook (or no BTF)";
	case EPERM:
	case EACCES:
		return "the kernel refuses it (verifier, capability, lockdown, config)";
	case ECANCELED:
		return "capture.flavour names another one";
	case ENODATA:
		return "it was attached and did not fire";
	default:
		return NULL;
	}
}

/* May it be used where capture.flavour says `only`? A feature that has no such flavour is free. */
static bool is_chosen(const struct feature *feature, const struct flavour *flavour,
		      const char *only)
{
	bool has = false;

	for (size_t i = 0; only && i < FLAVOURS && feature->flavours[i].name; i++)
		has |= !strcmp(feature->flavours[i].name, only);
	return !has || !strcmp(flavour->name, only) || !feature->flavours[1].name;
}

/* Can all programs of this flavour be had? Notes which extras there are. */
static int flavour_error(const struct btf *kernel, const struct flavour *flavour, uint32_t *extras)
{
	*extras = 0;
	for (size_t i = 0; i < FLAVOUR_PROGRAMS && flavour->programs[i]; i++) {
		int error = hook_point_error(kernel, hook_point_of(flavour->programs[i]));

		if (error)
			return error;
	}
	for (size_t i = 0; i < FLAVOUR_PROGRAMS && flavour->extras[i]; i++)
		if (!hook_point_error(kernel, hook_point_of(flavour->extras[i])))
			*extras |= 1U << i;
	return 0;
}

static void note(struct feature_state *state, const struct flavour *flavour, int error)
{
	size_t len = strlen(state->reason);
	const char *known = why(error);

	snprintf(state->reason + len, sizeof(state->reason) - len, "%s%s: %s%s", len ? "; " : "",
		 flavour->name,
		 known ? "" : "the kernel refuses it: ", known ? known : strerror(-error));
}

/* The first flavour from `from` on that works becomes the one in use. */
static bool use_from(const struct btf *kernel, struct feature_state *state,
		     const struct feature *feature, size_t from)
{
	state->used = NULL;
	for (size_t i = from; i < FLAVOURS && feature->flavours[i].name; i++) {
		const struct flavour *flavour = &feature->flavours[i];
		int error = is_chosen(feature, flavour, state->only)
				    ? flavour_error(kernel, flavour, &state->extras)
				    : -ECANCELED;

		if (!error) {
			state->used = flavour;
			return true;
		}
		note(state, flavour, error);
	}
	return false;
}

void features_probe(const char *only, struct feature_state states[FEATURES])
{
	struct btf *kernel = btf__load_vmlinux_btf();

	for (size_t i = 0; i < FEATURES; i++) {
		states[i] = (struct feature_state){ .only = only };
		use_from(kernel, &states[i], &features[i], 0);
	}
	btf__free(kernel);
}

bool features_suffice(const struct feature_state states[FEATURES])
{
	for (size_t i = 0; i < FEATURES; i++)
		if (features[i].required && !states[i].used)
			return false;
	return true;
}

bool feature_next_flavour(struct feature_state *state, enum feature_id id, int error)
{
	struct btf *kernel;
	size_t next;
	bool has;

	if (!state->used)
		return false;
	note(state, state->used, error);
	next = (size_t)(state->used - features[id].flavours) + 1;
	kernel = btf__load_vmlinux_btf();
	has = use_from(kernel, state, &features[id], next);
	btf__free(kernel);
	return has;
}

static bool state_uses(const struct feature_state *state, const char *program)
{
	const struct flavour *used = state->used;

	for (size_t k = 0; used && k < FLAVOUR_PROGRAMS && used->programs[k]; k++)
		if (!strcmp(used->programs[k], program))
			return true;
	for (size_t k = 0; used && k < FLAVOUR_PROGRAMS && used->extras[k]; k++)
		if (!strcmp(used->extras[k], program) && (state->extras & 1U << k))
			return true;
	return false;
}

bool feature_uses(const struct feature_state states[FEATURES], const char *program)
{
	for (size_t i = 0; i < FEATURES; i++)
		if (state_uses(&states[i], program))
			return true;
	return false;
}

bool feature_has(const struct feature_state states[FEATURES], enum feature_id id,
		 const char *program)
{
	return state_uses(&states[id], program);
}
