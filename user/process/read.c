/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/read.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 4096 };

int read_proc(int fd, struct buf *ret)
{
	size_t start = ret->len;

	while (fd >= 0 && ret->len < ret->limit) {
		size_t room = ret->limit - ret->len < PIECE ? ret->limit - ret->len : PIECE;
		ssize_t got = pread(fd, buf_reserve(ret, room), room, (off_t)(ret->len - start));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ESRCH)
			return -ESRCH;
		if (got <= 0)
			break;
		ret->len += (size_t)got;
	}
	return 0;
}

int read_regular(int fd, struct buf *ret)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return -EINVAL;
	return read_proc(fd, ret);
}
