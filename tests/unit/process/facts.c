/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c - mirrors user/process/facts.c, fact.c and read.c */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/test.h"
#include "user/base/limits.h"
#include "user/config/config.h"
#include "user/process/fact.h"
#include "user/process/host.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct config config;
static const struct process_id id = { .tgid = 42, .started_ns = 123456789012 };
static const struct process_id parent = { .tgid = 7, .started_ns = 1000 };

/* 12345 hundredths of a second after boot, as `id` says. */
#define STAT(started)                                                                              \
	"42 (a) b (c) S 7 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 " started " 1 2 3\n"

static int file_of(struct str text)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	if (write(fd, text.at, text.len) != (ssize_t)text.len)
		abort();
	return fd;
}

static void files_close(const struct process_files *files)
{
	for (size_t i = 0; i < PROCESS_FILES; i++)
		close(files->fds[i]);
}

static struct process_files files_of(const char *exe, struct str cmdline, struct str environ,
				     struct str cgroup, struct str stat)
{
	struct process_files files = process_files_new(
		(int[]){ file_of(environ), file_of(cmdline), file_of(cgroup), file_of(stat) }, 4,
		PROCESS_FILES_ALL & ~(1U << FILE_MAPS));

	files.exe = exe;
	files.comm = "comm";
	return files;
}

static struct process_files nothing_of(const char *comm)
{
	struct process_files files = process_files_new(NULL, 0, 0);

	files.comm = comm;
	return files;
}

static struct str payload_of(const struct buf *record)
{
	return str_after(buf_str(record), sizeof(struct record));
}

static bool has(const struct buf *record, struct str text)
{
	return memmem(record->at, record->len, text.at, text.len);
}

TEST(a_record_has_the_facts_of_its_process)
{
	static const uint16_t ports[] = { 80, 443 };
	struct process_files files = files_of(
		"/usr/sbin/nginx (deleted)",
		STR("nginx: master process /usr/sbin/nginx -p secret\0"),
		STR("PASSWORD=secret\0OTEL_RESOURCE_ATTRIBUTES=service.namespace=acme,"
		    "service.instance.id=i1,service.version=3,deployment.environment.name=a%2Cb\0"),
		STR("0::/docker/" ID "\n"), STR(STAT("12345")));
	struct buf record = buf_new(65536);
	struct record head;
	struct facts f;

	files.ports = ports;
	files.port_count = 2;
	CHECK(!process_facts(&config, id, parent, "seen", "watch.port=80", &files, 99, &record));
	files_close(&files);
	memcpy(&head, record.at, sizeof(head));
	CHECK(head.type == RECORD_PROCESS && head.size == record.len && head.at_ns == 99);
	CHECK(head.process.tgid == 42 && head.process.started_ns == id.started_ns);
	CHECK(!facts_parse(payload_of(&record), &f));
	CHECK(str_eq(f.at[FACT_EVENT], STR("seen")));
	CHECK(str_eq(f.at[FACT_PARENT], STR("7")) &&
	      str_eq(f.at[FACT_PARENT_STARTED], STR("1000")));
	CHECK(str_eq(f.at[FACT_EXE], STR("/usr/sbin/nginx")));
	CHECK(str_eq(f.at[FACT_COMM], STR("comm")) && str_eq(f.at[FACT_COMMAND], STR("nginx:")));
	CHECK(fact_number(f.at[FACT_OWNER]) == getuid() && f.at[FACT_OWNER].len);
	CHECK(str_eq(f.at[FACT_CONTAINER], STR(ID)) && !f.at[FACT_UNIT].len);
	CHECK(str_eq(f.at[FACT_CGROUP], STR("/docker/" ID)));
	CHECK(str_eq(f.at[FACT_PORTS], STR("80 443")));
	CHECK(str_eq(f.at[FACT_WATCHED_BY], STR("watch.port=80")));
	CHECK(str_eq(f.at[FACT_NAME], STR("nginx")));
	CHECK(str_eq(f.at[FACT_NAME_RULE], STR("executable")));
	CHECK(str_eq(f.at[FACT_NAMESPACE], STR("acme")) && str_eq(f.at[FACT_INSTANCE], STR("i1")));
	CHECK(str_eq(f.at[FACT_VERSION], STR("3")));
	CHECK(f.resource_count == 1);
	CHECK(str_eq(f.resource[0], STR("deployment.environment.name=a,b")));
	CHECK(str_eq(f.at[FACT_HOST_NAME], str_of(host_facts()->name)));
	CHECK(f.at[FACT_HOST_ARCH].len && fact_number(f.at[FACT_CREATED]) > 0);
	CHECK(!has(&record, STR("secret")) && !has(&record, STR("PASSWORD")));
	buf_free(&record);
}

TEST(an_interpreter_tells_the_language_and_a_unit_the_name)
{
	struct process_files files =
		files_of("/usr/bin/node", STR("/usr/bin/node\0server.js\0--key=secret\0"), STR(""),
			 STR("0::/system.slice/shop.service\n"), STR(STAT("12345")));
	struct buf record = buf_new(65536);
	struct facts f;

	CHECK(!process_facts(&config, id, parent, "exec", NULL, &files, 99, &record));
	files_close(&files);
	CHECK(!facts_parse(payload_of(&record), &f));
	CHECK(str_eq(f.at[FACT_LANGUAGE], STR("nodejs")));
	CHECK(str_eq(f.at[FACT_COMMAND], STR("/usr/bin/node")));
	CHECK(str_eq(f.at[FACT_UNIT], STR("shop.service")) && str_eq(f.at[FACT_NAME], STR("shop")));
	CHECK(!f.at[FACT_WATCHED_BY].len && !has(&record, STR("secret")));
	buf_free(&record);
}

TEST(a_mapping_of_an_sdks_context_is_said)
{
	static const struct str maps =
		STR("7f0000000000-7f0000001000 r--s 00000000 00:01 7 /memfd:OTEL_CTX (deleted)\n");
	struct process_files files =
		files_of("/usr/bin/node", STR("node\0"), STR(""), STR(""), STR(STAT("12345")));
	struct buf record = buf_new(65536);
	struct facts f;

	CHECK(!process_facts(&config, id, parent, "seen", "", &files, 1, &record));
	CHECK(!facts_parse(payload_of(&record), &f) && !f.at[FACT_SDK].len);
	buf_clear(&record);
	CHECK(files.fds[FILE_MAPS] < 0);
	files.fds[FILE_MAPS] = file_of(maps);
	CHECK(!process_facts(&config, id, parent, "seen", "", &files, 1, &record));
	CHECK(!facts_parse(payload_of(&record), &f));
	CHECK(str_eq(f.at[FACT_SDK], STR("otel_ctx")));
	files_close(&files);
	buf_free(&record);
}

TEST(what_cannot_be_opened_is_left_out)
{
	struct process_files files = nothing_of("kthing");
	struct buf record = buf_new(65536);
	struct facts f;

	CHECK(!process_facts(&config, id, parent, "seen", NULL, &files, 99, &record));
	CHECK(!facts_parse(payload_of(&record), &f));
	CHECK(str_eq(f.at[FACT_NAME], STR("kthing")) && str_eq(f.at[FACT_NAME_RULE], STR("comm")));
	CHECK(!f.at[FACT_OWNER].len && !f.at[FACT_COMMAND].len);
	buf_free(&record);
}

TEST(fork_and_exit_say_the_event_and_the_parent_alone)
{
	static const char *const events[] = { "fork", "exit" };
	struct process_files files = nothing_of("x");

	EACH(i, events) {
		struct buf record = buf_new(65536);
		struct facts f;

		CHECK(!process_facts(&config, id, parent, events[i], "parent", i ? &files : NULL, 1,
				     &record));
		CHECK(!facts_parse(payload_of(&record), &f));
		CHECK(str_eq(f.at[FACT_EVENT], str_of(events[i])) && !f.at[FACT_NAME].len);
		CHECK(str_eq(f.at[FACT_PARENT], STR("7")));
		buf_free(&record);
	}
}

TEST(files_of_another_process_with_the_same_pid_are_refused)
{
	static const struct {
		const char *stat;
		int result;
	} stats[] = {
		{ STAT("12345"), 0 },	   { STAT("12344"), 0 },	  { STAT("12346"), 0 },
		{ STAT("12400"), -ESRCH }, { STAT("1"), -ESRCH },	  { "", 0 },
		{ "42 (a S 1 2 3", 0 },	   { "42 (a) S 1 2 12400\n", 0 },
	};

	EACH(i, stats) {
		struct process_files files =
			files_of("/a", STR(""), STR(""), STR(""), str_of(stats[i].stat));
		struct buf record = buf_new(65536);

		buf_add(&record, STR("before"));
		CHECK(process_facts(&config, id, parent, "seen", NULL, &files, 1, &record) ==
		      stats[i].result);
		CHECK((record.len == 6) == (stats[i].result != 0));
		files_close(&files);
		buf_free(&record);
	}
}

TEST(endless_files_are_cut_and_a_full_buffer_stays_as_it_was)
{
	struct buf big = buf_new(1 << 20), record = buf_new(65536), small = buf_new(200);
	struct process_files files;

	while (!buf_add(&big, STR("KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")))
		;
	files = files_of("/a", buf_str(&big), buf_str(&big), buf_str(&big), buf_str(&big));
	CHECK(!process_facts(&config, id, parent, "seen", NULL, &files, 1, &record));
	CHECK(record.len < 4 * LIMIT_ATTRIBUTE_BYTES);
	CHECK(process_facts(&config, id, parent, "seen", NULL, &files, 1, &small) == -ENOSPC);
	CHECK(!small.len);
	files_close(&files);
	buf_free(&big);
	buf_free(&record);
	buf_free(&small);
}

static const struct str bad_payloads[] = {
	STR(""),	 STR("event=seen"),	  STR("event\0"),	 STR("\0"),
	STR("name=x\0"), STR("event=seen\0name"), STR("event=seen\0\0"), STR("event=\0"),
};

TEST(a_payload_that_is_no_run_of_strings_is_refused)
{
	EACH(i, bad_payloads) {
		char *copy = test_tight(bad_payloads[i].at, bad_payloads[i].len);
		struct facts f = { .resource_count = 42 };
		int r = facts_parse((struct str){ copy, bad_payloads[i].len }, &f);

		free(copy);
		CHECK(r == -EINVAL && f.resource_count == 42);
	}
}

TEST(unknown_keys_are_stepped_over_and_the_first_value_counts)
{
	struct facts f;

	CHECK(!facts_parse(STR("later=1\0event=seen\0event=exit\0name=a=b\0resource=x=y\0"), &f));
	CHECK(str_eq(f.at[FACT_EVENT], STR("seen")) && str_eq(f.at[FACT_NAME], STR("a=b")));
	CHECK(f.resource_count == 1 && str_eq(f.resource[0], STR("x=y")));
	CHECK(fact_number(STR("12a")) == 0 && fact_number(STR("99999999999999999999")) == 0);
	CHECK(fact_number(STR("18446744073")) == UINT64_C(18446744073));
}

TEST(what_is_in_a_process_is_a_record_of_its_own)
{
	struct process_files files = nothing_of("comm");
	struct buf record = buf_new(LIMIT_PROC_FILE_BYTES);
	struct facts facts;

	files.runtime = "nodejs 20.20.2\ngc=callbacks/uprobe_multi";
	CHECK(!process_facts(&config, id, parent, "runtime", "", &files, 1, &record));
	CHECK(!facts_parse(payload_of(&record), &facts));
	CHECK(str_eq(facts.at[FACT_EVENT], STR("runtime")));
	CHECK(str_eq(facts.at[FACT_RUNTIME], STR("nodejs 20.20.2")));
	CHECK(str_eq(facts.at[FACT_HOOKS], STR("gc=callbacks/uprobe_multi")));
	CHECK(!facts.at[FACT_NAME].len && !facts.at[FACT_COMM].len);
	buf_free(&record);
}
