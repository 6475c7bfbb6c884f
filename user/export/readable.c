/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/readable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/mem.h"

void unreadable_say(const char *path, int error, char *ret, size_t size)
{
	int len = snprintf(ret, size, "%s: %s", path, strerror(error));

	if ((error == EACCES || error == EPERM) && (size_t)len < size)
		snprintf(ret + len, size - (size_t)len,
			 "; it is read as uid %u, the user of worker.user: let that user read it "
			 "(by its group or an ACL), or name another",
			 geteuid());
}

int readable_check(const char *path, char *ret, size_t size)
{
	_cleanup_(closep) int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	int error = errno;

	if (!path || fd >= 0)
		return 0;
	unreadable_say(path, error, ret, size);
	return -error;
}
