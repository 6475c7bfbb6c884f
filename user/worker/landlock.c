/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/base/mem.h"
#include "user/export/exporter.h"

/* ABI 4 (6.7): ports. Not in Debian 12's headers. */
enum { ABI_PORTS = 4, RULE_PORT = 2, PORT_OF_NAMES = 53 };
#define ACCESS_BIND    (UINT64_C(1) << 0)
#define ACCESS_CONNECT (UINT64_C(1) << 1)

struct ruleset {
	uint64_t files, ports;
};

struct port_rule {
	uint64_t allowed, port;
} __attribute__((packed));

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define HANDLED                                                                                    \
	(READING | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                    \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                          \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                              \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                              \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                            \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)

/* What the resolver and TLS read; a directory stands for all below it. */
/* clang-format off */
static const char *const readable[] = {
	"/etc/resolv.conf", "/etc/hosts",     "/etc/nsswitch.conf", "/etc/host.conf",
	"/etc/gai.conf",    "/etc/services",  "/etc/localtime",	    "/etc/ssl",
	"/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/etc/gnutls",
	"/usr/share/zoneinfo", "/run/systemd/resolve", "/etc/crypto-policies",
	"/proc/self/status", "/proc/self/stat", "/proc/self/statm", "/proc/self/fd",
	"/sys/devices/system/cpu", "/dev/urandom", "/dev/null",
};
/* clang-format on */

static void allow_path(int ruleset, const char *path)
{
	_cleanup_(closep) int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .allowed_access = READING, .parent_fd = fd };
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		return;
	if (!S_ISDIR(status.st_mode))
		rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static void allow_directory(int ruleset, const char *file)
{
	_cleanup_(freep) char *directory = xstrdup(file);
	char *slash = strrchr(directory, '/');

	if (slash && slash != directory)
		*slash = '\0';
	else if (slash)
		slash[1] = '\0';
	allow_path(ruleset, slash ? directory : ".");
}

/*
 * The directories of a file that may be replaced while we run (certificates,
 * tokens): where it is named, and where it is when that is a link.
 */
static void allow_beside(void *context, const char *path)
{
	_cleanup_(freep) char *real = realpath(path, NULL);

	allow_directory(*(int *)context, path);
	if (real)
		allow_directory(*(int *)context, real);
}

static void allow_port(void *context, uint16_t port)
{
	struct port_rule rule = { .allowed = ACCESS_CONNECT, .port = port };

	syscall(SYS_landlock_add_rule, *(int *)context, RULE_PORT, &rule, 0);
}

int landlock_enter(const struct config *config)
{
	struct ruleset attribute = { .files = HANDLED };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	_cleanup_(closep) int ruleset = -1;

	if (abi <= 0)
		return 0;
	if (abi >= ABI_PORTS)
		attribute.ports = ACCESS_BIND | ACCESS_CONNECT;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attribute,
			       abi >= ABI_PORTS ? sizeof(attribute) : sizeof(attribute.files), 0);
	if (ruleset < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(readable); i++)
		allow_path(ruleset, readable[i]);
	for (size_t i = 0; exporters[i]; i++) {
		if (exporters[i]->paths)
			exporters[i]->paths(config, allow_beside, &ruleset);
		if (exporters[i]->ports && abi >= ABI_PORTS)
			exporters[i]->ports(config, allow_port, &ruleset);
		if (exporters[i]->resolves && exporters[i]->resolves(config) && abi >= ABI_PORTS)
			allow_port(&ruleset, PORT_OF_NAMES);
	}
	return syscall(SYS_landlock_restrict_self, ruleset, 0) ? 0 : (int)abi;
}
