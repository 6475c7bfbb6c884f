/* SPDX-License-Identifier: Apache-2.0 */
/* landlock.h - which files a worker may read and which ports it may connect to. */
#pragma once

#include "user/config/config.h"

/* The ABI version that is enforced now, 0 where the kernel has none or refused. */
int landlock_enter(const struct config *config);
