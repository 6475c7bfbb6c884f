/* SPDX-License-Identifier: Apache-2.0 */
/* jvm.c - mirrors user/worker/jvm.c and jvm_metrics.c */
#include "user/worker/jvm.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/test.h"
#include "tests/unit/hsperf/build.h"
#include "user/base/clock.h"
#include "user/config/config.h"

struct rig {
	struct config config;
	struct processes *processes;
	struct jvms *jvms;
	uint32_t asked; /* tgid; 0: nobody was asked for since that was looked at */
	bool busy;
	uint64_t now_ns;
};

static bool fake_open(void *context, struct process_id process)
{
	struct rig *rig = context;

	if (!rig->busy)
		rig->asked = process.tgid;
	return !rig->busy;
}

static uint32_t asked_for(struct rig *rig)
{
	uint32_t tgid = rig->asked;

	rig->asked = 0;
	return tgid;
}

static void rig_open(struct rig *rig)
{
	*rig = (struct rig){ .config = { .limit.processes = 10 }, .now_ns = 100 * NS_PER_S };
	rig->processes = processes_new(&rig->config);
	rig->jvms = jvms_new(&(struct jvms_options){ .processes = rig->processes,
						     .limit = 3,
						     .ended_series_ns = 60 * NS_PER_S,
						     .open = fake_open,
						     .context = rig });
}

static void rig_close(struct rig *rig)
{
	jvms_free(rig->jvms);
	processes_free(rig->processes);
}

static struct process_id id_of(uint32_t tgid)
{
	return (struct process_id){ .tgid = tgid };
}

/* News of a process; `more` are facts, '|' ends each. */
static void learn(struct rig *rig, uint32_t tgid, const char *event, const char *more)
{
	char text[256];
	size_t len = (size_t)snprintf(text, sizeof(text), "event=%s|%s", event, more);
	size_t size = sizeof(struct record_process) + len;
	struct record_process *record = calloc(1, size);

	record->head = (struct record){ .type = RECORD_PROCESS,
					.size = (uint32_t)size,
					.at_ns = rig->now_ns,
					.process.tgid = tgid };
	for (size_t i = 0; i < len; i++)
		record->payload[i] = text[i] == '|' ? 0 : (uint8_t)text[i];
	if (processes_learn(rig->processes, record))
		abort();
	free(record);
	jvms_learn(rig->jvms, id_of(tgid), event, rig->now_ns);
}

#define JAVA(name) "name=" name "|exe=/java|language=java|"

/* A file of a JVM with so many safepoints, of 1 ms at them and 1 ms before each. */
static void file_write(int fd, int64_t safepoints, int64_t threads)
{
	struct built b;

	built_begin(&b);
	built_number(&b, "sun.os.hrt.frequency", 1000);
	built_number(&b, "sun.rt.safepoints", safepoints);
	built_number(&b, "sun.rt.safepointTime", safepoints);
	built_number(&b, "sun.rt.safepointSyncTime", safepoints);
	built_number(&b, "java.threads.live", threads);
	built_number(&b, "java.threads.daemon", 1);
	built_number(&b, "sun.gc.collector.1.invocations", 2 * safepoints);
	built_number(&b, "sun.gc.collector.1.time", 500);
	built_number(&b, "sun.gc.generation.1.space.0.used", 10 * safepoints);
	built_text(&b, "sun.gc.collector.0.name", "Serial young collection pauses");
	if (pwrite(fd, b.bytes, b.used, 0) != (ssize_t)b.used)
		abort();
}

static int file_new(int64_t safepoints, int64_t threads)
{
	int fd = memfd_create("counters", MFD_CLOEXEC);

	file_write(fd, safepoints, threads);
	return fd;
}

struct seen {
	struct metric_sink sink;
	const char *want, *name;
	struct str label; /* of any attribute; empty: all */
	int samples;
	double sum;
};

static void see_metric(struct metric_sink *sink, const struct metric *metric)
{
	((struct seen *)sink)->name = metric->name;
}

static void see_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct seen *seen = (struct seen *)sink;
	bool fits = !seen->label.len;

	if (strcmp(seen->name, seen->want))
		return;
	for (size_t i = 0; i < sample->attribute_count; i++)
		fits |= sample->attributes[i].type == ATTRIBUTE_TEXT &&
			str_eq(sample->attributes[i].text, seen->label);
	seen->samples += fits;
	seen->sum += fits ? sample->value : 0;
}

/* The sum of a metric's samples with this label's value; -1: there are none. */
static double value_of(struct rig *rig, const char *metric, const char *label)
{
	struct seen seen = { .sink = { see_metric, see_sample },
			     .want = metric,
			     .label = str_of(label) };
	struct collector *c = jvms_collector(rig->jvms);

	rig->now_ns += NS_PER_S;
	c->collect(c->context, rig->now_ns, &seen.sink);
	return seen.samples ? seen.sum : -1;
}

TEST(what_a_jvm_counts_becomes_metrics_of_its_instance)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 1, "seen", JAVA("shop"));
	CHECK(asked_for(&rig) == 1 && jvms_state(rig.jvms, id_of(1)) == JVM_WAITING);
	jvms_opened(rig.jvms, id_of(1), file_new(5, 9), rig.now_ns);
	CHECK(jvms_state(rig.jvms, id_of(1)) == JVM_READ);
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 5);
	CHECK(value_of(&rig, "sonde.jvm.safepoint.time", "") == 0.01);
	CHECK(value_of(&rig, "sonde.jvm.safepoint.sync.time", "") == 0.005);
	CHECK(value_of(&rig, "sonde.jvm.gc.collections", "MarkSweepCompact") == 10);
	CHECK(value_of(&rig, "sonde.jvm.gc.time", "MarkSweepCompact") == 0.5);
	CHECK(value_of(&rig, "sonde.jvm.gc.collections", "Copy") == -1);
	CHECK(value_of(&rig, "jvm.thread.count", "") == 9);
	CHECK(value_of(&rig, "jvm.memory.used_after_last_gc", "Tenured Gen") == 50);
	CHECK(value_of(&rig, "jvm.memory.used", "") == -1);
	CHECK(value_of(&rig, "jvm.memory.limit", "") == -1);
	rig_close(&rig);
}

TEST(counters_are_read_again_and_gauges_end_with_the_process)
{
	struct rig rig;
	int fd = file_new(5, 9);

	rig_open(&rig);
	learn(&rig, 1, "seen", JAVA("shop"));
	jvms_opened(rig.jvms, id_of(1), dup(fd), rig.now_ns);
	file_write(fd, 6, 10);
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 6);
	CHECK(value_of(&rig, "jvm.thread.count", "") == 10);
	file_write(fd, 7, 0);
	learn(&rig, 1, "exit", "");
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 7); /* after its end as well */
	CHECK(value_of(&rig, "jvm.thread.count", "") == -1);
	rig.now_ns += 50 * NS_PER_S;
	processes_expire(rig.processes, rig.now_ns + 20 * NS_PER_S); /* forgotten */
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 7);
	rig.now_ns += 60 * NS_PER_S;
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == -1);
	close(fd);
	rig_close(&rig);
}

TEST(jvms_of_an_instance_are_summed_and_one_that_is_seen_again_counts_once)
{
	struct rig rig;
	int fd = file_new(5, 9);

	rig_open(&rig);
	learn(&rig, 1, "seen", JAVA("shop"));
	jvms_opened(rig.jvms, id_of(1), dup(fd), rig.now_ns);
	learn(&rig, 2, "seen", "parent=1|parent_started=0|" JAVA("shop"));
	jvms_opened(rig.jvms, id_of(2), file_new(30, 20), rig.now_ns);
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 35);
	CHECK(value_of(&rig, "jvm.thread.count", "") == 29);
	learn(&rig, 1, "exit", "");
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 35);
	CHECK(value_of(&rig, "jvm.thread.count", "") == 20);
	asked_for(&rig);
	learn(&rig, 1, "seen", JAVA("shop"));
	CHECK(asked_for(&rig) == 1);
	file_write(fd, 6, 9);
	jvms_opened(rig.jvms, id_of(1), fd, rig.now_ns);
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 36);
	CHECK(value_of(&rig, "jvm.thread.count", "") == 29);
	rig_close(&rig);
}

TEST(another_program_in_the_process_is_another_jvm)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 1, "seen", JAVA("shop"));
	jvms_opened(rig.jvms, id_of(1), file_new(5, 9), rig.now_ns);
	asked_for(&rig);
	learn(&rig, 1, "exec", JAVA("shop"));
	CHECK(!asked_for(&rig)); /* it has none yet */
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 5 && asked_for(&rig) == 1);
	jvms_opened(rig.jvms, id_of(1), file_new(2, 3), rig.now_ns);
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 7);
	CHECK(value_of(&rig, "jvm.thread.count", "") == 3);
	learn(&rig, 1, "exec", "name=shop|exe=/sh|");
	CHECK(jvms_state(rig.jvms, id_of(1)) == JVM_NOT);
	CHECK(value_of(&rig, "jvm.thread.count", "") == -1);
	rig_close(&rig);
}

TEST(only_java_is_asked_for_and_one_that_has_nothing_is_counted_once)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 1, "seen", "name=shop|exe=/node|language=nodejs|");
	CHECK(!asked_for(&rig) && jvms_state(rig.jvms, id_of(1)) == JVM_NOT);
	learn(&rig, 2, "seen", JAVA("shop"));
	for (int i = 0; i < 3; i++) {
		CHECK(asked_for(&rig) == 2);
		jvms_opened(rig.jvms, id_of(2), -1, rig.now_ns);
		rig.now_ns += 20 * NS_PER_S;
		jvms_settle(rig.jvms, rig.now_ns);
	}
	CHECK(!asked_for(&rig) && jvms_state(rig.jvms, id_of(2)) == JVM_NONE);
	CHECK(value_of(&rig, "sonde.jvm.unread", "none") == 1);
	learn(&rig, 2, "seen", JAVA("shop")); /* it listens on another port */
	CHECK(!asked_for(&rig) && value_of(&rig, "sonde.jvm.unread", "none") == 1);
	jvms_opened(rig.jvms, id_of(2), file_new(1, 1), rig.now_ns); /* too late: it is closed */
	CHECK(jvms_state(rig.jvms, id_of(2)) == JVM_NONE);
	rig_close(&rig);
}

TEST(who_cannot_be_asked_now_is_asked_later)
{
	struct rig rig;

	rig_open(&rig);
	rig.busy = true;
	learn(&rig, 1, "seen", JAVA("shop"));
	CHECK(!asked_for(&rig));
	rig.busy = false;
	jvms_settle(rig.jvms, rig.now_ns);
	CHECK(asked_for(&rig) == 1);
	jvms_settle(rig.jvms, rig.now_ns + NS_PER_S); /* the answer is on its way */
	CHECK(!asked_for(&rig));
	rig_close(&rig);
}

TEST(a_file_that_lies_is_counted_once_and_its_gauges_are_left_out)
{
	struct rig rig;
	int fd = file_new(5, 9);

	rig_open(&rig);
	learn(&rig, 1, "seen", JAVA("shop"));
	jvms_opened(rig.jvms, id_of(1), dup(fd), rig.now_ns);
	file_write(fd, 4, 9); /* fewer than there were */
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 5);
	CHECK(value_of(&rig, "jvm.thread.count", "") == -1);
	CHECK(value_of(&rig, "sonde.jvm.unread", "invalid") == 1);
	CHECK(jvms_state(rig.jvms, id_of(1)) == JVM_INVALID);
	file_write(fd, 6, 9);
	CHECK(value_of(&rig, "jvm.thread.count", "") == 9);
	CHECK(!ftruncate(fd, 40));
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 6);
	CHECK(value_of(&rig, "sonde.jvm.unread", "invalid") == 1);
	close(fd);
	rig_close(&rig);
}

TEST(a_file_system_that_may_keep_its_reader_waiting_is_left_alone)
{
	struct rig rig;
	int pipes[2];

	rig_open(&rig);
	learn(&rig, 1, "seen", JAVA("shop"));
	CHECK(!pipe(pipes)); /* on no file system of a disk */
	jvms_opened(rig.jvms, id_of(1), pipes[0], rig.now_ns);
	CHECK(jvms_state(rig.jvms, id_of(1)) == JVM_FILE_SYSTEM);
	CHECK(value_of(&rig, "sonde.jvm.unread", "file_system") == 1);
	close(pipes[1]);
	rig_close(&rig);
}

TEST(past_the_limit_jvms_are_counted_and_not_read)
{
	struct rig rig;

	rig_open(&rig);
	for (uint32_t tgid = 1; tgid <= 4; tgid++)
		learn(&rig, tgid, "seen", JAVA("shop"));
	CHECK(jvms_state(rig.jvms, id_of(3)) == JVM_WAITING);
	learn(&rig, 4, "seen", JAVA("shop"));
	CHECK(jvms_state(rig.jvms, id_of(4)) == JVM_LIMIT);
	CHECK(value_of(&rig, "sonde.jvm.unread", "limit") == 1);
	CHECK(jvms_state(rig.jvms, id_of(4)) == JVM_LIMIT);
	rig_close(&rig);
}

/* One ended, one has no file, one's cannot be read: none of them keeps a descriptor. */
TEST(who_was_past_the_limit_is_asked_for_when_there_is_a_place)
{
	struct rig rig;
	int pipes[2];

	rig_open(&rig);
	for (uint32_t tgid = 1; tgid <= 6; tgid++)
		learn(&rig, tgid, "seen", JAVA("shop"));
	jvms_opened(rig.jvms, id_of(1), file_new(5, 9), rig.now_ns);
	learn(&rig, 1, "exit", "");
	CHECK(!pipe(pipes));
	jvms_opened(rig.jvms, id_of(2), pipes[0], rig.now_ns);
	close(pipes[1]);
	for (int i = 0; i < 3; i++) {
		jvms_opened(rig.jvms, id_of(3), -1, rig.now_ns);
		rig.now_ns += 20 * NS_PER_S;
		jvms_settle(rig.jvms, rig.now_ns);
	}
	CHECK(jvms_state(rig.jvms, id_of(3)) == JVM_NONE);
	jvms_settle(rig.jvms, rig.now_ns);
	for (uint32_t tgid = 4; tgid <= 6; tgid++) {
		CHECK(jvms_state(rig.jvms, id_of(tgid)) == JVM_WAITING);
		jvms_opened(rig.jvms, id_of(tgid), file_new(5, 9), rig.now_ns);
	}
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == 20);
	CHECK(value_of(&rig, "sonde.jvm.unread", "limit") == 3);
	rig_close(&rig);
}

/* It was asked for before the process ended, and another has its place since. */
TEST(a_file_that_comes_when_no_place_is_left_is_closed)
{
	struct rig rig;

	rig_open(&rig);
	for (uint32_t tgid = 1; tgid <= 4; tgid++)
		learn(&rig, tgid, "seen", JAVA("shop"));
	learn(&rig, 1, "exit", "");
	jvms_settle(rig.jvms, rig.now_ns);
	jvms_settle(rig.jvms, rig.now_ns);
	CHECK(jvms_state(rig.jvms, id_of(4)) == JVM_WAITING);
	jvms_opened(rig.jvms, id_of(1), file_new(5, 9), rig.now_ns);
	CHECK(jvms_state(rig.jvms, id_of(1)) == JVM_LIMIT);
	CHECK(value_of(&rig, "sonde.jvm.safepoints", "") == -1);
	rig_close(&rig);
}
