/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/package.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>

#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/process/read.h"

/* npm: a name has at most 214 characters. */
enum { MAX_NAME = 214 };

static bool name_in(struct str text, struct buf *ret)
{
	json_t *root = text.len ? json_loadb(text.at, text.len, 0, NULL) : NULL;
	json_t *name = json_object_get(root, "name");
	size_t len = json_string_length(name);
	bool found = len > 0 && len <= MAX_NAME &&
		     !buf_add(ret, (struct str){ json_string_value(name), len });

	json_decref(root);
	return found;
}

/* "DIRECTORY/package.json", where the directory is empty or ends with a slash. */
static bool name_beside(const struct process_files *files, struct str directory, struct buf *ret)
{
	struct buf text = buf_new(LIMIT_PROC_FILE_BYTES);
	char path[PATH_MAX];
	bool found;
	int fd;

	if (directory.len + sizeof("package.json") > sizeof(path))
		return false;
	snprintf(path, sizeof(path), "%.*spackage.json", STR_ARGS(directory));
	fd = files->open(files->context, path);
	if (fd < 0)
		return false;
	found = !read_regular(fd, &text) && name_in(buf_str(&text), ret);
	close(fd);
	buf_free(&text);
	return found;
}

/* The directory that holds what `path` names, with its slash; empty at the top. */
static struct str parent_of(struct str path)
{
	const char *slash;

	while (path.len && path.at[path.len - 1] == '/')
		path.len--;
	slash = path.len ? memrchr(path.at, '/', path.len) : NULL;
	return str_first(path, slash ? (size_t)(slash - path.at) + 1 : 0);
}

bool package_name(const struct process_files *files, struct str script, struct buf *ret)
{
	static const struct str above[] = { STR("../"), STR("../../") };
	struct str directory = script;

	if (!files->open || !script.len || memchr(script.at, '\0', script.len))
		return false;
	for (int level = 0; level < PACKAGE_LEVELS && directory.len; level++) {
		directory = parent_of(directory);
		if (name_beside(files, directory, ret))
			return true;
	}
	/* A relative path ends in the working directory, which may be dist/ or src/. */
	for (size_t i = 0; script.at[0] != '/' && i < ARRAY_SIZE(above); i++)
		if (name_beside(files, above[i], ret))
			return true;
	return false;
}
