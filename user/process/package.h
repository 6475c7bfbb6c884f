/* SPDX-License-Identifier: Apache-2.0 */
/* package.h - the name in the package.json that a Node script belongs to. */
#pragma once

#include "user/process/process.h"

/*
 * Look beside the script and upwards for the nearest package.json that has a
 * name and append it. False when there is none within PACKAGE_LEVELS.
 */
enum { PACKAGE_LEVELS = 12 };
bool package_name(const struct process_files *files, struct str script, struct buf *ret);
