/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/service_rule.h"

#include "user/config/glob.h"

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
