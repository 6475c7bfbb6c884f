/* SPDX-License-Identifier: Apache-2.0 */
#include "user/reader/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/base/passing.h"
#include "user/elf/image.h"
#include "user/monitor/procfiles.h"
#include "user/reader/confine.h"
#include "user/reader/find.h"
#include "user/reader/mapped.h"

/* Tables of one file at once; the largest, Node's, are 30 MB. The rest is for looking at them. */
#define TABLE_BYTES (READER_BYTES / 4 * 3)
/* Of one file; all of Node's lookups read 40 MB. */
#define READ_BYTES (UINT64_C(1) << 30)

enum { ANSWER = STDERR_FILENO + 1 };

static void read_files(const struct mapped *files, struct reader_answer *answer,
		       int passed[READER_FILES], size_t *count)
{
	const struct image_limits limits = { .memory = TABLE_BYTES, .read = READ_BYTES };

	for (size_t i = 0; i < files->count; i++) {
		struct image *image;

		if (*count == READER_FILES || image_open(files->fds[i], limits, &image)) {
			answer->refused++;
			continue;
		}
		if (find_runtimes(image, (uint16_t)*count, answer))
			passed[(*count)++] = files->fds[i];
		image_free(image);
	}
}

/* All that needs privileges: when it is done there are the files, and nothing else is open. */
static int open_files(struct process_id process, struct mapped *ret)
{
	struct procfiles p;
	int error = procfiles_open(process, &p);

	if (error)
		return error;
	error = mapped_open(&p, ret);
	procfiles_close(&p);
	return error;
}

/* An end of its own, for when nobody ends it: while opening or reading a file never comes back. */
static void end_in_time(void)
{
	sigset_t alarms;

	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &alarms, NULL);
	alarm(READER_NS / NS_PER_S);
}

/* Whatever standard error is to others, to it it is nothing. */
static int keep_only(int fd)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (dup2(nothing, i) < 0)
			return -errno;
	if (dup2(fd, ANSWER) < 0)
		return -errno;
	return syscall(SYS_close_range, ANSWER + 1, ~0U, 0) ? -errno : 0;
}

/* Keeps nothing open that it was born with: it must not keep the kernel half loaded. */
__attribute__((noreturn)) static void child(struct process_id process, int fd)
{
	struct reader_answer *answer = xcalloc(1, sizeof(*answer));
	struct mapped *files = xcalloc(1, sizeof(*files));
	int passed[READER_FILES];
	size_t count = 0;

	if (keep_only(fd))
		_exit(1);
	prctl(PR_SET_NAME, "sonde-reader");
	end_in_time();
	answer->error = open_files(process, files);
	answer->unopened = files->unopened;
	if (!answer->error)
		answer->error = confine_enter();
	if (!answer->error)
		read_files(files, answer, passed, &count);
	passing_send(ANSWER, answer, sizeof(*answer), passed, count);
	_exit(0);
}

pid_t reader_start(struct process_id process, int *ret)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		child(process, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -errno;
	}
	*ret = ends[0];
	return pid;
}
