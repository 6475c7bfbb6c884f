/* SPDX-License-Identifier: Apache-2.0 */
#include "user/probes/attacher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "user/base/mem.h"
#include "user/monitor/procfiles.h"
#include "user/probes/children.h"

/* All places must be what they are said to be. */
static enum refusal check(const struct attach_work *work)
{
	struct file_mappings mappings;
	struct procfiles process;
	enum refusal refusal = REFUSED_NOT;
	int error;

	if (procfiles_open(work->process, &process))
		return REFUSED_GONE;
	error = place_mappings(process.directory, work->file, &mappings);
	if (error == -ESRCH || (!error && !mappings.count))
		refusal = REFUSED_GONE; /* that is how an end is seen, or another program */
	else if (error)
		refusal = REFUSED_FILE;
	for (size_t i = 0; i < work->count && !refusal; i++)
		refusal = place_check(work->file, &mappings, &work->places[i]);
	procfiles_close(&process);
	return refusal;
}

/* Those of entries, or those of returns: a link has one kind. How many links, or negative errno. */
static int attach_kind(const struct attach_work *work, bool at_return, int *ret)
{
	struct attach_place places[SET_PLACES];
	size_t count = 0;

	for (size_t i = 0; i < work->count; i++)
		if (work->at_return[i] == at_return)
			places[count++] =
				(struct attach_place){ .offset = work->places[i].offset,
						       .semaphore_offset =
							       work->places[i].semaphore_offset,
						       .cookie = work->cookies[i] };
	if (!count)
		return 0;
	return attach_places(work->program, work->multi, work->file, at_return, places, count, ret);
}

/* Entries last: a pause whose end is seen and not its begin is told apart, and not the other way. */
static int attach(const struct attach_work *work, int links[SET_LINKS])
{
	int returns = attach_kind(work, true, links), entries;

	if (returns < 0)
		return returns;
	entries = attach_kind(work, false, links + returns);
	return entries < 0 ? entries : returns + entries;
}

__attribute__((noreturn)) static void child(const struct attach_work *work, int to)
{
	struct attach_answer answer = {};
	int links[SET_LINKS], count = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	child_keep((const int[]){ work->program, work->file, to }, 3);
	answer.refusal = check(work);
	if (!answer.refusal) {
		count = attach(work, links);
		answer.refusal = count < 0 ? REFUSED_KERNEL : REFUSED_NOT;
		answer.error = count < 0 ? count : 0;
	}
	passing_send(to, &answer, sizeof(answer), links, count > 0 ? (size_t)count : 0);
	_exit(0);
}

pid_t attacher_start(const struct attach_work *work, int *ret)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	pid = fork();
	if (!pid)
		child(work, ends[1]);
	if (pid < 0)
		pid = -errno;
	close(ends[1]);
	if (pid < 0)
		close(ends[0]);
	else
		*ret = ends[0];
	return pid;
}

int attacher_take(int fd, struct attach_answer *ret, int links[SET_LINKS])
{
	size_t count = SET_LINKS;
	int got = passing_receive(fd, ret, sizeof(*ret), links, &count);

	return got == 1 ? (int)count : got ? got : -ENODATA;
}

pid_t attacher_drop(int *links, size_t count, int *ret)
{
	int gate[2], kept[SET_LINKS + 1];
	pid_t pid = -1;
	char byte;

	if (!pipe2(gate, O_CLOEXEC)) {
		pid = fork();
		if (pid < 0) {
			close(gate[0]);
			close(gate[1]);
		}
	}
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		memcpy(kept, links, count * sizeof(kept[0]));
		kept[count] = gate[0];
		child_keep(kept, count + 1);
		_exit(read(gate[0], &byte, 1) < 0);
	}
	for (size_t i = 0; i < count; i++)
		close(links[i]);
	if (pid > 0) {
		close(gate[0]);
		*ret = gate[1];
	}
	return pid;
}
