/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/unread.h"

#include "user/base/mem.h"
#include "user/base/table.h"

struct counts {
	struct process_id process;
	uint64_t count[UNREADS];
};

struct unread_table {
	struct table rows; /* by tgid */
};

struct unread_table *unread_new(size_t limit)
{
	struct unread_table *t = xcalloc(1, sizeof(*t));

	table_init(&t->rows, limit);
	return t;
}

static bool is_unknown(void *value, void *context)
{
	const struct counts *row = value;

	if (context && processes_find(context, row->process))
		return false;
	free(value);
	return true;
}

void unread_free(struct unread_table *t)
{
	table_sweep(&t->rows, is_unknown, NULL);
	table_free(&t->rows);
	free(t);
}

static struct counts *row_new(struct unread_table *t, struct processes *processes,
			      struct process_id process)
{
	struct counts *row;

	if (t->rows.count == t->rows.limit)
		table_sweep(&t->rows, is_unknown, processes);
	row = xcalloc(1, sizeof(*row));
	if (table_put_u64(&t->rows, process.tgid, row)) {
		free(row);
		return NULL;
	}
	return row;
}

void unread_count(struct unread_table *t, struct processes *processes, struct process_id process,
		  enum unread reason)
{
	struct counts *row = table_find_u64(&t->rows, process.tgid);

	if (!row)
		row = row_new(t, processes, process);
	if (!row)
		return;
	if (row->process.started_ns != process.started_ns)
		*row = (struct counts){};
	row->process = process;
	row->count[reason]++;
}

void unread_of(const struct unread_table *t, struct process_id process, uint64_t ret[UNREADS])
{
	const struct counts *row = table_find_u64(&t->rows, process.tgid);

	memset(ret, 0, UNREADS * sizeof(*ret));
	if (row && row->process.started_ns == process.started_ns)
		memcpy(ret, row->count, sizeof(row->count));
}
