/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/cgroup.h"

#include "user/base/mem.h"

enum { CONTAINER_ID_LEN = 64 };

/* What engines write before the id in a scope's name. */
static const struct str engines[] = {
	STR(""),     STR("docker"), STR("cri-containerd"), STR("containerd"),
	STR("crio"), STR("libpod"), STR("nerdctl"),
};

/* Units that hold whatever a person or a tool runs: their names say nothing of it. */
static const struct str no_service[] = { STR("user@"), STR("run-r"), STR("run-u"), STR("run-p") };

/* The path of the next line "4:memory:/path". */
static bool take_path(struct str *text, struct str *controllers, struct str *ret)
{
	struct str line, number;

	while (take_part(text, '\n', &line))
		if (take_until(&line, ':', &number) && take_until(&line, ':', controllers)) {
			*ret = line;
			return true;
		}
	return false;
}

struct str cgroup_path(struct str text)
{
	struct str controllers, path, best = {};
	int best_rank = 0;

	while (take_path(&text, &controllers, &path)) {
		int rank = !controllers.len ? 3 : str_eq(controllers, STR("name=systemd")) ? 2 : 1;

		/* "/" says nothing of the process: it is the answer where nothing else is. */
		rank += path.len > 1 ? 3 : 0;
		if (rank > best_rank) {
			best = path;
			best_rank = rank;
		}
	}
	return best;
}

static bool take_suffix(struct str *in, struct str suffix)
{
	if (in->len < suffix.len ||
	    memcmp(in->at + in->len - suffix.len, suffix.at, suffix.len) != 0)
		return false;
	in->len -= suffix.len;
	return true;
}

static bool is_container_id(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.at[i] >= '0' && s.at[i] <= '9') || (s.at[i] >= 'a' && s.at[i] <= 'f')))
			return false;
	return s.len == CONTAINER_ID_LEN;
}

/* "docker-<id>.scope", "<id>", or "kubepods-...:cri-containerd:<id>". */
static struct str segment_container(struct str segment)
{
	struct str id, engine = {};
	const char *colon;

	take_suffix(&segment, STR(".scope"));
	if (segment.len < CONTAINER_ID_LEN)
		return (struct str){};
	id = str_after(segment, segment.len - CONTAINER_ID_LEN);
	if (!is_container_id(id))
		return (struct str){};
	if (segment.len > id.len) {
		engine = str_first(segment, segment.len - id.len - 1);
		if (id.at[-1] != '-' && id.at[-1] != ':')
			return (struct str){};
	}
	colon = engine.len ? memrchr(engine.at, ':', engine.len) : NULL;
	if (colon)
		engine = str_after(engine, (size_t)(colon - engine.at) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
		if (str_eq(engines[i], engine))
			return id;
	return (struct str){};
}

struct str cgroup_container(struct str text)
{
	struct str controllers, path, segment, found = {};

	while (!found.len && take_path(&text, &controllers, &path))
		while (take_part(&path, '/', &segment)) {
			struct str id = segment_container(segment);

			if (id.len)
				found = id;
		}
	return found;
}

static bool is_service(struct str segment)
{
	for (size_t i = 0; i < ARRAY_SIZE(no_service); i++)
		if (str_starts(segment, no_service[i]))
			return false;
	return take_suffix(&segment, STR(".service")) && segment.len;
}

struct str cgroup_unit(struct str text)
{
	struct str controllers, path, segment, found = {};

	if (cgroup_container(text).len)
		return found;
	while (!found.len && take_path(&text, &controllers, &path))
		while (take_part(&path, '/', &segment))
			if (is_service(segment))
				found = segment;
	return found;
}
