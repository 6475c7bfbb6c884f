/* SPDX-License-Identifier: Apache-2.0 */
#include "user/config/watch.h"

#include <fnmatch.h>
#include <stdio.h>

#include "user/base/mem.h"
#include "user/config/glob.h"

/* Never chosen by port: they hold sockets that belong to somebody else's service. */
static const char *const never_by_port[] = { "containerd-shim*", "docker-proxy", "conmon",
					     "crio-conmon*", "systemd" };

static const char *list_match(const struct text_list *list, const char *exe)
{
	for (size_t i = 0; i < list->count; i++)
		if (*exe && exe_matches(list->at[i], str_of(exe)))
			return list->at[i];
	return NULL;
}

/* A cgroup is matched by its path, and by each of the paths above it. */
static const char *cgroup_match(const struct text_list *list, const char *cgroup)
{
	char path[512];

	snprintf(path, sizeof(path), "%s", cgroup);
	while (*path) {
		char *slash = strrchr(path, '/');

		for (size_t i = 0; i < list->count; i++)
			if (!fnmatch(list->at[i], path, 0))
				return list->at[i];
		if (!slash)
			break;
		*slash = '\0';
	}
	return NULL;
}

static int port_match(const struct config *config, const uint16_t *ports, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ports[i] && port_list_has(&config->watch.port, ports[i]))
			return ports[i];
	return 0;
}

static bool by_port_never(uint32_t tgid, const char *exe)
{
	for (size_t i = 0; i < ARRAY_SIZE(never_by_port); i++)
		if (exe_matches(never_by_port[i], str_of(exe)))
			return true;
	return tgid == 1;
}

const char *watch_rule(const struct config *config, uint32_t tgid, const char *exe,
		       const char *cgroup, const uint16_t *ports, size_t port_count,
		       const char **why_not, char *text, size_t size)
{
	const char *glob = list_match(&config->watch.exclude_exe, exe);
	int port;

	*why_not = NULL;
	if (glob) {
		*why_not = "watch.exclude.exe names its executable";
		return NULL;
	}
	for (size_t i = 0; i < config->watch.pid.count; i++)
		if (config->watch.pid.at[i] == tgid) {
			snprintf(text, size, "watch.pid=%u", tgid);
			return text;
		}
	glob = list_match(&config->watch.exe, exe);
	if (glob) {
		snprintf(text, size, "watch.exe=%s", glob);
		return text;
	}
	glob = cgroup_match(&config->watch.cgroup, cgroup);
	if (glob) {
		snprintf(text, size, "watch.cgroup=%s", glob);
		return text;
	}
	port = port_match(config, ports, port_count);
	if (port && !by_port_never(tgid, exe)) {
		snprintf(text, size, "watch.port=%d", port);
		return text;
	}
	if (config->watch.all) {
		snprintf(text, size, "watch.all");
		return text;
	}
	*why_not = port ? "it listens on a watched port for somebody else (a shim or proxy)"
			: "no option of watch.* names it";
	return NULL;
}
