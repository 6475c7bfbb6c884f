/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/user.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>

/* Digits alone, and no more than an id has. */
static int parse_id(const char *text, uid_t *ret)
{
	uint64_t n = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > UINT32_MAX)
			return -ENOENT;
	}
	if (*text)
		return -ENOENT;
	*ret = (uid_t)n;
	return 0;
}

int user_find(const char *user, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *entry = getpwnam(user);
	uid_t uid = 0;

	if (!*user || (!entry && parse_id(user, &uid)))
		return -ENOENT;
	if (!entry)
		entry = getpwuid(uid);
	if (entry)
		uid = entry->pw_uid;
	if (uid == 0 || uid == (uid_t)-1)
		return -EPERM;
	*ret_uid = uid;
	*ret_gid = entry ? entry->pw_gid : (gid_t)uid;
	return 0;
}
