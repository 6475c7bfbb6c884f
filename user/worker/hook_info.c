/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/hook_info.h"

#include "user/base/mem.h"
#include "user/probes/refusal.h"
#include "user/process/runtime_facts.h"
#include "user/runtime/runtime.h"

/* A runtime has a few purposes and flavours; each version has its own reason at most. */
enum { ROWS = 1024, ROW_BYTES = 128 };

struct rows {
	struct metric_sink *sink;
	size_t count, left;	  /* left: those that found no room */
	char at[ROWS][ROW_BYTES]; /* hook, flavour and reason, each ended by NUL */
};

/* How it is attached is in the row of FEATURE_PROBES; here is only why not. */
static struct str reason_of(const struct hook_fact *hook)
{
	return str_eq(hook->flavour, STR("none")) ? hook->how : STR("");
}

static void give(struct metric_sink *sink, const char *row)
{
	const char *flavour = row + strlen(row) + 1, *reason = flavour + strlen(flavour) + 1;
	const struct attribute attributes[] = {
		attribute_text(STR("hook"), str_of(row)),
		attribute_text(STR("flavour"), str_of(flavour)),
		attribute_text(STR("reason"), str_of(reason)),
	};
	const struct sample sample = { .attributes = attributes,
				       .attribute_count = ARRAY_SIZE(attributes),
				       .value = 1 };

	sink->sample(sink, &sample);
}

static void add_row(struct rows *rows, struct str runtime, const struct hook_fact *hook)
{
	struct str name = runtime_name(runtime), reason = reason_of(hook);
	char row[ROW_BYTES] = "";
	int len;

	len = snprintf(row, sizeof(row), "%.*s-%.*s%c%.*s%c%.*s", STR_ARGS(name),
		       STR_ARGS(hook->purpose), '\0', STR_ARGS(hook->flavour), '\0',
		       STR_ARGS(reason));
	for (size_t i = 0; len < ROW_BYTES && i < rows->count; i++)
		if (!memcmp(rows->at[i], row, sizeof(row)))
			return;
	if (len < 0 || len >= ROW_BYTES || rows->count == ROWS) {
		rows->left++;
		return;
	}
	memcpy(rows->at[rows->count++], row, sizeof(row));
	give(rows->sink, row);
}

static void add_process(void *context, const struct process *process)
{
	struct str lines = str_of(process->runtimes), runtime, hooks;
	struct hook_fact hook;

	if (process->ended)
		return;
	while (take_runtime(&lines, &runtime, &hooks))
		while (take_hook(&hooks, &hook))
			add_row(context, runtime, &hook);
}

size_t hook_info_collect(const struct processes *p, struct metric_sink *sink)
{
	struct rows *rows = xcalloc(1, sizeof(*rows));
	size_t left;

	rows->sink = sink;
	processes_each(p, add_process, rows);
	left = rows->left;
	free(rows);
	return left;
}

/* What is not told where the purpose has no hooks. */
static const char *without_of(struct str runtime, struct str purpose)
{
	for (size_t i = 0; runtimes[i]; i++) {
		const struct purpose *p = runtimes[i]->purposes;

		if (!str_eq(str_of(runtimes[i]->name), runtime_name(runtime)))
			continue;
		for (size_t k = 0; k < RUNTIME_PURPOSES && p[k].name; k++)
			if (str_eq(str_of(p[k].name), purpose))
				return p[k].without;
	}
	return NULL;
}

static json_t *hook_json(struct str runtime, const struct hook_fact *hook)
{
	struct str reason = reason_of(hook);
	const char *sentence = refusal_sentence(reason);
	const char *without = without_of(runtime, hook->purpose);
	json_t *json =
		json_pack("{ss%ss%ss%}", "purpose", hook->purpose.at, hook->purpose.len, "flavour",
			  hook->flavour.at, hook->flavour.len, "how", hook->how.at, hook->how.len);

	if (reason.len && sentence)
		json_object_set_new(json, "reason", json_string(sentence));
	if (reason.len && without)
		json_object_set_new(json, "without", json_string(without));
	return json;
}

json_t *hook_info_json(const struct process *process)
{
	struct str lines = str_of(process->runtimes), runtime, hooks;
	json_t *list = json_array();
	struct hook_fact hook;

	while (take_runtime(&lines, &runtime, &hooks)) {
		json_t *of = json_array();

		while (take_hook(&hooks, &hook))
			json_array_append_new(of, hook_json(runtime, &hook));
		json_array_append_new(list, json_pack("{ss%so}", "runtime", runtime.at, runtime.len,
						      "hooks", of));
	}
	return list;
}
