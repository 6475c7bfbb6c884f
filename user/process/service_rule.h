/* SPDX-License-Identifier: Apache-2.0 */
/* service_rule.h - which of the user's `services` a process is,. */
#pragma once

#include "user/config/config.h"

/* The first rule whose matchers all hold, or NULL. `ports` are decimal, separated by spaces. */
const struct service_rule *service_rule_find(const struct config *config, struct str exe,
					     struct str cgroup, struct str ports);
