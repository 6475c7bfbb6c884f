/* SPDX-License-Identifier: Apache-2.0 */
#include "user/trace/program.h"

#include "user/base/mem.h"
#include "user/trace/node.h"

static uint64_t key_of(struct process_id process)
{
	return mix(process.started_ns, process.tgid);
}

struct program *program_find(const struct trace *t, struct process_id process)
{
	return table_find_u64(&t->programs, key_of(process));
}

static bool is_idle(void *value, void *context)
{
	struct program *p = value;

	(void)context;
	if (p->line.newest)
		return false;
	free(p);
	return true;
}

struct program *program_make(struct trace *t, struct process_id process)
{
	struct program *p = program_find(t, process);

	if (p)
		return p;
	if (t->programs.count == t->programs.limit)
		table_sweep(&t->programs, is_idle, NULL);
	p = xcalloc(1, sizeof(*p));
	p->process = process;
	p->line.looks = &t->looks;
	p->open_since = p->untold_since = UINT64_MAX;
	if (table_put_u64(&t->programs, key_of(process), p)) {
		free(p);
		return NULL;
	}
	return p;
}

void programs_free(struct trace *t)
{
	table_sweep(&t->programs, is_idle, NULL);
	table_free(&t->programs);
	table_free(&t->runs);
}

static uint64_t run_key(struct process_id process, const struct activity *a)
{
	uint64_t program = key_of(process);

	return a->cause.goroutine ? mix(program, a->cause.goroutine)
				  : mix(program, (uint64_t)a->thread << 16 | a->cause.waits);
}

struct run *run_find(const struct trace *t, struct process_id process, const struct activity *a)
{
	return table_find_u64(&t->runs, run_key(process, a));
}

static uint64_t trace_key(struct process_id process, const uint8_t *trace_id)
{
	uint64_t halves[2];

	memcpy(halves, trace_id, sizeof(halves));
	return mix(mix(key_of(process), halves[0]), halves[1]);
}

struct run *run_of_trace(const struct trace *t, struct process_id process, const uint8_t *trace_id)
{
	return table_find_u64(&t->runs, trace_key(process, trace_id));
}

/* There are two for each node at most, which are limited. */
static void run_add(struct trace *t, uint64_t key, struct node *n, struct timeline_place *ret)
{
	struct run *run = table_find_u64(&t->runs, key);

	if (!run) {
		run = xcalloc(1, sizeof(*run));
		run->line.looks = &t->looks;
		run->open_since = UINT64_MAX;
		table_put_u64(&t->runs, key, run);
	}
	timeline_add(&run->line, n, ret);
}

static void run_remove(struct trace *t, uint64_t key, struct node *n, struct timeline_place *place)
{
	struct run *run = table_find_u64(&t->runs, key);

	if (timeline_remove(&run->line, n, place))
		return;
	table_remove_u64(&t->runs, key);
	free(run);
}

static bool is_in_trace(const struct node *n)
{
	return n->has_header && node_is_server(n);
}

void program_add(struct trace *t, struct node *n)
{
	if (!n->program)
		return;
	timeline_add(&n->program->line, n, &n->in_program);
	run_add(t, run_key(n->program->process, node_read(n)), n, &n->in_run);
	if (is_in_trace(n))
		run_add(t, trace_key(n->program->process, n->header_trace), n, &n->in_trace);
	if (node_is_server(n))
		return;
	n->in_program.stretch->waiting_calls++;
	n->program->waiting_calls++;
}

void program_placed(const struct node *n)
{
	if (!n->program || node_is_server(n))
		return;
	n->in_program.stretch->waiting_calls--;
	n->program->waiting_calls--;
}

void program_remove(struct trace *t, struct node *n)
{
	if (!n->program)
		return;
	timeline_remove(&n->program->line, n, &n->in_program);
	run_remove(t, run_key(n->program->process, node_read(n)), n, &n->in_run);
	if (is_in_trace(n))
		run_remove(t, trace_key(n->program->process, n->header_trace), n, &n->in_trace);
}
