/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup.h - what the text of /proc/PID/cgroup says about a process.
 *
 *	0::/system.slice/docker-<64 hex>.scope			docker, systemd driver
 *	0::/docker/<64 hex>					docker, cgroupfs driver
 *	0::/kubepods.slice/.../cri-containerd-<64 hex>.scope	containerd (crio-..., libpod-...)
 *	0::/kubepods/burstable/pod<uid>/<64 hex>		cgroupfs driver
 *	0::/system.slice/shop@1.service				a systemd unit
 */
#pragma once

#include "user/base/str.h"

/* The innermost container's id; empty when it is in none. */
struct str cgroup_container(struct str text);

/* The innermost unit ("shop@1.service") outside containers; empty when there is none. */
struct str cgroup_unit(struct str text);

/*
 * The path in the unified hierarchy, else in systemd's own, else the first; "/" only where all
 * are. Empty where no line is one of a cgroup file.
 */
struct str cgroup_path(struct str text);
