/* SPDX-License-Identifier: Apache-2.0 */
#include "user/command/agent.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/listen.h"
#include "user/base/mem.h"

enum { ANSWER_BYTES = 32 << 20, PIECE_BYTES = 64 << 10, WAIT_S = 5 };

/* Anybody may take an abstract name: root, we ourselves or our own program may answer it. */
static bool is_sonde(int fd)
{
	struct stat own, its;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	char path[32];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	snprintf(path, sizeof(path), "/proc/%d/exe", peer.pid);
	return !stat("/proc/self/exe", &own) && !stat(path, &its) && own.st_dev == its.st_dev &&
	       own.st_ino == its.st_ino;
}

static int agent_connect(struct silence *ret)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval wait = { .tv_sec = WAIT_S };
	struct sockaddr_un address;
	socklen_t len = inspect_address(&address);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, len)) {
		snprintf(ret->why, WHY_BYTES, "no sonde is running in this network namespace (%s)",
			 strerror(errno));
		ret->no_agent = true;
		return -1;
	}
	if (!is_sonde(fd)) {
		snprintf(ret->why, WHY_BYTES, "somebody else has sonde's socket: it was not asked");
		return -1;
	}
	return TAKE_FD(fd);
}

/* All that comes until the other end hangs up. */
static int hear(int fd, struct buf *answer)
{
	for (;;) {
		char *to = buf_reserve(answer, PIECE_BYTES);
		ssize_t got = to ? read(fd, to, PIECE_BYTES) : -1;

		if (got < 0 && to && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -EIO : 0;
		answer->len += (size_t)got;
	}
}

json_t *agent_ask(const char *question, struct silence *ret)
{
	_cleanup_(closep) int fd = agent_connect(ret);
	_cleanup_(freep) char *line = xasprintf("%s\n", question);
	struct buf answer = buf_new(ANSWER_BYTES);
	json_t *root = NULL;

	if (fd < 0)
		return NULL;
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line) &&
	    !hear(fd, &answer) && answer.len)
		root = json_loadb(answer.at, answer.len, 0, NULL);
	if (!root)
		snprintf(ret->why, WHY_BYTES, "%s",
			 geteuid() ? "the running sonde did not answer: only root and the user "
				     "that it runs as may ask it"
				   : "the running sonde did not answer: it is busy or starting");
	buf_free(&answer);
	if (root && !json_is_object(root)) {
		json_decref(root);
		root = NULL;
	}
	return root;
}
