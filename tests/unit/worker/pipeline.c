/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/worker/pipeline.c - mirrors user/worker/pipeline.c: processes past their limit. */
#include "user/worker/pipeline.h"
#include "tests/test.h"
#include "tests/unit/config/read.h"
#include "tests/unit/exchange/build.h"
#include "user/base/limits.h"

/* The facts of a process of which nothing can be read, as a record. */
static void tell(struct pipeline *p, uint32_t pid, const char *event)
{
	struct process_files none = { .environ = -1, .cmdline = -1, .cgroup = -1, .stat = -1 };
	struct process_id id = { .tgid = pid, .started_ns = 1 }, nobody = {};
	struct buf record = buf_new(LIMIT_PROC_FILE_BYTES);

	none.exe = "/bin/shop";
	if (process_facts(p->config, id, nobody, event, "watch.all", &none, 1, &record))
		abort();
	pipeline_take(p, buf_str(&record));
	buf_free(&record);
}

/* The least that says whose it is. */
static struct str record_of(struct record_turn *t, uint32_t pid)
{
	*t = (struct record_turn){ .head = { .type = RECORD_BYTES,
					     .size = sizeof(*t),
					     .process = { .tgid = pid, .started_ns = 1 } } };
	return (struct str){ (const char *)t, sizeof(*t) };
}

TEST(records_of_a_process_past_the_limit_wait_for_nothing)
{
	SCOPED *config = FLAGS("--watch.all", "--limit.processes=1");
	struct pipeline *p = pipeline_new(&(struct pipeline_options){ .config = config });
	struct record_turn one, other;

	CHECK(!pipeline_knows(p, record_of(&one, 1))); /* its facts may come */
	tell(p, 1, "seen");
	CHECK(pipeline_knows(p, record_of(&one, 1)));
	CHECK(pipeline_knows(p, record_of(&other, 2))); /* they would be refused */
	tell(p, 2, "seen");
	CHECK(processes_refused(p->processes) == 1 && !p->facts_refused);
	tell(p, 1, "exit");
	CHECK(!pipeline_knows(p, record_of(&other, 2))); /* there is room again */
	tell(p, 2, "seen");
	CHECK(pipeline_knows(p, record_of(&other, 2)));
	CHECK(processes_refused(p->processes) == 1);
	pipeline_free(p);
}

static void ask(struct pipeline *p, uint32_t pid, uint64_t cookie)
{
	static const char question[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	struct rig rig = { .x = p->exchanges, .now_ns = 1000 };
	struct wire w = wire_new(cookie);

	w.process = (struct process_id){ .tgid = pid, .started_ns = 1 };
	build_connection(&rig, &w, 0);
	build_op(&rig, &w, RECEIVED, question, sizeof(question) - 1);
	build_op(&rig, &w, SENT, answer, sizeof(answer) - 1);
}

TEST(requests_of_a_process_past_the_limit_are_counted_as_lost)
{
	SCOPED *config = FLAGS("--watch.all", "--limit.processes=1");
	struct pipeline *p = pipeline_new(&(struct pipeline_options){ .config = config });

	tell(p, 1, "seen");
	tell(p, 2, "seen");
	ask(p, 1, 7);
	CHECK(p->ledger.out[STAGE_SPAN] == 1 && !p->ledger.lost[LOSS_SPAN_LIMIT]);
	ask(p, 2, 8);
	ask(p, 2, 9);
	CHECK(p->ledger.out[STAGE_SPAN] == 1 && p->ledger.lost[LOSS_SPAN_LIMIT] == 2);
	CHECK(p->ledger.in[STAGE_SPAN] == 3 && !ledger_residual(&p->ledger, STAGE_SPAN));
	pipeline_free(p);
}
