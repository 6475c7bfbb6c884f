/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/passing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int) * PASSING_FDS)];
};

int passing_send(int fd, const void *message, size_t size, const int *fds, size_t count)
{
	struct iovec part = { (void *)message, size };
	union control control = {};
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (count > PASSING_FDS)
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

int passing_receive(int fd, void *ret, size_t size, int *fds, size_t *count)
{
	struct iovec part = { ret, size };
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
	if ((size_t)got != size || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		for (size_t i = 0; i < *count; i++)
			close(fds[i]);
		*count = 0;
		return -EBADMSG;
	}
	return 1;
}
