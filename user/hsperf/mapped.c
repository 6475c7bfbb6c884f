/* SPDX-License-Identifier: Apache-2.0 */
#include "user/hsperf/mapped.h"

#include <errno.h>
#include <stdio.h>

#include "user/base/buf.h"
#include "user/base/limits.h"
#include "user/base/maps.h"
#include "user/base/mem.h"
#include "user/process/read.h"

#define FOLDER STR("/tmp/hsperfdata_")

/* "/tmp/hsperfdata_USER/PID" and no more. */
static bool is_counters(struct str path, struct str pid)
{
	struct str user;

	if (!str_starts(path, FOLDER))
		return false;
	path = str_after(path, FOLDER.len);
	return take_until(&path, '/', &user) && str_eq(path, pid);
}

/* Its path, or empty. */
static struct str find(struct str maps, struct str pid)
{
	struct mapping mapping;

	while (take_mapping(&maps, &mapping) > 0)
		if (is_counters(mapping.path, pid))
			return mapping.path;
	return (struct str){};
}

int hsperf_mapped(int maps, uint32_t inner_pid, char *ret, size_t size)
{
	_cleanup_(buf_free) struct buf text = buf_new(LIMIT_MAPS_BYTES);
	char digits[16];
	struct str pid = { digits, (size_t)snprintf(digits, sizeof(digits), "%u", inner_pid) },
		   path;

	if (maps < 0 || read_proc(maps, &text))
		return -ENOENT;
	path = find(buf_str(&text), pid);
	if (!path.len || path.len >= size)
		return -ENOENT;
	memcpy(ret, path.at, path.len);
	ret[path.len] = '\0';
	return 0;
}
