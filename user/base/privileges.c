/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include "user/base/mem.h"
#include "user/base/user.h"

static const struct {
	int capability;
	enum privileges who;
	bool needed;
} kept[] = {
	{ CAP_BPF, PRIVILEGES_MONITOR, true },
	{ CAP_PERFMON, PRIVILEGES_MONITOR, true },
	{ CAP_SYS_PTRACE, PRIVILEGES_MONITOR, false },
	{ CAP_DAC_READ_SEARCH, PRIVILEGES_MONITOR, false },
	{ CAP_SYS_ADMIN, PRIVILEGES_MONITOR_PERF, false },
	{ CAP_SETUID, PRIVILEGES_SPAWNER, false },
	{ CAP_SETGID, PRIVILEGES_SPAWNER, false },
	{ CAP_SETPCAP, PRIVILEGES_SPAWNER, false },
	{ CAP_SYS_NICE, PRIVILEGES_SPAWNER, false },
};

static bool is_kept_by(size_t row, enum privileges which)
{
	return kept[row].who == which ||
	       (kept[row].who == PRIVILEGES_MONITOR && which == PRIVILEGES_MONITOR_PERF);
}

int privileges_keep(enum privileges which)
{
	bool has[ARRAY_SIZE(kept)];

	capng_get_caps_process();
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		has[i] = is_kept_by(i, which) &&
			 capng_have_capability(CAPNG_PERMITTED, (unsigned)kept[i].capability);
		if (is_kept_by(i, which) && kept[i].needed && !has[i])
			return -EPERM;
	}
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (has[i])
			capng_update(CAPNG_ADD,
				     CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
				     (unsigned)kept[i].capability);
	return capng_apply(CAPNG_SELECT_BOTH) ? -EPERM : 0;
}

static int become(uid_t uid, gid_t gid)
{
	return setresgid(gid, gid, gid) || setresuid(uid, uid, uid) ? -errno : 0;
}

/*
 * Between what 16 bits hold and the first subordinate ids (100000) no distribution gives out
 * any. A container often has none of these: there, those that systemd gives to services
 * without an account, unless one runs with it.
 */
static int become_unknown(void)
{
	static const uid_t ranges[][2] = { { 70000, 99999 }, { 61184, 65519 } };
	int error = -EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(ranges) && error == -EINVAL; i++) {
		uid_t id = ranges[i][0];

		while (id < ranges[i][1] && (getpwuid(id) || getgrgid(id)))
			id++;
		error = become(id, id);
	}
	return error;
}

int privileges_give_up(void)
{
	struct rlimit nothing = {};

	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_DUMPABLE, 0) || setrlimit(RLIMIT_CORE, &nothing))
		return -EPERM;
	return 0;
}

int privileges_drop_all(const char *user)
{
	uid_t uid;
	gid_t gid;
	int error;
	bool known = !user_find(user ? user : "sonde", &uid, &gid);

	if (user && !known)
		return -ENOENT;
	capng_clear(CAPNG_SELECT_BOTH);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SETUID);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SETGID);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SETPCAP);
	if (capng_apply(CAPNG_SELECT_BOTH))
		return -EPERM;
	if (setgroups(0, NULL))
		return -errno;
	error = known ? become(uid, gid) : become_unknown();
	return error ? error : privileges_give_up();
}

void privileges_missing(char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	capng_get_caps_process();
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (kept[i].who != PRIVILEGES_MONITOR_PERF &&
		    !capng_have_capability(CAPNG_EFFECTIVE, (unsigned)kept[i].capability) &&
		    len < size)
			len += (size_t)snprintf(
				ret + len, size - len, "%sCAP_%s", len ? " " : "",
				capng_capability_to_name((unsigned)kept[i].capability));
	for (char *at = ret; *at; at++)
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
}
