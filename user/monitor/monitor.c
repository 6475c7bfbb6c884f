/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/monitor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/base/privileges.h"
#include "user/event/ring.h"
#include "user/monitor/keeper.h"
#include "user/monitor/message.h"
#include "user/monitor/news.h"
#include "user/monitor/prepare.h"

#define STOP_NS (5 * NS_PER_S)

static void say(int fd, enum message_type type)
{
	struct monitor_message message = { .type = type };

	message_send(fd, &message, NULL, 0);
}

static bool take_event(void *context, struct str bytes)
{
	struct monitor *m = context;

	if (bytes.len == sizeof(struct process_event))
		selection_event(m->selection, (const struct process_event *)bytes.at);
	return true;
}

static void on_events(struct watch *watch, uint32_t events)
{
	struct monitor *m = container_of(watch, struct monitor, events_watch);

	(void)events;
	ring_read(m->events, SIZE_MAX, RING_NO_NEXT, take_event, m);
	m->shared->watched = selection_count(m->selection);
}

/* The children of what is gone, forks and execs that did not fit: look at all there is. */
static void heal_lost_events(struct monitor *m, uint64_t lost)
{
	if (lost == m->events_lost_seen)
		return;
	m->events_missed += lost - m->events_lost_seen;
	m->shared->events_missed = m->events_missed;
	m->events_lost_seen = lost;
	selection_scan(m->selection);
}

static void read_programs(struct monitor *m, uint64_t stood_in)
{
	struct program_stats programs[CAPTURE_PROGRAMS];
	size_t count = capture_programs(m->capture, programs);
	uint64_t missed = capture_missed(m->features, programs, count, stood_in);

	/* What was missed a moment ago may have been done since; a counter does not go back. */
	if (missed > m->missed)
		m->missed = missed;
	capture_stand_in(m->capture, m->features, m->missed);
	memcpy(m->shared->programs, programs, sizeof(programs));
	m->shared->program_count = count;
	m->shared->programs_missed = m->missed;
}

static void on_second(struct timer *timer, uint64_t now_ns)
{
	struct monitor *m = container_of(timer, struct monitor, second);
	struct capture_counters counters;

	capture_counters_read(m->capture, &counters);
	read_programs(m, counters.count[COUNT_STOOD_IN]);
	m->shared->members_refused = selection_refused(m->selection);
	heal_lost_events(m, counters.count[COUNT_EVENTS_LOST]);
	m->shared->monitor = usage_of(0);
	m->shared->spawner = usage_of(m->spawner);
	m->shared->log_dropped = log_dropped();
	m->shared->log_suppressed = log_suppressed();
	loop_timer(m->loop, &m->second, now_ns + NS_PER_S);
}

static void on_stop(struct timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	log_warn("the worker did not end in time", "");
	monitor_end(container_of(timer, struct monitor, stop), 0);
}

/* The first asks the worker to flush, the second ends at once. */
static void stop(struct monitor *m)
{
	if (m->stopping || m->worker_fd < 0) {
		monitor_end(m, 0);
		return;
	}
	m->stopping = true;
	news_stop(m);
	loop_timer(m->loop, &m->stop, monotonic_ns() + STOP_NS);
}

/* What is watched now, for who asks the worker. */
static void tell_options(struct monitor *m)
{
	struct monitor_message options = { .type = MESSAGE_OPTIONS };
	_cleanup_(buf_free) struct buf flags = buf_new(LIMIT_CONFIG_BYTES);
	_cleanup_(closep) int fd = -1;

	config_watch_flags(m->config, &flags);
	fd = buf_file(&flags);
	if (fd < 0 || message_send(m->worker_fd, &options, &fd, 1))
		m->shared->messages_lost = ++m->messages_lost;
}

/*
 * The new options hold from now on: what is watched here, the rest in the worker
 * that follows this one, where there is any. A bad configuration changes nothing; one
 * that only the new worker finds bad is gone back from (keeper.c).
 */
static void on_reload(struct timer *timer, uint64_t now_ns)
{
	struct monitor *m = container_of(timer, struct monitor, reload);
	_cleanup_(buf_free) struct buf restart = buf_new(LIMIT_CONFIG_BYTES);
	_cleanup_(buf_free) struct buf late = buf_new(LIMIT_CONFIG_BYTES);
	struct config_error error;
	struct config *config;

	(void)now_ns;
	if (m->stopping)
		return;
	m->reload_due = m->reloading || m->before || m->worker_fd < 0;
	if (m->reload_due) {
		log_info("the configuration will be read again when the next worker is ready", "");
		return;
	}
	if (config_read(m->argc, m->argv, environ, &config, &error)) {
		log_error("the configuration is bad, the old one stays", "error=%s",
			  log_value(str_of(error.text)));
		return;
	}
	log_setup(config->log_level, config->log_format);
	say(m->spawner_watch.fd, MESSAGE_RELOAD);
	config_changes(m->config, config, TAKEN_AT_START, &late);
	config_changes(m->config, config, TAKEN_BY_NEXT_WORKER, &restart);
	m->before = m->config;
	m->own_before = m->own_config;
	m->config = m->own_config = config;
	m->reloading = restart.len;
	if (m->reloading) {
		news_stop(m);
	} else {
		keeper_trust(m);
		tell_options(m);
	}
	selection_reconfigure(m->selection, config);
	log_info("the configuration was read again", "worker=%s changed_for_it=%s",
		 restart.len ? "replaced" : "kept", log_value(buf_str(&restart)));
	if (late.len)
		log_warn("only another start of sonde takes these up", "options=%s",
			 log_value(buf_str(&late)));
}

static void on_signal(struct watch *watch, uint32_t events)
{
	struct monitor *m = container_of(watch, struct monitor, signals);
	struct signalfd_siginfo info;

	(void)events;
	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		loop_timer(m->loop, &m->reload, monotonic_ns());
	else
		stop(m);
}

static int watch_signals(struct monitor *m)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return -errno;
	m->signals =
		(struct watch){ .fd = signalfd(-1, &signals, SFD_CLOEXEC), .ready = on_signal };
	return m->signals.fd < 0 ? -errno : loop_watch(m->loop, &m->signals, EPOLLIN);
}

/* A selection_tell: the worker first, for it must know a process of which there is more to say. */
static void tell(void *monitor, const char *event, const struct member *member, uint64_t at_ns,
		 const struct procfiles *files)
{
	struct monitor *m = monitor;

	news_tell(m, event, member, at_ns, files);
	probes_process(m->probes, event, member->process, member->parent);
}

static int start_watching(struct monitor *m)
{
	int error;

	capture_counters_read(m->capture, &m->shared->baseline);
	m->shared->monitor_pid = (uint32_t)getpid();
	m->shared->monitor_uid = geteuid();
	m->shared->spawner_pid = (uint32_t)m->spawner;
	prepare_inspect(m);
	m->events = ring_new(capture_events_fd(m->capture), capture_events_bytes(m->capture));
	m->events_watch = (struct watch){ .fd = capture_events_fd(m->capture), .ready = on_events };
	keeper_init(m);
	m->second.fired = on_second;
	m->stop.fired = on_stop;
	m->reload.fired = on_reload;
	m->probes = probes_new(m->loop, m->capture, m->config, &m->shared->probes, news_runtime, m);
	m->selection = selection_new(m->capture, m->config, tell, m);
	selection_ignore(m->selection, (uint32_t)getpid());
	selection_ignore(m->selection, (uint32_t)m->spawner);
	error = m->events ? loop_watch(m->loop, &m->events_watch, EPOLLIN) : -ENOMEM;
	if (!error)
		error = loop_watch(m->loop, &m->spawner_watch, EPOLLIN);
	if (!error)
		error = watch_signals(m);
	if (!error)
		error = keeper_spawn(m);
	if (!error)
		error = selection_scan(m->selection);
	__atomic_store_n(&m->shared->watching, !error, __ATOMIC_RELEASE);
	loop_timer(m->loop, &m->second, monotonic_ns());
	return error;
}

static void clean_up(struct monitor *m)
{
	keeper_drop(m);
	closep(&m->spawner_watch.fd); /* the spawner ends, and its worker with it */
	waitpid(m->spawner, NULL, 0);
	selection_free(m->selection);
	probes_free(m->probes);
	ring_free(m->events);
	capture_free(m->capture);
	loop_free(m->loop);
	config_free(m->own_before);
	config_free(m->own_config);
}

static enum privileges privileges_wanted(const struct monitor *m)
{
	bool multi, probes = capture_probe_program(m->capture, &multi) >= 0;

	return m->config->collect.runtimes && probes && !multi ? PRIVILEGES_MONITOR_PERF
							       : PRIVILEGES_MONITOR;
}

int monitor_run(const struct config *config, int argc, char **argv, worker_main *worker)
{
	struct monitor m = { .config = config,
			     .argc = argc,
			     .argv = argv,
			     .worker_fd = -1,
			     .requests_fd = -1,
			     .spawner_watch = { .fd = -1 } };
	int error;

	/* For all that come from here. */
	signal(SIGPIPE, SIG_IGN);
	if (!freopen("/dev/null", "r", stdin))
		return EXIT_FAILED;
	m.spawner = spawner_start(config, argc, argv, worker, &m.spawner_watch.fd);
	m.loop = loop_new();
	if (m.spawner < 0 || !m.loop || prepare_shared(&m))
		return EXIT_FAILED;
	m.status = prepare_capture(&m); /* the first: nothing of another sonde is touched */
	if (!m.status)
		m.status = prepare_listeners(&m);
	if (!m.status)
		m.status = prepare_tape(&m);
	if (!m.status) {
		error = privileges_keep(privileges_wanted(&m));
		if (!error)
			error = start_watching(&m);
		if (!error)
			error = loop_run(m.loop);
		if (error) {
			log_error("the monitor failed", "error=%s", strerror(-error));
			m.status = EXIT_FAILED;
		}
	}
	clean_up(&m);
	return m.status;
}
