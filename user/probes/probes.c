/* SPDX-License-Identifier: Apache-2.0 */
#include "user/probes/probes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "user/base/log.h"
#include "user/base/mem.h"
#include "user/base/table.h"
#include "user/capture/selftest_return.h"
#include "user/probes/subject.h"

/* Processes that wait for a reader: what is past that was refused, and is read when it execs. */
enum { WAITING_MAX = 4096, READINGS = 2 };
enum { FILES_COUNTED = 1024 };	    /* of one process */
#define SETTLE_NS (100 * NS_PER_MS) /* the loader is done, mostly */
#define AGAIN_NS  (2 * NS_PER_S)    /* and here, what the program loads itself */
#define LOOK_NS	  (2 * NS_PER_S)

struct probes {
	struct loop *loop;
	struct probes_counts *counts;
	probes_tell *tell;
	void *context;
	const char *flavour; /* of FEATURE_PROBES */
	struct rows rows;
	struct attachments attachments;
	struct children readers;
	struct table subjects;	      /* by tgid */
	struct subject *first, *last; /* that wait */
	size_t waiting;
	struct timer queue, look;
};

static struct subject *find(const struct probes *p, struct process_id id)
{
	struct subject *s = table_find_u64(&p->subjects, id.tgid);

	return s && s->id.started_ns == id.started_ns ? s : NULL;
}

static void tell(const struct probes *p, const struct subject *s)
{
	char runtime[64], hooks[HOOKS_TEXT];

	for (size_t i = 0; i < s->found_count; i++) {
		const struct found *f = &s->found[i];

		found_hooks(f, p->flavour, hooks);
		snprintf(runtime, sizeof(runtime), "%s%s%s", runtimes[f->runtime]->name,
			 *f->version ? " " : "", f->version);
		p->tell(p->context, s->id, runtime, hooks);
	}
	if (s->refusal) {
		snprintf(hooks, sizeof(hooks), "all=none/%s", refusal_name(s->refusal));
		p->tell(p->context, s->id, "unknown", hooks);
	}
}

static void on_changed(void *context, struct attachment *a)
{
	struct probes *p = context;
	struct subject *s;
	size_t at = 0;

	while ((s = table_next(&p->subjects, &at)))
		if (subject_uses(s, a))
			tell(p, s);
}

static bool is_same(struct process_id a, struct process_id b)
{
	return a.tgid == b.tgid && a.started_ns == b.started_ns;
}

/* One after another, and the first again. */
static bool user_of(void *context, const struct attachment *a, struct process_id *ret)
{
	struct probes *p = context;
	bool is_next = false, any = false;
	struct subject *s;
	size_t at = 0;

	while ((s = table_next(&p->subjects, &at))) {
		if (!subject_uses(s, a))
			continue;
		if (!any || is_next)
			*ret = s->id;
		any = true;
		if (is_next)
			break;
		is_next = is_same(s->id, a->asked);
	}
	return any;
}

static void queue_leave(struct probes *p, struct subject *s)
{
	*(s->before ? &s->before->next : &p->first) = s->next;
	*(s->next ? &s->next->before : &p->last) = s->before;
	s->next = s->before = NULL;
	p->counts->waiting = --p->waiting;
}

/* In the order in which they are due, which is nearly that in which they come. */
static void queue_join(struct probes *p, struct subject *s, uint64_t due_ns)
{
	struct subject *before = p->last;

	s->state = SUBJECT_WAITING;
	s->due_ns = due_ns;
	while (before && before->due_ns > due_ns)
		before = before->before;
	s->before = before;
	s->next = before ? before->next : p->first;
	*(before ? &before->next : &p->first) = s;
	*(s->next ? &s->next->before : &p->last) = s;
	p->counts->waiting = ++p->waiting;
	loop_timer(p->loop, &p->queue, p->first->due_ns);
}

/* When its files are read again, which were not; 0: never. */
static uint64_t again_ns(const struct subject *s)
{
	static const uint64_t later_ns[] = { 10 * NS_PER_S, 60 * NS_PER_S };

	if (s->refusal != REFUSED_READER_LATE && s->refusal != REFUSED_READER_FAILED)
		return 0;
	return s->failures < ARRAY_SIZE(later_ns) ? later_ns[s->failures] : 0;
}

static void refused(struct probes *p, struct subject *s, enum refusal refusal, int error)
{
	uint64_t wait_ns;

	s->state = SUBJECT_READ;
	s->refusal = refusal;
	p->counts->refused[refusal]++;
	/* One that ended meanwhile is nothing to worry about. */
	log_write(error == -ESRCH ? LOG_DEBUG : LOG_WARN, "a process is not probed",
		  " pid=%u reason=%s error=%s again=%s", s->id.tgid, refusal_name(refusal),
		  log_value(str_of(error ? strerror(-error) : "")), again_ns(s) ? "yes" : "no");
	tell(p, s);
	wait_ns = again_ns(s);
	if (!wait_ns || p->waiting == WAITING_MAX)
		return;
	s->failures++;
	queue_join(p, s, monotonic_ns() + wait_ns);
}

static void on_queue(struct timer *timer, uint64_t now_ns)
{
	struct probes *p = container_of(timer, struct probes, queue);
	struct child *place;

	while (p->first && p->first->due_ns <= now_ns && (place = children_place(&p->readers))) {
		struct subject *s = p->first;
		int answer = -1;
		pid_t pid;

		queue_leave(p, s);
		pid = reader_start(s->id, &answer);
		if (pid < 0) {
			refused(p, s, REFUSED_READER_FAILED, pid);
			continue;
		}
		s->state = SUBJECT_READING;
		s->readings++;
		child_await(place, pid, answer, s, READER_NS);
	}
	/* Where all readers are at work, the next who ends goes on. */
	if (p->first && p->first->due_ns > now_ns)
		loop_timer(p->loop, &p->queue, p->first->due_ns);
}

static uint64_t cpu_ns(const struct subject *s)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid((pid_t)s->id.tgid, &clock) || clock_gettime(clock, &used))
		return s->cpu_ns;
	return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}

static uint32_t at_most(uint32_t number, uint32_t most)
{
	return number < most ? number : most;
}

/* What it could not read of a process that it read; a number of its own making has a limit. */
static void count_unread(struct probes *p, const struct subject *s,
			 const struct reader_answer *answer)
{
	uint32_t unopened = at_most(answer->unopened, FILES_COUNTED);
	uint32_t unread = at_most(answer->refused, FILES_COUNTED);

	p->counts->refused[REFUSED_UNOPENED] += unopened;
	p->counts->refused[REFUSED_UNREAD] += unread;
	if (unopened || unread)
		log_debug("files of a process were not read", "pid=%u unopened=%u unread=%u",
			  s->id.tgid, unopened, unread);
}

/* Its answer, of which nothing is believed. */
static enum refusal read_answer(struct probes *p, struct subject *s, struct child *child,
				int *error)
{
	_cleanup_(freep) struct reader_answer *answer = xcalloc(1, sizeof(*answer));
	int files[READER_FILES];
	enum refusal refusal;

	*error = reader_take(child->answer, answer, files);
	if (*error)
		return child->late ? REFUSED_READER_LATE : REFUSED_READER_FAILED;
	refusal = subject_take(s, &p->attachments, answer, files);
	for (size_t i = 0; i < READER_FILES; i++)
		closep(&files[i]);
	*error = answer->error;
	if (!refusal)
		count_unread(p, s, answer);
	return refusal;
}

static void take_answer(struct probes *p, struct subject *s, struct child *child)
{
	int error;
	enum refusal refusal = read_answer(p, s, child, &error);

	if (refusal) {
		refused(p, s, refusal, error);
		return;
	}
	s->state = SUBJECT_READ;
	s->refusal = REFUSED_NOT;
	s->cpu_ns = cpu_ns(s);
	if (!s->found_count && s->is_new && s->readings < READINGS)
		queue_join(p, s, monotonic_ns() + AGAIN_NS);
	attachments_work(&p->attachments);
	tell(p, s);
}

/* It ended, or began another program, while it was read. */
static bool is_stale(const struct subject *s)
{
	return !s->id.tgid;
}

static void on_read(struct child *child)
{
	struct probes *p = container_of(child->owner, struct probes, readers);
	struct subject *s = child->context;

	if (is_stale(s))
		subject_free(s);
	else
		take_answer(p, s, child);
	loop_timer(p->loop, &p->queue, monotonic_ns());
}

static void add_burned(struct subject *s)
{
	uint64_t before_ns = s->cpu_ns;

	s->cpu_ns = cpu_ns(s);
	for (size_t i = 0; i < s->found_count; i++)
		for (size_t k = 0; k < RUNTIME_PURPOSES; k++)
			if (s->found[i].purposes[k] && !s->found[i].purposes[k]->decided)
				s->found[i].purposes[k]->burned_ns += s->cpu_ns - before_ns;
}

static void on_look(struct timer *timer, uint64_t now_ns)
{
	struct probes *p = container_of(timer, struct probes, look);
	struct subject *s;
	size_t at = 0;

	while ((s = table_next(&p->subjects, &at)))
		if (s->found_count)
			add_burned(s);
	attachments_look(&p->attachments);
	loop_timer(p->loop, &p->look, now_ns + LOOK_NS);
}

/* Nothing of it is used any more; a reader at work is left to end, and its answer to nobody. */
static void forget(struct probes *p, struct subject *s)
{
	table_remove_u64(&p->subjects, s->id.tgid);
	if (s->state == SUBJECT_WAITING)
		queue_leave(p, s);
	if (s->state != SUBJECT_READING) {
		subject_free(s);
		return;
	}
	s->id = (struct process_id){};
}

static struct subject *learn(struct probes *p, struct process_id id)
{
	struct subject *s = table_find_u64(&p->subjects, id.tgid);

	if (s)
		forget(p, s);
	s = xcalloc(1, sizeof(*s));
	s->id = id;
	s->state = SUBJECT_READ;
	if (!table_put_u64(&p->subjects, id.tgid, s))
		return s;
	p->counts->refused[REFUSED_LIMIT]++;
	free(s);
	return NULL;
}

static void begun(struct probes *p, struct process_id id, bool is_new)
{
	struct subject *s = learn(p, id);

	if (!s)
		return;
	s->is_new = is_new;
	if (p->waiting == WAITING_MAX) {
		refused(p, s, REFUSED_LIMIT, 0);
		return;
	}
	queue_join(p, s, monotonic_ns() + (is_new ? SETTLE_NS : 0));
}

static void forked(struct probes *p, struct process_id id, struct process_id parent)
{
	const struct subject *from = find(p, parent);
	struct subject *s;

	if (!from || from->state != SUBJECT_READ) {
		begun(p, id, true);
		return;
	}
	s = learn(p, id);
	if (!s)
		return;
	subject_share(s, from);
	s->cpu_ns = cpu_ns(s);
}

/* A new worker is to be told, or it listens on one port more. */
static void seen_again(struct probes *p, struct subject *s)
{
	tell(p, s);
	if (s->state == SUBJECT_READ && !s->found_count && !s->refusal)
		queue_join(p, s, monotonic_ns() + SETTLE_NS);
}

static bool began_just_now(struct process_id id)
{
	return clock_ns(CLOCK_BOOTTIME) < id.started_ns + AGAIN_NS;
}

void probes_process(struct probes *p, const char *event, struct process_id process,
		    struct process_id parent)
{
	struct subject *s = p ? find(p, process) : NULL;

	if (!p)
		return;
	if (!strcmp(event, "exit")) {
		if (s)
			forget(p, s);
	} else if (!strcmp(event, "fork")) {
		forked(p, process, parent);
	} else if (s && !strcmp(event, "seen")) {
		seen_again(p, s);
	} else {
		begun(p, process, !strcmp(event, "exec") || began_just_now(process));
	}
}

/* What cannot be told is not tried on others. */
static bool may_probe_returns(struct capture *capture)
{
	int error = selftest_return(capture);

	if (error)
		log_info("no function's return is probed: a child under a seccomp filter did not "
			 "come through it",
			 "error=%s", log_value(str_of(strerror(-error))));
	return !error;
}

struct probes *probes_new(struct loop *loop, struct capture *capture, const struct config *config,
			  struct probes_counts *counts, probes_tell *told, void *context)
{
	struct probes *p;
	bool multi;
	int program = capture_probe_program(capture, &multi);

	if (program < 0 || !config->collect.runtimes)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->loop = loop;
	p->counts = counts;
	p->tell = told;
	p->context = context;
	p->flavour = multi ? "uprobe_multi" : "perf_event";
	rows_init(&p->rows, capture_probes(capture));
	p->attachments = (struct attachments){ .loop = loop,
					       .rows = &p->rows,
					       .counts = counts,
					       .program = program,
					       .multi = multi,
					       .changed = on_changed,
					       .user_of = user_of,
					       .context = p };
	attachments_init(&p->attachments);
	p->attachments.no_returns = !may_probe_returns(capture);
	children_init(&p->readers, loop, on_read);
	table_init(&p->subjects, config->limit.processes);
	p->queue.fired = on_queue;
	p->look.fired = on_look;
	loop_timer(loop, &p->look, monotonic_ns() + LOOK_NS);
	return p;
}

static bool drop(void *value, void *context)
{
	(void)context;
	subject_free(value);
	return true;
}

void probes_free(struct probes *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < CHILDREN; i++)
		if (p->readers.at[i].pid && is_stale(p->readers.at[i].context))
			subject_free(p->readers.at[i].context);
	children_end(&p->readers);
	loop_timer(p->loop, &p->queue, 0);
	loop_timer(p->loop, &p->look, 0);
	table_sweep(&p->subjects, drop, p);
	attachments_free(&p->attachments);
	table_free(&p->subjects);
	free(p);
}
