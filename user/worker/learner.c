/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/learner.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/process/process.h"

enum { WAITING_MAX = 16, HANGING_MAX = 8, OPEN_TIMEOUT_MS = 200 };
#define PATIENCE_NS (500 * NS_PER_MS)

/* One process; the loop's, but while a thread has it in hand. */
struct job {
	struct job *next;
	struct learner *learner;
	struct monitor_message news;
	const char *path;	/* to be opened; NULL: a record is to be made of the news */
	int fds[PROCESS_FILES]; /* those that came with the news, or the one that was opened */
	size_t fd_count;
	struct buf record;
	uint64_t begun_ns; /* by a thread; 0: not yet */
	bool done, given_up, asked_late;
};

struct learner {
	struct learner_options options;
	struct watch done;
	struct timer deadline;
	pthread_mutex_t lock; /* of all below, and of the jobs' last line */
	pthread_cond_t work;
	struct job *first, *last;
	size_t waiting, hanging;
	bool running; /* a thread takes jobs */
	bool ended;
	uint32_t number; /* of the last request */
	uint64_t late;
};

static bool is_given_up(struct job *job)
{
	bool is;

	pthread_mutex_lock(&job->learner->lock);
	is = job->given_up;
	pthread_mutex_unlock(&job->learner->lock);
	return is;
}

/* The answer to this request; what answers an older one is thrown away. -1: none in time. */
static int await_answer(int requests, uint32_t number)
{
	uint64_t until_ns = monotonic_ns() + OPEN_TIMEOUT_MS * NS_PER_MS;
	struct pollfd answer = { .fd = requests, .events = POLLIN };
	struct monitor_message m;

	for (uint64_t now_ns; (now_ns = monotonic_ns()) < until_ns;) {
		size_t count = 1;
		int fd = -1;

		if (poll(&answer, 1, (int)((until_ns - now_ns) / NS_PER_MS) + 1) <= 0)
			continue;
		if (message_receive(requests, &m, &fd, &count) != 1)
			return -1;
		if (m.type == MESSAGE_OPENED && m.number == number)
			return count ? fd : -1;
		if (count)
			close(fd);
	}
	return -1;
}

/* process_files.open: the monitor looks whether it may. Who is late once is not asked again. */
static int ask_open(void *context, const char *path)
{
	struct job *job = context;
	struct monitor_message m = { .type = MESSAGE_OPEN, .process = job->news.process };
	int requests = job->learner->options.requests, fd;
	uint64_t begun_ns = monotonic_ns();

	if (job->asked_late || strlen(path) >= sizeof(m.text) || is_given_up(job))
		return -1;
	m.number = __atomic_add_fetch(&job->learner->number, 1, __ATOMIC_RELAXED);
	snprintf(m.text, sizeof(m.text), "%s", path);
	if (message_send(requests, &m, NULL, 0))
		return -1;
	fd = await_answer(requests, m.number);
	job->asked_late = monotonic_ns() - begun_ns >= OPEN_TIMEOUT_MS * NS_PER_MS;
	return fd;
}

/* `job` NULL: without what may have to be waited for. */
static void make_record(const struct learner *r, const struct monitor_message *m, struct job *job,
			struct buf *ret)
{
	struct process_files files =
		process_files_new(job ? job->fds : NULL, job ? job->fd_count : 0, m->files);

	/* Of a fork nothing was opened: its child is what its parent is. */
	files.exe = m->text[0] && strcmp(m->event, "fork") ? m->text : NULL;
	files.runtime = strcmp(m->event, "runtime") ? NULL : m->text;
	files.comm = m->comm;
	files.ports = m->ports;
	files.port_count = m->port_count < MESSAGE_PORTS ? m->port_count : MESSAGE_PORTS;
	files.open = job && job->fd_count ? ask_open : NULL;
	files.context = job;
	if (process_facts(r->options.config, m->process, m->parent, m->event, m->watched_by, &files,
			  m->at_ns ? m->at_ns : monotonic_ns(), ret))
		buf_clear(ret);
}

static void job_free(struct job *job)
{
	while (job->fd_count)
		close(job->fds[--job->fd_count]);
	buf_free(&job->record);
	free(job);
}

static void do_job(const struct learner *r, struct job *job)
{
	int fd;

	if (!job->path) {
		make_record(r, &job->news, job, &job->record);
		return;
	}
	fd = ask_open(job, job->path);
	if (fd >= 0)
		job->fds[job->fd_count++] = fd;
}

/* The next one, in hand; NULL: end. Under the lock. */
static struct job *take_job(struct learner *r)
{
	while (!r->ended) {
		struct job *job = r->first;

		while (job && job->begun_ns)
			job = job->next;
		if (job) {
			job->begun_ns = monotonic_ns();
			return job;
		}
		pthread_cond_wait(&r->work, &r->lock);
	}
	return NULL;
}

static void *read_all(void *context)
{
	struct learner *r = context;
	struct job *job;

	pthread_mutex_lock(&r->lock);
	while ((job = take_job(r))) {
		pthread_mutex_unlock(&r->lock);
		do_job(r, job);
		pthread_mutex_lock(&r->lock);
		if (job->given_up) { /* another took our place */
			job_free(job);
			r->hanging--;
			break;
		}
		job->done = true;
		eventfd_write(r->done.fd, 1);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Have a thread that takes jobs; false where none can be had. Under the lock. */
static bool have_thread(struct learner *r)
{
	pthread_t thread;

	if (!r->running && r->hanging < HANGING_MAX &&
	    !pthread_create(&thread, NULL, read_all, r)) {
		pthread_detach(thread);
		r->running = true;
	}
	return r->running;
}

/* The first one is done, late, or will not be begun: take it off. Under the lock. */
static struct job *take_first(struct learner *r, bool all, struct buf *record)
{
	struct job *job = r->first;
	bool late;

	if (!job)
		return NULL;
	late = job->begun_ns && monotonic_ns() - job->begun_ns >= PATIENCE_NS;
	if (!job->done && !late && !all && r->running)
		return NULL;
	r->first = job->next;
	r->waiting--;
	if (job->done) {
		*record = job->record;
		job->record = buf_new(0);
		return job;
	}
	r->late += !job->path && job->fd_count > 0;
	if (job->begun_ns) {
		job->given_up = true; /* the thread's, from now on */
		r->hanging++;
		r->running = false;
	}
	return job;
}

/* From here on one that was given up is its thread's, which may free it. */
static void tell_first(struct learner *r, struct job *job, struct buf *record)
{
	struct monitor_message news = job->news;
	bool ours = !job->given_up, opens = job->path;

	pthread_mutex_unlock(&r->lock);
	if (!opens && !record->len)
		make_record(r, &news, NULL, record);
	if (opens)
		r->options.opened(r->options.context, news.process,
				  ours && job->fd_count ? job->fds[--job->fd_count] : -1);
	else
		r->options.told(r->options.context, &news, buf_str(record));
	if (ours)
		job_free(job);
	pthread_mutex_lock(&r->lock);
}

static void tell(struct learner *r, bool all)
{
	struct buf record = buf_new(LIMIT_PROC_FILE_BYTES);
	struct job *job;

	pthread_mutex_lock(&r->lock);
	while ((job = take_first(r, all, &record))) {
		tell_first(r, job, &record);
		buf_free(&record);
		record = buf_new(LIMIT_PROC_FILE_BYTES);
	}
	if (r->first && have_thread(r))
		pthread_cond_signal(&r->work);
	loop_timer(r->options.loop, &r->deadline, r->first ? monotonic_ns() + PATIENCE_NS / 8 : 0);
	pthread_mutex_unlock(&r->lock);
	buf_free(&record);
}

static void on_done(struct watch *watch, uint32_t events)
{
	eventfd_t count;

	(void)events;
	eventfd_read(watch->fd, &count);
	tell(container_of(watch, struct learner, done), false);
}

static void on_deadline(struct timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	tell(container_of(timer, struct learner, deadline), false);
}

static struct job *job_new(struct learner *r, const struct monitor_message *news)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->learner = r;
	job->news = *news;
	job->record = buf_new(LIMIT_PROC_FILE_BYTES);
	return job;
}

/* Under the lock. */
static void add_last(struct learner *r, struct job *job)
{
	*(r->first ? &r->last->next : &r->first) = job;
	r->last = job;
	r->waiting++;
}

void learner_open(struct learner *r, struct process_id process, const char *path)
{
	struct job *job = job_new(r, &(struct monitor_message){ .process = process });

	job->path = path;
	pthread_mutex_lock(&r->lock);
	add_last(r, job);
	if (have_thread(r))
		pthread_cond_signal(&r->work);
	loop_timer(r->options.loop, &r->deadline, monotonic_ns() + PATIENCE_NS / 8);
	pthread_mutex_unlock(&r->lock);
}

void learner_add(struct learner *r, const struct monitor_message *news, const int *fds,
		 size_t count)
{
	struct job *job = job_new(r, news);

	for (size_t i = 0; i < count; i++) {
		if (i < PROCESS_FILES)
			job->fds[job->fd_count++] = fds[i];
		else
			close(fds[i]);
	}
	pthread_mutex_lock(&r->lock);
	add_last(r, job);
	if (count && have_thread(r))
		pthread_cond_signal(&r->work);
	/* Nothing to read and nobody before it: no thread is needed. */
	if (!count && r->first == job) {
		make_record(r, news, job, &job->record);
		job->done = true;
		job->begun_ns = 1;
	}
	pthread_mutex_unlock(&r->lock);
	tell(r, false);
}

bool learner_full(const struct learner *r)
{
	return r->waiting >= WAITING_MAX;
}

void learner_finish(struct learner *r)
{
	tell(r, true);
}

uint64_t learner_late(const struct learner *r)
{
	return r->late;
}

struct learner *learner_new(const struct learner_options *options)
{
	struct learner *r = xcalloc(1, sizeof(*r));

	r->options = *options;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	r->deadline.fired = on_deadline;
	r->done = (struct watch){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = on_done };
	if (r->done.fd < 0 || loop_watch(options->loop, &r->done, EPOLLIN)) {
		closep(&r->done.fd);
		free(r);
		return NULL;
	}
	return r;
}

void learner_free(struct learner *r)
{
	if (!r)
		return;
	loop_unwatch(r->options.loop, &r->done);
	loop_timer(r->options.loop, &r->deadline, 0);
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	pthread_cond_broadcast(&r->work);
	pthread_mutex_unlock(&r->lock);
}
