/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/loop.h"
#include "user/base/mem.h"
#include "user/capture/capture.h"
#include "user/event/ring.h"
#include "user/monitor/listen.h"
#include "user/monitor/message.h"
#include "user/monitor/privileges.h"
#include "user/monitor/selection.h"
#include "user/monitor/shared.h"

enum { EXIT_FAILED = 1, EXIT_CANNOT = 3, HOLDERS_BYTES = 1 << 16, QUICK_DEATHS = 5 };
#define STOP_NS	   (5 * NS_PER_S)
#define RESPAWN_NS (100 * NS_PER_MS)

struct monitor {
	const struct config *config;
	struct config *own_config; /* read again at SIGHUP; NULL: the first one */
	int argc;
	char **argv;
	struct loop *loop;
	struct capture *capture;
	struct selection *selection;
	struct ring *events;
	/* The worker can write there too: nothing is ever read back from it. */
	struct shared *shared;
	struct feature_state features[FEATURES];
	uint64_t worker_restarts, events_missed, messages_lost;
	int shared_fd, tape_fd, inspect_fd;
	int listeners[LISTENERS_MAX];
	size_t listener_count;
	int worker_fd, requests_fd; /* our ends; -1: no worker */
	pid_t spawner;
	struct watch spawner_watch, events_watch, worker_watch, requests_watch, signals;
	struct timer second, respawn, stop;
	uint64_t events_lost_seen, spawned_ns;
	int quick_deaths;
	bool stopping, reloading;
	int status;
};

static void end(struct monitor *m, int status)
{
	m->status = status;
	loop_stop(m->loop);
}

/* A message the worker does not take now would stall what is watched for nobody: it is counted. */
static void tell_worker(void *context, const char *event, const struct member *member,
			uint64_t at_ns, const struct procfiles *files)
{
	struct monitor *m = context;
	struct monitor_message news = { .type = MESSAGE_PROCESS,
					.process = member->process,
					.parent = member->parent,
					.port_count = (uint16_t)member->port_count,
					.at_ns = at_ns };
	int fds[PROCESS_FILES];
	size_t count = 0;

	m->shared->watched = selection_count(m->selection);
	if (m->worker_fd < 0)
		return; /* the next one is told of all there is */
	snprintf(news.event, sizeof(news.event), "%s", event);
	memcpy(news.comm, member->comm, sizeof(news.comm));
	memcpy(news.watched_by, member->watched_by, sizeof(news.watched_by));
	memcpy(news.text, member->exe, sizeof(news.text));
	memcpy(news.ports, member->ports, sizeof(news.ports));
	if (files)
		count = procfiles_facts(files, fds, &news.files);
	if (message_send(m->worker_fd, &news, fds, count))
		m->shared->messages_lost = ++m->messages_lost;
	while (count)
		close(fds[--count]);
}

static void say(int fd, enum message_type type)
{
	struct monitor_message message = { .type = type };

	message_send(fd, &message, NULL, 0);
}

static void drop_worker(struct monitor *m)
{
	if (m->worker_fd < 0)
		return;
	loop_unwatch(m->loop, &m->worker_watch);
	loop_unwatch(m->loop, &m->requests_watch);
	closep(&m->worker_fd);
	closep(&m->requests_fd);
	m->worker_fd = m->requests_fd = -1;
}

/* The descriptors of a worker, in the order of enum worker_file. */
static size_t worker_fds(const struct monitor *m, int worker_end, int requests_end,
			 int ret[MESSAGE_FDS])
{
	size_t count = WORKER_RINGS;

	ret[WORKER_MONITOR] = worker_end;
	ret[WORKER_REQUESTS] = requests_end;
	ret[WORKER_SHARED] = m->shared_fd;
	ret[WORKER_VERDICTS] = capture_verdicts_fd(m->capture);
	ret[WORKER_CONTROL] = capture_control_fd(m->capture);
	ret[WORKER_COUNTERS] = capture_counters_fd(m->capture);
	ret[WORKER_SWEEP] = capture_sweep_fd(m->capture);
	ret[WORKER_TAPE] = m->tape_fd;
	ret[WORKER_INSPECT] = m->inspect_fd;
	for (size_t i = 0; i < capture_rings(m->capture); i++)
		ret[count++] = capture_ring_fd(m->capture, i);
	for (size_t i = 0; i < m->listener_count; i++)
		ret[count++] = m->listeners[i];
	return count;
}

static int spawn_worker(struct monitor *m)
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
	loop_watch(m->loop, &m->worker_watch, EPOLLIN);
	loop_watch(m->loop, &m->requests_watch, EPOLLIN);
	return error;
}

static void on_worker(struct watch *watch, uint32_t events)
{
	struct monitor *m = container_of(watch, struct monitor, worker_watch);
	struct monitor_message said;
	size_t none = 0;
	int got;

	(void)events;
	got = message_receive(watch->fd, &said, NULL, &none);
	if (got <= 0 && got != -EAGAIN && got != -EINTR) {
		drop_worker(m);
		return;
	}
	if (got == 1 && said.type == MESSAGE_READY)
		log_info("watching", "processes=%zu ready_ms=%.0f", selection_count(m->selection),
			 (double)(monotonic_ns() - m->spawned_ns) / 1e6);
}

/* The worker asks for a file of a target's; of nobody else's. */
static void on_request(struct watch *watch, uint32_t events)
{
	struct monitor *m = container_of(watch, struct monitor, requests_watch);
	struct monitor_message asked;
	struct procfiles files;
	size_t none = 0;
	int fd = -1, got;

	(void)events;
	got = message_receive(watch->fd, &asked, NULL, &none);
	if (got != 1) {
		if (got != -EAGAIN && got != -EINTR)
			loop_unwatch(m->loop, watch);
		return;
	}
	if (asked.type != MESSAGE_OPEN)
		return;
	if (selection_has(m->selection, asked.process) && !procfiles_open(asked.process, &files)) {
		fd = procfiles_inside(&files, asked.text);
		procfiles_close(&files);
	}
	asked = (struct monitor_message){ .type = MESSAGE_OPENED };
	message_send(watch->fd, &asked, &fd, fd >= 0);
	closep(&fd);
}

static void on_worker_death(struct monitor *m, int status)
{
	drop_worker(m);
	if (m->stopping) {
		end(m, 0);
		return;
	}
	if (m->reloading) {
		m->reloading = false;
		loop_timer(m->loop, &m->respawn, monotonic_ns());
		return;
	}
	if (monotonic_ns() - m->spawned_ns < NS_PER_S)
		m->quick_deaths++;
	else
		m->quick_deaths = 0;
	if (m->quick_deaths == QUICK_DEATHS ||
	    (m->quick_deaths && !m->worker_restarts && WIFEXITED(status))) {
		log_error("the worker cannot be kept running", "status=%d", status);
		end(m, EXIT_FAILED);
		return;
	}
	m->shared->worker_restarts = ++m->worker_restarts;
	log_warn("the worker died and is replaced", "status=%d signal=%d restarts=%llu", status,
		 WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		 (unsigned long long)m->worker_restarts);
	loop_timer(m->loop, &m->respawn, monotonic_ns() + RESPAWN_NS);
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
		end(m, EXIT_FAILED);
		return;
	}
	if (got == 1 && said.type == MESSAGE_DIED)
		on_worker_death(m, said.status);
}

static void on_respawn(struct timer *timer, uint64_t now_ns)
{
	struct monitor *m = container_of(timer, struct monitor, respawn);

	(void)now_ns;
	if (spawn_worker(m))
		end(m, EXIT_FAILED);
	else
		selection_retell(m->selection);
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
	ring_read(m->events, SIZE_MAX, take_event, m);
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

static void read_programs(struct monitor *m)
{
	struct program_stats programs[CAPTURE_PROGRAMS];
	size_t count = capture_programs(m->capture, programs);
	uint64_t missed = capture_missed(m->capture, m->features, programs, count);

	if (capture_stand_in(m->capture, m->features, missed))
		log_info("this kernel skips programs that are preempted; others stand in for them",
			 "missed=%lu", missed);
	memcpy(m->shared->programs, programs, sizeof(programs));
	m->shared->program_count = count;
	m->shared->programs_missed = missed;
}

static void on_second(struct timer *timer, uint64_t now_ns)
{
	struct monitor *m = container_of(timer, struct monitor, second);
	struct capture_counters counters;
	struct rusage usage;

	read_programs(m);
	m->shared->members_refused = selection_refused(m->selection);
	capture_counters_read(m->capture, &counters);
	heal_lost_events(m, counters.count[COUNT_EVENTS_LOST]);
	getrusage(RUSAGE_SELF, &usage);
	m->shared->monitor_cpu_us =
		(uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
		(uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	m->shared->monitor_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
	loop_timer(m->loop, &m->second, now_ns + NS_PER_S);
}

static void on_stop(struct timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	log_warn("the worker did not end in time", "");
	end(container_of(timer, struct monitor, stop), 0);
}

/* The first asks the worker to flush, the second ends at once. */
static void stop(struct monitor *m)
{
	if (m->stopping || m->worker_fd < 0) {
		end(m, 0);
		return;
	}
	m->stopping = true;
	say(m->worker_fd, MESSAGE_STOP);
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
 * that follows this one, where there is any. A bad configuration changes nothing.
 */
static void reload(struct monitor *m)
{
	_cleanup_(buf_free) struct buf restart = buf_new(LIMIT_CONFIG_BYTES);
	_cleanup_(buf_free) struct buf late = buf_new(LIMIT_CONFIG_BYTES);
	struct config_error error;
	struct config *config;

	if (m->reloading || m->worker_fd < 0)
		return;
	if (config_read(m->argc, m->argv, environ, &config, &error)) {
		log_error("the configuration is bad, the old one stays", "error=%s",
			  log_value(str_of(error.text)));
		return;
	}
	log_setup(config->log_level, config->log_format);
	say(m->spawner_watch.fd, MESSAGE_RELOAD);
	config_changes(m->config, config, TAKEN_AT_START, &late);
	config_changes(m->config, config, TAKEN_BY_NEXT_WORKER, &restart);
	config_free(m->own_config);
	m->config = m->own_config = config;
	m->reloading = restart.len;
	if (m->reloading)
		say(m->worker_fd, MESSAGE_STOP);
	else
		tell_options(m);
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
		reload(m);
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

static int make_shared(struct monitor *m)
{
	m->shared_fd = memfd_create("sonde", MFD_CLOEXEC);
	if (m->shared_fd < 0 || ftruncate(m->shared_fd, sizeof(*m->shared)))
		return -errno;
	m->shared =
		mmap(NULL, sizeof(*m->shared), PROT_READ | PROT_WRITE, MAP_SHARED, m->shared_fd, 0);
	return m->shared == MAP_FAILED ? -errno : 0;
}

/* A tape is as secret as the requests on it: only its owner may read it. */
static int open_tape(struct monitor *m)
{
	const char *path = m->config->tape_record;

	m->tape_fd =
		open(path ? path : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (m->tape_fd < 0) {
		log_error("the tape cannot be opened", "path=%s error=%s", log_value(str_of(path)),
			  strerror(errno));
		return EXIT_FAILED;
	}
	return 0;
}

/* Without it sonde works all the same: it cannot be asked. */
static void open_inspect(struct monitor *m)
{
	m->inspect_fd = inspect_open();
	if (m->inspect_fd >= 0)
		return;
	log_warn("sonde explain and sonde top cannot ask this sonde", "error=%s",
		 log_value(str_of(strerror(-m->inspect_fd))));
	m->inspect_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Another sonde holds a map of ours by name, whatever namespace it lives in. */
static int refuse_second(struct monitor *m)
{
	struct buf holders = buf_new(HOLDERS_BYTES);
	const struct process_line *line;
	int status = 0;

	capture_list_holders(m->capture, &holders);
	line = (const void *)holders.at;
	for (size_t i = 0; i < holders.len / sizeof(*line); i++)
		if (line[i].process.tgid != (uint32_t)getpid()) {
			log_error("another sonde is running on this host: end it first", "pid=%u",
				  line[i].process.tgid);
			status = EXIT_CANNOT;
			break;
		}
	buf_free(&holders);
	return status;
}

static int open_listeners(struct monitor *m)
{
	char error[256];
	int count =
		listeners_open(&m->config->web.listen_address, m->listeners, error, sizeof(error));

	if (count < 0) {
		log_error("cannot listen", "error=%s", log_value(str_of(error)));
		return EXIT_FAILED;
	}
	m->listener_count = (size_t)count;
	return 0;
}

static int start_capture(struct monitor *m)
{
	char missing[128];
	int error = capture_new(m->config, m->features, &m->capture);

	memcpy(m->shared->features, m->features, sizeof(m->features));
	if (!error)
		return refuse_second(m);
	privileges_missing(missing, sizeof(missing));
	for (size_t i = 0; i < FEATURES; i++)
		if (features[i].required && !m->features[i].used)
			log_error("this host cannot", "feature=%s reason=%s needed=%s",
				  features[i].name, log_value(str_of(m->features[i].reason)),
				  log_value(str_of(features[i].without)));
	log_error("sonde cannot run here; `sonde check` says more", "error=%s missing=%s",
		  log_value(str_of(strerror(-error))), log_value(str_of(missing)));
	return EXIT_CANNOT;
}

static int start_watching(struct monitor *m)
{
	int error;

	capture_counters_read(m->capture, &m->shared->baseline);
	m->shared->monitor_pid = (uint32_t)getpid();
	m->shared->monitor_uid = geteuid();
	m->shared->spawner_pid = (uint32_t)m->spawner;
	open_inspect(m);
	m->events = ring_new(capture_events_fd(m->capture), capture_events_bytes(m->capture));
	m->events_watch = (struct watch){ .fd = capture_events_fd(m->capture), .ready = on_events };
	m->worker_watch.ready = on_worker;
	m->requests_watch.ready = on_request;
	m->second.fired = on_second;
	m->respawn.fired = on_respawn;
	m->stop.fired = on_stop;
	m->selection = selection_new(m->capture, m->config, tell_worker, m);
	selection_ignore(m->selection, (uint32_t)getpid());
	selection_ignore(m->selection, (uint32_t)m->spawner);
	error = m->events ? loop_watch(m->loop, &m->events_watch, EPOLLIN) : -ENOMEM;
	if (!error)
		error = loop_watch(m->loop, &m->spawner_watch, EPOLLIN);
	if (!error)
		error = watch_signals(m);
	if (!error)
		error = spawn_worker(m);
	if (!error)
		error = selection_scan(m->selection);
	__atomic_store_n(&m->shared->watching, !error, __ATOMIC_RELEASE);
	loop_timer(m->loop, &m->second, monotonic_ns());
	return error;
}

static void monitor_end(struct monitor *m)
{
	drop_worker(m);
	closep(&m->spawner_watch.fd); /* the spawner ends, and its worker with it */
	waitpid(m->spawner, NULL, 0);
	selection_free(m->selection);
	ring_free(m->events);
	capture_free(m->capture);
	loop_free(m->loop);
	config_free(m->own_config);
}

int monitor_run(const struct config *config, int argc, char **argv, worker_main *worker)
{
	struct monitor m = { .config = config,
			     .argc = argc,
			     .argv = argv,
			     .worker_fd = -1,
			     .requests_fd = -1,
			     .spawner_watch = { .fd = -1, .ready = on_spawner } };
	int error;

	m.spawner = spawner_start(config, argc, argv, worker, &m.spawner_watch.fd);
	m.loop = loop_new();
	if (m.spawner < 0 || !m.loop || make_shared(&m))
		return EXIT_FAILED;
	m.status = open_listeners(&m);
	if (!m.status)
		m.status = open_tape(&m);
	if (!m.status)
		m.status = start_capture(&m);
	if (!m.status) {
		error = privileges_keep(PRIVILEGES_MONITOR);
		if (!error)
			error = start_watching(&m);
		if (!error)
			error = loop_run(m.loop);
		if (error) {
			log_error("the monitor failed", "error=%s", strerror(-error));
			m.status = EXIT_FAILED;
		}
	}
	monitor_end(&m);
	return m.status;
}
