/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/export/otlp/receiver.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* False once the test is over. */
static bool wait_for(struct receiver *r, int fd, short events)
{
	struct pollfd fds[] = { { .fd = fd, .events = events },
				{ .fd = r->stop[0], .events = POLLIN } };

	return poll(fds, 2, -1) > 0 && !fds[1].revents;
}

/* Like wait_for() for reading; also false when another connection wants in. */
static bool wait_for_request(struct receiver *r, int fd)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
				{ .fd = r->stop[0], .events = POLLIN },
				{ .fd = r->listener, .events = POLLIN } };

	return poll(fds, 3, -1) > 0 && fds[0].revents && !fds[1].revents;
}

static size_t content_length(const char *head)
{
	const char *at = strcasestr(head, "\r\nContent-Length:");

	return at ? strtoul(at + strlen("\r\nContent-Length:"), NULL, 10) : 0;
}

/* Read one request whole. False at the connection's end. */
static bool read_request(struct receiver *r, int fd)
{
	char bytes[REQUEST_BYTES] = {};
	size_t len = 0, head = 0;
	const char *end;
	ssize_t got;

	while (!head || len < head + content_length(bytes)) {
		if (len ? !wait_for(r, fd, POLLIN) : !wait_for_request(r, fd))
			return false;
		got = recv(fd, bytes + len, sizeof(bytes) - 1 - len, 0);
		if (got <= 0)
			return false;
		len += (size_t)got;
		end = memmem(bytes, len, "\r\n\r\n", 4);
		head = end ? (size_t)(end + 4 - bytes) : 0;
	}
	memcpy(r->request, bytes, len);
	r->request_len = len;
	r->head_len = head;
	return true;
}

static bool send_all(struct receiver *r, int fd, struct str s)
{
	while (s.len) {
		ssize_t sent = wait_for(r, fd, POLLOUT)
				       ? send(fd, s.at, s.len, MSG_NOSIGNAL | MSG_DONTWAIT)
				       : -1;

		if (sent <= 0)
			return false;
		s = str_after(s, (size_t)sent);
	}
	return true;
}

static void pour(struct receiver *r, int fd, struct str again)
{
	while (send_all(r, fd, again))
		r->poured += again.len;
}

/* False to close the connection. */
static bool act(struct receiver *r, int fd, const struct step *step)
{
	struct linger now = { .l_onoff = 1 };
	char byte;

	switch (step->deed) {
	case DEED_ANSWER:
		return send_all(r, fd, str_of(step->text)) && send_all(r, fd, step->body);
	case DEED_RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		return false;
	case DEED_HOLD:
		return wait_for(r, fd, POLLIN) && recv(fd, &byte, 1, 0) > 0;
	case DEED_POUR:
		if (send_all(r, fd, str_of(step->text)))
			pour(r, fd, step->body);
		return false;
	}
	return false;
}

static void *serve(void *context)
{
	struct receiver *r = context;
	bool open;
	int fd;

	while (wait_for(r, r->listener, POLLIN)) {
		fd = accept(r->listener, NULL, NULL);
		r->connections++;
		for (open = true; open && read_request(r, fd);) {
			unsigned number = r->requests++;

			open = act(r, fd,
				   &r->steps[number < r->step_count ? number : r->step_count - 1]);
		}
		close(fd);
	}
	return NULL;
}

void receiver_start(struct receiver *r, const struct step *steps, size_t count)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	*r = (struct receiver){ .steps = steps, .step_count = count };
	r->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(r->listener, (struct sockaddr *)&address, len) || listen(r->listener, 8) ||
	    getsockname(r->listener, (struct sockaddr *)&address, &len) || pipe(r->stop))
		abort();
	snprintf(r->url, sizeof(r->url), "http://127.0.0.1:%d/v1/traces", ntohs(address.sin_port));
	if (pthread_create(&r->thread, NULL, serve, r))
		abort();
}

void receiver_stop(struct receiver *r)
{
	close(r->stop[1]);
	pthread_join(r->thread, NULL);
	close(r->stop[0]);
	close(r->listener);
}
