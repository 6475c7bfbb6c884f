/* SPDX-License-Identifier: Apache-2.0 */
#include "user/capture/selftest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "user/base/mem.h"
#include "user/capture/selftest_probe.h"
#include "user/capture/selftest_switch.h"
#include "user/event/event.h"
#include "user/event/ring.h"

static const char question[] = "sonde asks itself";
static const char answer[] = "sonde answers itself";

enum { QUESTION = sizeof(question) - 1, ANSWER = sizeof(answer) - 1 };

/* What was seen of one family; the bits of `seen`. */
enum { SAW_QUESTION = 1, SAW_ARRIVAL = 2, SAW_ANSWER = 4, SAW_FILE = 8, SAW_WAIT = 16 };
enum { FAMILY_COUNT = 3, COOKIES = 8, WAIT_S = 1 };

static const int families[FAMILY_COUNT] = { AF_INET, AF_INET6, AF_UNIX };

struct seen {
	unsigned what[FAMILY_COUNT];
	struct {
		uint64_t cookie;
		int family; /* index in families */
	} cookies[COOKIES];
	size_t cookie_count;
	bool pause, sleep;
};

/* Where loopback drops packets nothing may wait for them. */
static int make_socket(int family)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd >= 0) { /* a connect() is bounded by the second one */
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	}
	return fd;
}

/* A connected pair of sockets of one family over loopback; an accepted one waits as its listener. */
static int make_pair(int family, int ret[2])
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address = {};
	socklen_t len = family == AF_INET ? sizeof(address.in) : sizeof(address.in6);
	_cleanup_(closep) int listener = -1;

	if (family == AF_UNIX)
		return socketpair(AF_UNIX, SOCK_STREAM, 0, ret);
	listener = make_socket(family);
	address.any.sa_family = (sa_family_t)family;
	if (family == AF_INET)
		address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.in6.sin6_addr = in6addr_loopback;
	if (listener < 0 || bind(listener, &address.any, len) || listen(listener, 1) ||
	    getsockname(listener, &address.any, &len))
		return -1;
	ret[0] = make_socket(family);
	if (ret[0] < 0 || connect(ret[0], &address.any, len))
		return -1;
	ret[1] = accept(listener, NULL, NULL);
	return ret[1] < 0 ? -1 : 0;
}

static bool has_family(int family)
{
	int ends[2] = { -1, -1 };
	bool has = !make_pair(family, ends);

	closep(&ends[0]);
	closep(&ends[1]);
	return has;
}

/* As a loop does between two events. */
static int wait_for_events(void)
{
	_cleanup_(closep) int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;

	return fd < 0 ? -1 : epoll_wait(fd, &event, 1, 0);
}

/* What the child does over one family: a question, an answer after it has waited, a file. */
static int converse(int family)
{
	char bytes[64];
	struct iovec parts[2] = { { bytes, 5 }, { bytes + 5, sizeof(bytes) - 5 } };
	struct iovec whole = { bytes, sizeof(bytes) };
	struct msghdr message = { .msg_iov = &whole, .msg_iovlen = 1 };
	int file = memfd_create("sonde", MFD_CLOEXEC), ends[2];
	off_t from = 0;

	if (file < 0 || write(file, answer, ANSWER) != ANSWER || make_pair(family, ends))
		return -1;
	if (write(ends[0], question, QUESTION) != QUESTION ||
	    recv(ends[1], bytes, sizeof(bytes), MSG_PEEK) != QUESTION ||
	    readv(ends[1], parts, 2) != QUESTION || wait_for_events())
		return -1;
	if (send(ends[1], answer, ANSWER, 0) != ANSWER || recvmsg(ends[0], &message, 0) != ANSWER)
		return -1;
	if (sendfile(ends[0], file, &from, ANSWER) != ANSWER ||
	    read(ends[1], bytes, sizeof(bytes)) != ANSWER)
		return -1;
	return 0;
}

/* Ends with 0 when each family that is there could talk to itself. */
static void child(int go)
{
	char byte;
	int status = read(go, &byte, 1) == 1 ? 0 : 1;

	selftest_switch_sleep();
	selftest_probe_pause();
	for (size_t i = 0; i < FAMILY_COUNT && !status; i++)
		if (has_family(families[i]) && converse(families[i]))
			status = 1;
	_exit(status);
}

static int family_of(const struct seen *seen, uint64_t cookie)
{
	for (size_t i = 0; i < seen->cookie_count; i++)
		if (seen->cookies[i].cookie == cookie)
			return seen->cookies[i].family;
	return -1;
}

static void see_connection(struct seen *seen, const struct record_connection *r)
{
	for (int i = 0; i < FAMILY_COUNT; i++)
		if (families[i] == r->family && seen->cookie_count < COOKIES) {
			seen->cookies[seen->cookie_count].cookie = r->head.cookie;
			seen->cookies[seen->cookie_count++].family = i;
		}
}

static bool says(const struct record_turn *r, const char *text, size_t len)
{
	return r->length == len && r->turn.bytes == len && !memcmp(r->payload, text, len);
}

static void see_turn(struct seen *seen, const struct record_turn *r)
{
	int family = family_of(seen, r->head.cookie);

	if (family < 0)
		return;
	if (says(r, question, QUESTION) && r->direction == RECEIVED) {
		seen->what[family] |= SAW_QUESTION;
		if (r->turn.arrived_ns && r->turn.arrived_ns <= r->turn.first_ns)
			seen->what[family] |= SAW_ARRIVAL;
	}
	if (says(r, answer, ANSWER) && r->direction == SENT)
		seen->what[family] |= r->cause.waits ? SAW_ANSWER | SAW_WAIT : SAW_ANSWER;
	if (r->direction == SENT && r->turn.bytes == ANSWER && (r->flags & RECORD_UNREADABLE))
		seen->what[family] |= SAW_FILE;
}

static bool see(void *context, struct str bytes)
{
	const struct record *record = event_check(bytes);

	if (record && record->type == RECORD_CONNECTION)
		see_connection(context, (const struct record_connection *)record);
	else if (record && record->type == RECORD_BYTES)
		see_turn(context, (const struct record_turn *)record);
	else if (record && record->type == RECORD_PAUSE)
		((struct seen *)context)->pause |=
			selftest_probe_saw((const struct record_pause *)record);
	return true;
}

static int watch_child(struct capture *c, struct process_id process)
{
	_cleanup_(closep) int pidfd = (int)syscall(SYS_pidfd_open, process.tgid, 0);
	int error = pidfd < 0 ? -errno : capture_target_set(c, pidfd, process);

	return error ? error : capture_mark_tasks(c);
}

/* Start the child, make it a target, let it talk, and wait for its end. */
static int run_child(struct capture *c, struct process_id *ret)
{
	int go[2], status, error;
	pid_t pid;

	if (pipe(go))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		child(go[0]);
	*ret = (struct process_id){ .tgid = (uint32_t)pid };
	error = watch_child(c, *ret);
	if (!error && write(go[1], "g", 1) != 1)
		error = -errno;
	close(go[0]);
	close(go[1]);
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	return error ? error : status ? -ENODATA : 0;
}

/* Take what the child left in the rings. */
static int look(struct capture *c, struct seen *seen)
{
	for (size_t i = 0; i < capture_rings(c); i++) {
		struct ring *ring = ring_new(capture_ring_fd(c, i), RING_BYTES);

		if (!ring)
			return -errno;
		ring_read(ring, SIZE_MAX, RING_NO_NEXT, see, seen);
		ring_free(ring);
	}
	return 0;
}

/* Where there are no probes, the child is none the wiser. */
static int run_child_probed(struct capture *c, const struct feature_state *probes, int *probe_error,
			    struct seen *seen)
{
	struct process_id process;
	struct selftest_probe probe = {};
	int error = probes->used ? selftest_probe_attach(c, &probe) : 0;

	*probe_error = error ? error : -ENODATA;
	error = run_child(c, &process);
	selftest_probe_detach(c, &probe);
	if (!error)
		seen->sleep = selftest_switch_saw(c, &process);
	return error;
}

/* What stays unseen has another flavour, or none. */
static int next_flavour_of(const struct seen *seen, bool waits,
			   const struct feature_state states[FEATURES])
{
	if (!waits && states[FEATURE_LOOPS].used)
		return SELFTEST_NO_WAITS;
	if (!seen->sleep && states[FEATURE_SCHEDULER].used)
		return SELFTEST_NO_SWITCHES;
	return !seen->pause && states[FEATURE_PROBES].used ? SELFTEST_NO_PROBES : 0;
}

int selftest_run(struct capture *c, struct feature_state states[FEATURES], int *probe_error)
{
	struct seen seen = {};
	bool arrivals = true, waits = true;
	int error = run_child_probed(c, &states[FEATURE_PROBES], probe_error, &seen);

	if (!error)
		error = look(c, &seen);
	for (size_t i = 0; i < FAMILY_COUNT && !error; i++) {
		unsigned what = seen.what[i];

		if (!has_family(families[i]))
			continue;
		if ((what & (SAW_QUESTION | SAW_ANSWER | SAW_FILE)) !=
		    (SAW_QUESTION | SAW_ANSWER | SAW_FILE))
			error = -ENODATA;
		if (families[i] != AF_UNIX && !(what & SAW_ARRIVAL))
			arrivals = false;
		waits &= !!(what & SAW_WAIT);
	}
	if (!error && !arrivals && states[FEATURE_ARRIVAL].used) {
		states[FEATURE_ARRIVAL].used = NULL;
		snprintf(states[FEATURE_ARRIVAL].reason, sizeof(states[FEATURE_ARRIVAL].reason),
			 "it was attached and did not fire");
	}
	return error ? error : next_flavour_of(&seen, waits, states);
}
