/* SPDX-License-Identifier: Apache-2.0 */
#include "user/reader/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/maps.h"
#include "user/base/mem.h"

enum { READ_BYTES = 64 << 10 };

static dev_t device_of(const struct mapping *mapping)
{
	return makedev(mapping->major, mapping->minor);
}

/* False for what is too long. */
static bool decode_path(struct str in, char ret[static PATH_MAX])
{
	static const struct str line_end = { "\\012", 4 };
	size_t len = 0;

	while (in.len && len < PATH_MAX - 1) {
		bool escaped = str_starts(in, line_end);

		ret[len++] = escaped ? '\n' : in.at[0];
		in = str_after(in, escaped ? line_end.len : 1);
	}
	ret[len] = '\0';
	return !in.len;
}

/* These two give stat another device than maps, with the same inode. */
static bool devices_differ(int fd)
{
	struct statfs system;

	return !fstatfs(fd, &system) &&
	       (system.f_type == OVERLAYFS_SUPER_MAGIC || system.f_type == BTRFS_SUPER_MAGIC);
}

static bool is_file_of(int fd, const struct mapping *mapping)
{
	struct stat file;

	return fd >= 0 && !fstat(fd, &file) && S_ISREG(file.st_mode) &&
	       file.st_ino == mapping->inode &&
	       (file.st_dev == device_of(mapping) || devices_differ(fd));
}

/* Nothing is opened by a look with O_PATH, so a fifo or a device in the file's place does nothing. */
static int open_below(int root, const char *path, const struct mapping *mapping)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	_cleanup_(closep) int found = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	char self[32];

	if (!is_file_of(found, mapping))
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	return open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* What a process is opened through, and what was seen of it. */
struct opening {
	int exe, root;
	int own_root; /* paths of a process that is below a chroot are told from ours */
	dev_t devices[LIMIT_READER_OPENS];
	uint64_t inodes[LIMIT_READER_OPENS];
	size_t seen;
};

static int open_mapping(const struct opening *o, const struct mapping *mapping)
{
	char path[PATH_MAX];
	int fd = -1;

	if (is_file_of(o->exe, mapping))
		return fcntl(o->exe, F_DUPFD_CLOEXEC, 0);
	if (!decode_path(mapping->path, path))
		return -1;
	if (o->root >= 0)
		fd = open_below(o->root, path, mapping);
	return fd < 0 && o->own_root >= 0 ? open_below(o->own_root, path, mapping) : fd;
}

static bool is_new(struct opening *o, const struct mapping *mapping)
{
	for (size_t i = 0; i < o->seen; i++)
		if (o->inodes[i] == mapping->inode && o->devices[i] == device_of(mapping))
			return false;
	if (o->seen < LIMIT_READER_OPENS) {
		o->devices[o->seen] = device_of(mapping);
		o->inodes[o->seen++] = mapping->inode;
	}
	return true;
}

static int read_maps(int directory, struct buf *ret)
{
	_cleanup_(closep) int fd = openat(directory, "maps", O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;
	char *at;

	if (fd < 0)
		return -errno;
	while ((at = buf_reserve(ret, READ_BYTES))) {
		got = read(fd, at, READ_BYTES);
		ret->len += got > 0 ? (size_t)got : 0;
		if (got <= 0)
			break;
	}
	return at && got < 0 ? -errno : 0;
}

static void open_all(struct opening *o, struct str maps, struct mapped *ret)
{
	struct mapping mapping;

	while (take_mapping(&maps, &mapping) > 0) {
		int fd;

		if (!mapping.executable || !mapping.inode || !str_starts(mapping.path, STR("/")) ||
		    !is_new(o, &mapping))
			continue;
		fd = ret->count < LIMIT_READER_OPENS ? open_mapping(o, &mapping) : -1;
		if (fd < 0)
			ret->unopened++;
		else
			ret->fds[ret->count++] = fd;
	}
}

int mapped_open(const struct procfiles *p, struct mapped *ret)
{
	struct buf maps = buf_new(LIMIT_MAPS_BYTES);
	struct opening *o;
	int error = read_maps(p->directory, &maps);

	*ret = (struct mapped){ .unopened = maps.full };
	if (error || !maps.len) {
		buf_free(&maps);
		return error ? error : -ESRCH;
	}
	o = xcalloc(1, sizeof(*o));
	o->exe = openat(p->directory, "exe", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	o->root = openat(p->directory, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	o->own_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	open_all(o, buf_str(&maps), ret);
	closep(&o->exe);
	closep(&o->root);
	closep(&o->own_root);
	free(o);
	buf_free(&maps);
	return 0;
}
