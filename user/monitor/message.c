/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_BUFFER = 4 << 20 /* of a burst of forks; net.core.wmem_max may allow less */ };

int message_pair(int ret[2])
{
	int bytes = SEND_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret))
		return -errno;
	for (int i = 0; i < 2; i++)
		setsockopt(ret[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return 0;
}

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int) * MESSAGE_FDS)];
};

int message_send(int fd, const struct monitor_message *message, const int *fds, size_t count)
{
	struct iovec part = { (void *)message, sizeof(*message) };
	union control control = {};
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (count > MESSAGE_FDS)
		return -EINVAL;
	if (count) {
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* Move the descriptors that came to `fds`; close those that do not fit. */
static size_t take_fds(struct msghdr *m, int *fds, size_t room)
{
	size_t count = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t came = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < came; i++) {
			int one;

			memcpy(&one, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (count < room)
				fds[count++] = one;
			else
				close(one);
		}
	}
	return count;
}

int message_receive(int fd, struct monitor_message *ret, int *fds, size_t *count)
{
	struct iovec part = { ret, sizeof(*ret) };
	union control control = {};
	struct msghdr m = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	ssize_t got;

	/* An end that closed with messages unread says so once, before what it had sent. */
	do
		got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (got < 0 && errno == ECONNRESET);
	if (got <= 0) {
		*count = 0;
		return got ? -errno : 0;
	}
	*count = take_fds(&m, fds, *count);
	if (got != sizeof(*ret) || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		for (size_t i = 0; i < *count; i++)
			close(fds[i]);
		*count = 0;
		return -EBADMSG;
	}
	ret->event[sizeof(ret->event) - 1] = '\0';
	ret->comm[sizeof(ret->comm) - 1] = '\0';
	ret->watched_by[sizeof(ret->watched_by) - 1] = '\0';
	ret->text[sizeof(ret->text) - 1] = '\0';
	return 1;
}
