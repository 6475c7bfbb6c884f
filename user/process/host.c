/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "user/base/mem.h"
#include "user/base/str.h"

static const struct {
	const char *machine, *arch;
} archs[] = {
	{ "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm32" },
	{ "i686", "x86" },     { "ppc64le", "ppc64" }, { "s390x", "s390x" },
};

static void copy_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
}

/* machine-id(5): 32 lower-case hex digits and a newline. */
static bool read_id(const char *path, char ret[65])
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[65] = {};
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (len < 32)
		return false;
	text[strcspn(text, "\n")] = 0;
	if (strspn(text, "0123456789abcdef") != strlen(text) || !text[0])
		return false;
	copy_text(ret, 65, text);
	return true;
}

const struct host *host_facts(void)
{
	static struct host host;
	static bool known;
	struct utsname name;

	if (known)
		return &host;
	known = true;
	if (!read_id("/etc/machine-id", host.id))
		read_id("/var/lib/dbus/machine-id", host.id);
	if (uname(&name))
		return &host;
	copy_text(host.name, sizeof(host.name), name.nodename);
	copy_text(host.arch, sizeof(host.arch), name.machine);
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
		if (!strcmp(archs[i].machine, name.machine))
			copy_text(host.arch, sizeof(host.arch), archs[i].arch);
	return &host;
}
