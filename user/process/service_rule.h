/* SPDX-License-Identifier: Apache-2.0 */
/* service_rule.h - which of the user's `services` a process is, and what is excluded. */
#pragma once

#include "user/config/config.h"

/* A glob with a '/' is for the whole path, one without for the executable's name. */
bool exe_matches(const char *glob, struct str exe);

bool exe_is_excluded(const struct config *config, struct str exe);

/* The first rule whose matchers all hold, or NULL. `ports` are decimal, separated by spaces. */
const struct service_rule *service_rule_find(const struct config *config, struct str exe,
					     struct str cgroup, struct str ports);
