/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/message.h"

#include <errno.h>
#include <sys/socket.h>

#include "user/base/passing.h"

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

int message_send(int fd, const struct monitor_message *message, const int *fds, size_t count)
{
	if (count > MESSAGE_FDS)
		return -EINVAL;
	return passing_send(fd, message, sizeof(*message), fds, count);
}

int message_receive(int fd, struct monitor_message *ret, int *fds, size_t *count)
{
	int got = passing_receive(fd, ret, sizeof(*ret), fds, count);

	if (got <= 0)
		return got;
	ret->event[sizeof(ret->event) - 1] = '\0';
	ret->comm[sizeof(ret->comm) - 1] = '\0';
	ret->watched_by[sizeof(ret->watched_by) - 1] = '\0';
	ret->text[sizeof(ret->text) - 1] = '\0';
	return 1;
}
