/* SPDX-License-Identifier: Apache-2.0 */
#include "user/command/lineage.h"

#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/config/watch.h"
#include "user/process/process.h"
#include "user/worker/inspect_answer.h"

enum { GENERATIONS = 64 };

const char *subject_rule(const struct subject *s, const struct config *config, const char **why_not,
			 char text[RULE_BYTES])
{
	return watch_rule(config, s->pid, s->exe, s->cgroup, s->ports, s->port_count, why_not, text,
			  RULE_BYTES);
}

static bool is_excluded(const struct relative *r)
{
	return r->subject.is_sonde || r->subject.is_zombie ||
	       (r->why_not && !strncmp(r->why_not, "watch.exclude", 13));
}

void lineage_read(const struct subject *s, const struct config *config, struct lineage *ret)
{
	struct relative *at = xcalloc(GENERATIONS, sizeof(*at));
	size_t count = 0;
	bool watched = false;

	at[0].subject = *s;
	do
		subject_rule(&at[count].subject, config, &at[count].why_not, at[count].rule);
	while (++count < GENERATIONS && at[count - 1].subject.parent.tgid &&
	       !subject_read(at[count - 1].subject.parent.tgid, &at[count].subject));
	for (size_t i = count; i--;)
		at[i].watched = watched = !is_excluded(&at[i]) && (!at[i].why_not || watched);
	*ret = (struct lineage){ at, count };
}

void lineage_free(struct lineage *l)
{
	free(l->at);
	*l = (struct lineage){};
}

static void learn(struct processes *known, const struct subject *s, const struct config *config)
{
	struct buf record = buf_new(LIMIT_PROC_FILE_BYTES);

	if (!subject_facts(s, config, &record))
		processes_learn(known, (const struct record_process *)record.at);
	buf_free(&record);
}

json_t *lineage_process(const struct lineage *l, const struct config *config)
{
	struct processes *known = processes_new(config);
	const struct process *process;
	json_t *json = NULL;

	/* Whoever would be watched above it first: it may share an instance with one of them. */
	for (size_t i = l->count; i-- > 1;)
		if (l->at[i].watched)
			learn(known, &l->at[i].subject, config);
	learn(known, &l->at[0].subject, config);
	process = processes_find(known, l->at[0].subject.id);
	if (process && process->name)
		json = process_json(process);
	processes_free(known);
	return json;
}
