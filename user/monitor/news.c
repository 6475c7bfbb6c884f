/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/news.h"

#include <errno.h>
#include <stdio.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/monitor/message.h"

#define AGAIN_NS (5 * NS_PER_MS)

struct news {
	struct news *next;
	enum message_type type;
	char event[8];
	uint64_t at_ns;
	struct member member; /* as it was then */
};

static int send_news(const struct monitor *m, const struct news *n, const struct procfiles *files)
{
	struct monitor_message news = { .type = n->type,
					.process = n->member.process,
					.parent = n->member.parent,
					.port_count = (uint16_t)n->member.port_count,
					.at_ns = n->at_ns };
	int fds[PROCESS_FILES] = {}, error;
	size_t count = 0;

	memcpy(news.event, n->event, sizeof(news.event));
	memcpy(news.comm, n->member.comm, sizeof(news.comm));
	memcpy(news.watched_by, n->member.watched_by, sizeof(news.watched_by));
	memcpy(news.text, n->member.exe, sizeof(news.text));
	memcpy(news.ports, n->member.ports, sizeof(news.ports));
	if (files)
		count = procfiles_facts(files, process_files_wanted(m->config), fds, &news.files);
	error = message_send(m->worker_fd, &news, fds, count);
	while (count)
		close(fds[--count]);
	return error;
}

/* Of one that is gone by now there is nothing to be opened. */
static int send_late(const struct monitor *m, const struct news *n)
{
	bool has_files = !strcmp(n->event, "seen") || !strcmp(n->event, "exec");
	struct procfiles files;
	int error;

	if (!has_files || procfiles_open(n->member.process, &files))
		return send_news(m, n, NULL);
	error = send_news(m, n, &files);
	procfiles_close(&files);
	return error;
}

static void drop_first(struct monitor *m)
{
	struct news *first = m->news;

	m->news = first->next;
	m->news_count--;
	free(first);
}

void news_forget(struct monitor *m)
{
	while (m->news)
		drop_first(m);
	loop_timer(m->loop, &m->news_timer, 0);
}

void on_news(struct timer *timer, uint64_t now_ns)
{
	struct monitor *m = container_of(timer, struct monitor, news_timer);

	while (m->news && !send_late(m, m->news))
		drop_first(m);
	if (m->news)
		loop_timer(m->loop, &m->news_timer, now_ns + AGAIN_NS);
}

/* Behind what waits, if anything does; two for each process there may be is a worker that hangs. */
static void send_or_keep(struct monitor *m, const struct news *n, const struct procfiles *files)
{
	struct news *kept;

	if (m->worker_fd < 0 || (!m->news && !send_news(m, n, files)))
		return;
	if (m->news_count >= 2 * m->config->limit.processes && n->type == MESSAGE_PROCESS) {
		m->shared->messages_lost = ++m->messages_lost;
		return;
	}
	kept = xcalloc(1, sizeof(*kept));
	*kept = *n;
	*(m->news ? &m->news_last->next : &m->news) = kept;
	m->news_last = kept;
	m->news_count++;
	if (!m->news_timer.at_ns)
		loop_timer(m->loop, &m->news_timer, monotonic_ns() + AGAIN_NS);
}

void news_tell(void *monitor, const char *event, const struct member *member, uint64_t at_ns,
	       const struct procfiles *files)
{
	struct monitor *m = monitor;
	struct news n = { .type = MESSAGE_PROCESS, .at_ns = at_ns, .member = *member };

	snprintf(n.event, sizeof(n.event), "%s", event);
	m->shared->watched = selection_count(m->selection);
	send_or_keep(m, &n, files);
}

void news_runtime(void *monitor, struct process_id process, const char *runtime, const char *hooks)
{
	struct member member = { .process = process };

	snprintf(member.exe, sizeof(member.exe), "%s\n%s", runtime, hooks);
	news_tell(monitor, "runtime", &member, monotonic_ns(), NULL);
}

void news_stop(struct monitor *m)
{
	const struct news n = { .type = MESSAGE_STOP };

	send_or_keep(m, &n, NULL);
}
