/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/service_rule.h"

#include <fnmatch.h>
#include <limits.h>

static bool glob_matches(const char *glob, struct str text)
{
	char copy[PATH_MAX];

	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.at ? text.at : "", text.len);
	copy[text.len] = 0;
	return fnmatch(glob, copy, 0) == 0;
}

bool exe_matches(const char *glob, struct str exe)
{
	const char *slash = exe.len ? memrchr(exe.at, '/', exe.len) : NULL;

	if (slash && !strchr(glob, '/'))
		exe = str_after(exe, (size_t)(slash - exe.at) + 1);
	return glob_matches(glob, exe);
}

bool exe_is_excluded(const struct config *config, struct str exe)
{
	for (size_t i = 0; i < config->watch.exclude_exe.count; i++)
		if (exe_matches(config->watch.exclude_exe.at[i], exe))
			return true;
	return false;
}

static bool ports_match(const struct port_list *wanted, struct str ports)
{
	struct str digits;

	while (take_part(&ports, ' ', &digits)) {
		uint32_t port = 0;

		for (size_t i = 0; i < digits.len && i < 5; i++)
			port = port * 10 + (uint32_t)(digits.at[i] - '0');
		if (port <= UINT16_MAX && port_list_has(wanted, (uint16_t)port))
			return true;
	}
	return false;
}

static bool rule_holds(const struct service_rule *rule, struct str exe, struct str cgroup,
		       struct str ports)
{
	return (!rule->exe || exe_matches(rule->exe, exe)) &&
	       (!rule->cgroup || glob_matches(rule->cgroup, cgroup)) &&
	       (!rule->port.count || ports_match(&rule->port, ports));
}

const struct service_rule *service_rule_find(const struct config *config, struct str exe,
					     struct str cgroup, struct str ports)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (rule_holds(&config->services[i], exe, cgroup, ports))
			return &config->services[i];
	return NULL;
}
