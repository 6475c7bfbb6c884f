/* SPDX-License-Identifier: Apache-2.0 */
/* user.h - a user of this host, by name or by number. */
#pragma once

#include <sys/types.h>

/*
 * The ids of `user`. A number need not stand in the host's list of users; its group is then the
 * same number. -ENOENT: there is none; -EPERM: it is root, or the number that means "no change".
 */
int user_find(const char *user, uid_t *ret_uid, gid_t *ret_gid);
