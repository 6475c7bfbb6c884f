/* SPDX-License-Identifier: Apache-2.0 */
#include "user/config/glob.h"

#include <fnmatch.h>
#include <limits.h>

bool glob_matches(const char *glob, struct str text)
{
	char copy[PATH_MAX];

	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.at ? text.at : "", text.len);
	copy[text.len] = 0;
	return fnmatch(glob, copy, 0) == 0;
}

bool exe_matches(const char *glob, struct str exe)
{
	const char *slash = exe.len ? memrchr(exe.at, '/', exe.len) : NULL;

	if (slash && !strchr(glob, '/'))
		exe = str_after(exe, (size_t)(slash - exe.at) + 1);
	return glob_matches(glob, exe);
}
