/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/keeper.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/monitor/message.h"
#include "user/monitor/news.h"
#include "user/monitor/opener.h"

enum { QUICK_DEATHS = 5 };
#define RESPAWN_NS (100 * NS_PER_MS)

void keeper_drop(struct monitor *m)
{
	if (m->worker_fd < 0)
		return;
	news_forget(m);
	loop_unwatch(m->loop, &m->worker_watch);
	loop_unwatch(m->loop, &m->requests_watch);
	closep(&m->worker_fd);
	closep(&m->requests_fd);
	m->worker_fd = m->requests_fd = -1;
}

/* The descriptors of a worker, in the order of enum worker_file. */
static size_t worker_fds(const struct monitor *m, int news, int requests, int ret[MESSAGE_FDS])
{
	size_t count = WORKER_RINGS;

	ret[WORKER_MONITOR] = news;
	ret[WORKER_REQUESTS] = requests;
	ret[WORKER_SHARED] = m->shared_fd;
	ret[WORKER_VERDICTS] = capture_verdicts_fd(m->capture);
	ret[WORKER_CONTROL] = capture_control_fd(m->capture);
	ret[WORKER_COUNTERS] = capture_counters_fd(m->capture);
	ret[WORKER_SCHEDULED] = capture_scheduled_fd(m->capture);
	ret[WORKER_PREEMPTED] = capture_preempted_fd(m->capture);
	ret[WORKER_LOOPS] = capture_loops_fd(m->capture);
	ret[WORKER_SWEEP] = capture_sweep_fd(m->capture);
	ret[WORKER_TAPE] = m->tape_fd;
	ret[WORKER_INSPECT] = m->inspect_fd;
	for (size_t i = 0; i < capture_rings(m->capture); i++)
		ret[count++] = capture_ring_fd(m->capture, i);
	for (size_t i = 0; i < m->listener_count; i++)
		ret[count++] = m->listeners[i];
	return count;
}

int keeper_spawn(struct monitor *m)
{
	struct monitor_message spawn = { .type = MESSAGE_SPAWN };
	int news[2], requests[2], fds[MESSAGE_FDS], error;
	size_t count;

	error = message_pair(news);
	if (error)
		return error;
	error = message_pair(requests);
	if (error) {
		close(news[0]);
		close(news[1]);
		return error;
	}
	spawn.pid = (uint32_t)capture_rings(m->capture);
	count = worker_fds(m, news[1], requests[1], fds);
	error = message_send(m->spawner_watch.fd, &spawn, fds, count);
	close(news[1]);
	close(requests[1]);
	m->worker_fd = m->worker_watch.fd = news[0];
	m->requests_fd = m->requests_watch.fd = requests[0];
	m->spawned_ns = monotonic_ns();
	m->worker_says[0] = '\0';
	loop_watch(m->loop, &m->worker_watch, EPOLLIN);
	loop_watch(m->loop, &m->requests_watch, EPOLLIN);
	return error;
}

void keeper_trust(struct monitor *m)
{
	config_free(m->own_before);
	m->before = m->own_before = NULL;
}

static void take_word(struct monitor *m, const struct monitor_message *said)
{
	if (said->type == MESSAGE_FAILED)
		memcpy(m->worker_says, said->text, sizeof(m->worker_says));
	if (said->type != MESSAGE_READY)
		return;
	m->proven = true;
	keeper_trust(m);
	if (m->reload_due)
		loop_timer(m->loop, &m->reload, monotonic_ns());
	log_info("watching", "processes=%zu ready_ms=%.0f", selection_count(m->selection),
		 (double)(monotonic_ns() - m->spawned_ns) / 1e6);
}

/* Its death may be told of before its last words were read. */
static void hear_out(struct monitor *m)
{
	struct monitor_message said;
	size_t none = 0;

	while (m->worker_fd >= 0 && message_receive(m->worker_fd, &said, NULL, &none) == 1)
		take_word(m, &said);
}

static void on_worker(struct watch *watch, uint32_t events)
{
	struct monitor *m = container_of(watch, struct monitor, worker_watch);
	struct monitor_message said;
	size_t none = 0;
	int got;

	(void)events;
	got = message_receive(watch->fd, &said, NULL, &none);
	if (got == 1)
		take_word(m, &said);
	else if (got != -EAGAIN && got != -EINTR)
		keeper_drop(m);
}

/* The worker asks for a file of a target's; of nobody else's. */
static void on_request(struct watch *watch, uint32_t events)
{
	struct monitor *m = container_of(watch, struct monitor, requests_watch);
	struct monitor_message asked;
	size_t none = 0;
	int got;

	(void)events;
	got = message_receive(watch->fd, &asked, NULL, &none);
	if (got != 1 && got != -EAGAIN && got != -EINTR)
		loop_unwatch(m->loop, watch);
	if (got == 1 && asked.type == MESSAGE_OPEN && selection_has(m->selection, asked.process))
		opener_ask(m, &asked);
}

/* After a moment; `last`: more of the same is not worth waiting for. */
static void respawn(struct monitor *m, bool last)
{
	if (last) {
		log_error("the worker cannot be kept running", "");
		monitor_end(m, EXIT_FAILED);
		return;
	}
	m->shared->worker_restarts = ++m->worker_restarts;
	loop_timer(m->loop, &m->respawn, monotonic_ns() + RESPAWN_NS);
}

/* Has one more ended soon after it began, QUICK_DEATHS in a row? */
static bool dies_quickly(struct monitor *m)
{
	bool quick = monotonic_ns() - m->spawned_ns < NS_PER_S;

	m->quick_deaths = quick ? m->quick_deaths + 1 : 0;
	return m->quick_deaths == QUICK_DEATHS;
}

/* No process could be made for it. */
static void on_worker_unborn(struct monitor *m, int error)
{
	keeper_drop(m);
	log_warn("no worker could be made", "error=%s", log_value(str_of(strerror(-error))));
	if (m->stopping)
		monitor_end(m, 0);
	else
		respawn(m, dies_quickly(m));
}

/* The first worker of a configuration that was read again did not come to work. */
static void revert(struct monitor *m)
{
	log_error("the configuration does not work, the old one stays", "error=%s",
		  *m->worker_says ? log_value(str_of(m->worker_says)) : "\"its worker died\"");
	selection_reconfigure(m->selection, m->before);
	config_free(m->own_config);
	m->config = m->before;
	m->own_config = m->own_before;
	m->before = m->own_before = NULL;
	log_setup(m->config->log_level, m->config->log_format);
	message_send(m->spawner_watch.fd, &(struct monitor_message){ .type = MESSAGE_REVERT }, NULL,
		     0);
	loop_timer(m->loop, &m->respawn, monotonic_ns());
}

static void on_worker_death(struct monitor *m, int status)
{
	bool last;

	hear_out(m);
	keeper_drop(m);
	if (m->stopping) {
		monitor_end(m, 0);
		return;
	}
	if (m->reloading) {
		m->reloading = false;
		loop_timer(m->loop, &m->respawn, monotonic_ns());
		return;
	}
	if (m->before) {
		revert(m);
		return;
	}
	last = dies_quickly(m) || (!m->proven && WIFEXITED(status));
	if (!m->proven && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_USAGE) {
		log_error("the configuration does not work", "error=%s",
			  log_value(str_of(m->worker_says)));
		monitor_end(m, EXIT_USAGE);
		return;
	}
	log_warn("the worker died", "status=%d signal=%d restarts=%llu",
		 WIFEXITED(status) ? WEXITSTATUS(status) : 0,
		 WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		 (unsigned long long)m->worker_restarts);
	respawn(m, last);
}

static void on_spawner(struct watch *watch, uint32_t events)
{
	struct monitor *m = container_of(watch, struct monitor, spawner_watch);
	struct monitor_message said;
	size_t none = 0;
	int got;

	(void)events;
	got = message_receive(watch->fd, &said, NULL, &none);
	if (got <= 0 && got != -EAGAIN && got != -EINTR) {
		log_error("the spawner is gone", "");
		monitor_end(m, EXIT_FAILED);
		return;
	}
	if (got == 1 && said.type == MESSAGE_DIED)
		on_worker_death(m, said.status);
	else if (got == 1 && said.type == MESSAGE_SPAWNED && said.status)
		on_worker_unborn(m, said.status);
}

static void on_respawn(struct timer *timer, uint64_t now_ns)
{
	struct monitor *m = container_of(timer, struct monitor, respawn);

	(void)now_ns;
	if (keeper_spawn(m)) {
		monitor_end(m, EXIT_FAILED);
		return;
	}
	capture_forget(m->capture);
	selection_retell(m->selection);
}

void keeper_init(struct monitor *m)
{
	m->worker_watch.ready = on_worker;
	m->requests_watch.ready = on_request;
	m->spawner_watch.ready = on_spawner;
	m->respawn.fired = on_respawn;
	m->news_timer.fired = on_news;
	opener_init(m);
}
