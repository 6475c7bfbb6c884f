/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timed.c - a server that logs when it begins and ends each request, and its client.
 *
 *	timed idle|read|accept MICROSECONDS COUNT
 *
 * Says its port, waits for a line on standard input, then makes COUNT requests
 * one after the other and says for each
 *
 *	SENT BEFORE AFTER	CLOCK_MONOTONIC, ns
 *
 * when the client sent it, the server was about to read it first, and had
 * written its answer last. `idle`: one connection, a rest before each request.
 * `read`: one connection, the server lets each wait before it reads. `accept`:
 * a connection each, which waits before it is accepted.
 * The client is the parent, so that what watches the server leaves it alone.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char question[] = "GET /timed HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct times {
	uint64_t before_ns, after_ns;
};

enum wait { WAIT_IDLE, WAIT_READ, WAIT_ACCEPT };

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void rest(useconds_t us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

static void await(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	if (poll(&one, 1, -1) < 0)
		fail("poll");
}

/* One request: false when the client is gone. */
static int serve(int fd, int report, useconds_t delay_us)
{
	char bytes[1024];
	struct times times;

	await(fd);
	rest(delay_us);
	times.before_ns = now_ns();
	if (read(fd, bytes, sizeof(bytes)) <= 0)
		return 0;
	if (write(fd, answer, sizeof(answer) - 1) < 0)
		fail("write");
	times.after_ns = now_ns();
	if (write(report, &times, sizeof(times)) != sizeof(times))
		fail("report");
	return 1;
}

static void server(int listener, int report, enum wait wait, useconds_t us)
{
	for (;;) {
		int fd;

		await(listener);
		if (wait == WAIT_ACCEPT)
			rest(us);
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			fail("accept");
		while (serve(fd, report, wait == WAIT_READ ? us : 0))
			;
		close(fd);
	}
}

static int reach(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		fail("connect");
	return fd;
}

static void client(const struct sockaddr_in *to, int report, enum wait wait, useconds_t us,
		   int count)
{
	int fd = wait == WAIT_ACCEPT ? -1 : reach(to);
	char bytes[1024];
	struct times times;
	uint64_t sent_ns;

	for (int i = 0; i < count; i++) {
		if (wait == WAIT_IDLE)
			rest(us);
		if (wait == WAIT_ACCEPT)
			fd = reach(to);
		sent_ns = now_ns();
		if (write(fd, question, sizeof(question) - 1) < 0 ||
		    read(fd, bytes, sizeof(bytes)) <= 0 ||
		    read(report, &times, sizeof(times)) != sizeof(times))
			fail("request");
		printf("%llu %llu %llu\n", (unsigned long long)sent_ns,
		       (unsigned long long)times.before_ns, (unsigned long long)times.after_ns);
		if (wait == WAIT_ACCEPT)
			close(fd);
	}
}

static int listen_anywhere(struct sockaddr_in *ret)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(*ret);

	*ret = (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)ret, len) || listen(fd, 64) ||
	    getsockname(fd, (struct sockaddr *)ret, &len))
		fail("listen");
	return fd;
}

static enum wait wait_of(const char *name)
{
	if (!strcmp(name, "read"))
		return WAIT_READ;
	return strcmp(name, "accept") ? WAIT_IDLE : WAIT_ACCEPT;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address;
	int listener, report[2];
	enum wait wait;
	useconds_t us;
	pid_t child;

	if (argc != 4) {
		fprintf(stderr, "usage: timed idle|read|accept MICROSECONDS COUNT\n");
		return 2;
	}
	wait = wait_of(argv[1]);
	us = (useconds_t)atoi(argv[2]);
	if (pipe(report))
		fail("pipe");
	listener = listen_anywhere(&address);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		server(listener, report[1], wait, us);
	}
	close(listener);
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	if (getchar() != EOF)
		client(&address, report[0], wait, us, atoi(argv[3]));
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	return 0;
}
