/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h - what watch.* says of one process; nothing is asked of the kernel here. */
#pragma once

#include "user/config/config.h"

/*
 * Why a process would or would not be watched: the option that chooses it, or
 * NULL with `why_not` set. `ports` are those it listens on.
 */
const char *watch_rule(const struct config *config, uint32_t tgid, const char *exe,
		       const char *cgroup, const uint16_t *ports, size_t port_count,
		       const char **why_not, char *text, size_t size);
