/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.c - any payload of a record, and any content of a process's files.
 *
 * The first byte chooses: 'p' payloads, one a record, ended by 0xff; else the
 * rest is exe, cmdline, environ, cgroup, stat and package.json, split by 0xff.
 */
#include "user/process/process.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/base/limits.h"
#include "user/config/config.h"
#include "user/process/fact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As in enum process_file, and one that is asked for. */
enum { PACKAGE = PROCESS_FILES, FILE_COUNT };

/* A file is written when its content is another than the last time: writing costs most. */
static struct {
	int fd;
	char *text;
	size_t len;
} kept[FILE_COUNT];

static void require(bool holds)
{
	if (!holds)
		abort();
}

static int package_open(void *context, const char *path)
{
	(void)context;
	require(strlen(path) >= strlen("package.json"));
	return dup(kept[PACKAGE].fd);
}

static void check_resource(void *context, const struct process *process)
{
	const struct resource *r = process->resource;

	(void)context;
	if (!r)
		return;
	require(r->references > 0 && r->attribute_count <= RESOURCE_ATTRIBUTES);
	require(r->service_instance.len > 0);
	for (size_t i = 0; i < r->attribute_count; i++)
		require(attribute_find(r->attributes, r->attribute_count, r->attributes[i].key) ==
			&r->attributes[i]);
}

static int learn(struct processes *p, struct process_id id, struct str payload)
{
	size_t size = sizeof(struct record) + payload.len;
	struct record_process *record = malloc(size);
	int r;

	record->head = (struct record){
		.type = RECORD_PROCESS, .size = (uint32_t)size, .at_ns = 1, .process = id
	};
	if (payload.len)
		memcpy(record->payload, payload.at, payload.len);
	r = processes_learn(p, record);
	free(record);
	return r;
}

/* Few ids, so that records meet: parents, children and the same again. */
static void learn_each(struct processes *p, struct str in)
{
	struct str payload;

	while (take_part(&in, '\xff', &payload)) {
		struct process_id id = { .tgid = payload.len % 4,
					 .started_ns = payload.len / 4 % 2 };

		learn(p, id, payload);
	}
}

static void file_fill(int which, struct str text)
{
	if (kept[which].text && str_eq((struct str){ kept[which].text, kept[which].len }, text))
		return;
	if (!kept[which].text)
		kept[which].fd = memfd_create("file", MFD_CLOEXEC);
	require(!ftruncate(kept[which].fd, 0));
	require(pwrite(kept[which].fd, text.at ? text.at : "", text.len, 0) == (ssize_t)text.len);
	kept[which].text = realloc(kept[which].text, text.len + 1);
	memcpy(kept[which].text, text.at ? text.at : "", text.len);
	kept[which].len = text.len;
}

static void facts_from(struct processes *p, const struct config *config, struct str in)
{
	struct process_id id = { .tgid = 1, .started_ns = 123456789012 }, parent = {};
	struct buf record = buf_new(1 << 20);
	struct str exe = {}, text;
	char *exe_text;
	struct process_files files;
	int fds[PROCESS_FILES];

	take_part(&in, '\xff', &exe);
	exe_text = strndup(exe.at ? exe.at : "", exe.len);
	for (int i = 0; i < FILE_COUNT; i++) {
		text = (struct str){};
		take_part(&in, '\xff', &text);
		file_fill(i, text);
	}
	for (int i = 0; i < PROCESS_FILES; i++)
		fds[i] = kept[i].fd;
	files = process_files_new(fds, PROCESS_FILES, PROCESS_FILES_ALL);
	files.exe = exe_text;
	files.comm = "comm";
	files.open = package_open;
	if (!process_facts(config, id, parent, "seen", NULL, &files, 1, &record)) {
		struct str payload = str_after(buf_str(&record), sizeof(struct record));
		struct facts facts;

		require(!facts_parse(payload, &facts) && facts.at[FACT_NAME].len);
		require(!learn(p, id, payload));
	}
	free(exe_text);
	buf_free(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct service_rule services[] = { { .exe = "envoy", .name = "mesh" },
						  { .cgroup = "/a/*", .name = "a" } };
	static const struct config config = {
		.limit.processes = 6,
		.services = services,
		.service_count = 2,
	};
	struct str in = { (const char *)data, size };
	struct processes *p;

	if (!size)
		return 0;
	p = processes_new(&config);
	if (data[0] == 'p')
		learn_each(p, str_after(in, 1));
	else
		facts_from(p, &config, str_after(in, 1));
	processes_each(p, check_resource, NULL);
	processes_expire(p, UINT64_MAX);
	processes_free(p);
	return 0;
}
