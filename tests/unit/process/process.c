/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - mirrors user/process/process.c, instance.c and service_rule.c */
#include <errno.h>

#include "tests/test.h"
#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/config/config.h"
#include "user/process/process.h"

static struct service_rule services[] = { { .exe = "envoy", .name = "mesh", .namespace = "net" } };
static struct config config = {
	.limit.processes = 100,
	.services = services,
	.service_count = 1,
};

static void processes_freep(struct processes **p)
{
	processes_free(*p);
}

#define _processes_ _cleanup_(processes_freep) struct processes *

static struct process_id pid(uint32_t tgid, uint64_t started_ns)
{
	return (struct process_id){ .tgid = tgid, .started_ns = started_ns };
}

/* Learn a record whose payload is `text`, with '|' for NUL. */
static int learn(struct processes *p, struct process_id id, uint64_t at_ns, const char *text)
{
	size_t len = strlen(text), size = sizeof(struct record) + len;
	struct record_process *record = malloc(size);
	int r;

	record->head = (struct record){
		.type = RECORD_PROCESS, .size = (uint32_t)size, .at_ns = at_ns, .process = id
	};
	for (size_t i = 0; i < len; i++)
		record->payload[i] = text[i] == '|' ? 0 : (uint8_t)text[i];
	r = processes_learn(p, record);
	free(record);
	return r;
}

static const struct resource *resource_of(struct processes *p, struct process_id id)
{
	const struct process *process = processes_find(p, id);

	return process ? process->resource : NULL;
}

static bool says(const struct resource *r, struct str key, struct str value)
{
	const struct attribute *a = attribute_find(r->attributes, r->attribute_count, key);

	return value.len ? a && a->type == ATTRIBUTE_TEXT && str_eq(a->text, value) : !a;
}

#define NGINX "exe=/usr/sbin/nginx|name=nginx|name_rule=executable|"

TEST(facts_become_the_resource_of_their_instance)
{
	_processes_ p = processes_new(&config);
	const struct attribute *number;
	const struct resource *r;

	CHECK(!learn(p, pid(10, 5), 1,
		     "event=seen|parent=1|parent_started=1|exe=/usr/bin/node|command=node|owner=33|"
		     "name=shop|name_rule=script|namespace=acme|version=2|language=nodejs|"
		     "container=abc|host_id=0123|host_name=h|host_arch=arm64|"
		     "created=1700000000123456789|resource=host.name=mine|resource=a=b|"
		     "resource=a=c|resource=x|watched_by=watch.pid=10|"));
	r = resource_of(p, pid(10, 5));
	CHECK(r && str_eq(r->service_name, STR("shop")));
	CHECK(str_eq(r->service_namespace, STR("acme")) && !r->ended_ns);
	CHECK(says(r, STR("service.version"), STR("2")));
	CHECK(says(r, STR("process.executable.name"), STR("node")));
	CHECK(says(r, STR("process.executable.path"), STR("/usr/bin/node")));
	CHECK(says(r, STR("process.command"), STR("node")));
	CHECK(says(r, STR("process.owner"), STR("33")));
	CHECK(says(r, STR("process.creation.time"), STR("2023-11-14T22:13:20.123Z")));
	CHECK(says(r, STR("container.id"), STR("abc")));
	CHECK(says(r, STR("host.id"), STR("0123")) && says(r, STR("host.arch"), STR("arm64")));
	CHECK(says(r, STR("host.name"), STR("mine"))); /* its own word beats ours */
	CHECK(says(r, STR("a"), STR("b")) && says(r, STR("x"), STR("")));
	CHECK(says(r, STR("os.type"), STR("linux")));
	CHECK(says(r, STR("telemetry.sdk.name"), STR("sonde")));
	CHECK(says(r, STR("telemetry.sdk.language"), STR("nodejs")));
	CHECK(says(r, STR("telemetry.distro.name"), STR("sonde")));
	CHECK(says(r, STR("telemetry.distro.version"), STR(SONDE_VERSION)));
	number = attribute_find(r->attributes, r->attribute_count, STR("process.pid"));
	CHECK(number && number->type == ATTRIBUTE_INT && number->number == 10);
	CHECK(!strcmp(processes_find(p, pid(10, 5))->rule, "script"));
	CHECK(!strcmp(processes_find(p, pid(10, 5))->watched_by, "watch.pid=10"));
}

TEST(an_instance_without_an_id_gets_a_uuid_of_host_pid_and_start)
{
	_processes_ p = processes_new(&config);
	const uint64_t tick = 10000000; /* of /proc/PID/stat */

	CHECK(!learn(p, pid(10, 5 * tick), 1, "event=seen|name=a|exe=/a|host_id=0123|"));
	CHECK(!learn(p, pid(10, 6 * tick), 1, "event=seen|name=a|exe=/a|host_id=0123|"));
	CHECK(!learn(p, pid(10, 6 * tick - 1), 1, "event=seen|name=a|exe=/a|host_id=0123|"));
	/* python3 -c 'import uuid; print(uuid.uuid5(uuid.UUID("4d63009a-..."), "0123:10:5"))' */
	CHECK(str_eq(resource_of(p, pid(10, 5 * tick))->service_instance,
		     STR("6872cf44-ad3e-56f4-a5fd-cfcf160fd48a")));
	CHECK(!str_eq(resource_of(p, pid(10, 6 * tick))->service_instance,
		      resource_of(p, pid(10, 5 * tick))->service_instance));
	CHECK(str_eq(resource_of(p, pid(10, 6 * tick - 1))->service_instance,
		     resource_of(p, pid(10, 5 * tick))->service_instance));
}

TEST(workers_share_the_resource_of_their_master)
{
	_processes_ p = processes_new(&config);
	const struct resource *master;

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|" NGINX));
	CHECK(!learn(p, pid(11, 6), 2, "event=seen|parent=10|parent_started=5|" NGINX));
	CHECK(!learn(p, pid(12, 7), 3, "event=seen|parent=11|parent_started=6|" NGINX));
	CHECK(!learn(p, pid(13, 8), 3,
		     "event=seen|parent=10|parent_started=5|exe=/bin/sh|name=sh|"));
	CHECK(!learn(p, pid(14, 9), 3, "event=seen|parent=13|parent_started=8|" NGINX));
	CHECK(!learn(p, pid(15, 9), 3,
		     "event=seen|parent=10|parent_started=5|"
		     "exe=/usr/sbin/nginx|name=other|"));
	CHECK(!learn(p, pid(16, 9), 3, "event=seen|parent=10|parent_started=5|namespace=n|" NGINX));
	master = resource_of(p, pid(10, 5));
	CHECK(resource_of(p, pid(11, 6)) == master && resource_of(p, pid(12, 7)) == master);
	CHECK(resource_of(p, pid(14, 9)) == master); /* through the shell that began it */
	CHECK(resource_of(p, pid(13, 8)) != master && resource_of(p, pid(15, 9)) != master);
	CHECK(resource_of(p, pid(16, 9)) != master);

	CHECK(!learn(p, pid(10, 5), 4, "event=seen|" NGINX)); /* said again */
	CHECK(resource_of(p, pid(10, 5)) == master);
	CHECK(!learn(p, pid(10, 5), 10, "event=exit|") && !master->ended_ns);
	CHECK(!learn(p, pid(11, 6), 11, "event=exit|") && !learn(p, pid(14, 9), 12, "event=exit|"));
	CHECK(!master->ended_ns && !learn(p, pid(12, 7), 13, "event=exit|"));
	CHECK(master->ended_ns == 13);
	CHECK(!learn(p, pid(17, 20), 14, "event=seen|parent=12|parent_started=7|" NGINX));
	CHECK(resource_of(p, pid(17, 20)) == master && !master->ended_ns);
}

TEST(a_forked_child_is_what_its_parent_is_until_its_facts_come)
{
	_processes_ p = processes_new(&config);
	const struct resource *parent, *child;

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|" NGINX));
	parent = resource_of(p, pid(10, 5));
	CHECK(!learn(p, pid(11, 6), 2, "event=fork|parent=10|parent_started=5|watched_by=parent|"));
	CHECK(resource_of(p, pid(11, 6)) == parent);
	CHECK(!strcmp(processes_find(p, pid(11, 6))->watched_by, "parent"));
	CHECK(!learn(p, pid(11, 6), 3, "event=seen|parent=10|parent_started=5|" NGINX));
	CHECK(resource_of(p, pid(11, 6)) == parent);
	CHECK(!learn(p, pid(11, 6), 4, "event=exec|parent=10|parent_started=5|exe=/b|name=b|"));
	child = resource_of(p, pid(11, 6));
	CHECK(child != parent && str_eq(child->service_name, STR("b")));
	CHECK(!strcmp(processes_find(p, pid(11, 6))->exe, "/b"));
	CHECK(!learn(p, pid(11, 6), 5, "event=fork|parent=10|parent_started=5|")); /* late */
	CHECK(resource_of(p, pid(11, 6)) == child && parent->references && !parent->ended_ns);
	/* not of another process with the parent's pid, nor of one that is not known */
	CHECK(!learn(p, pid(12, 7), 6, "event=fork|parent=10|parent_started=4|"));
	CHECK(!learn(p, pid(13, 7), 6, "event=fork|parent=10|"));
	CHECK(processes_find(p, pid(12, 7)) && !resource_of(p, pid(12, 7)));
	CHECK(!resource_of(p, pid(13, 7)));
}

TEST(a_pid_that_is_used_again_is_another_process)
{
	_processes_ p = processes_new(&config);

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|exe=/a|name=a|"));
	CHECK(!learn(p, pid(10, 5), 2, "event=exit|"));
	for (uint64_t started = 6; started < 2000; started++)
		CHECK(!processes_find(p, pid(10, started)));
	CHECK(!learn(p, pid(10, 6), 3, "event=seen|exe=/a|name=a|"));
	CHECK(resource_of(p, pid(10, 6)) != resource_of(p, pid(10, 5)));
	CHECK(processes_find(p, pid(10, 5))->ended && !processes_find(p, pid(10, 6))->ended);
	CHECK(!learn(p, pid(99, 9), 4, "event=exit|") && !processes_find(p, pid(99, 9)));
}

TEST(an_exec_decides_again_for_an_instance_of_its_own)
{
	_processes_ p = processes_new(&config);
	struct resource *before;

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|exe=/bin/sh|name=shop|instance=i|"));
	before = resource_ref(resource_of(p, pid(10, 5)));
	CHECK(!learn(p, pid(10, 5), 2, "event=exec|exe=/usr/bin/java|name=shop|instance=i|"));
	CHECK(resource_of(p, pid(10, 5)) != before && before->ended_ns == 2);
	CHECK(str_eq(resource_of(p, pid(10, 5))->service_instance, STR("i")));
	CHECK(before->references == 1);
	resource_unref(before);
}

TEST(living_processes_with_one_instance_id_are_told_apart)
{
	_processes_ p = processes_new(&config);

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|exe=/a|name=a|instance=pod|"));
	CHECK(!learn(p, pid(11, 5), 1, "event=seen|exe=/a|name=a|instance=pod|"));
	CHECK(str_eq(resource_of(p, pid(10, 5))->service_instance, STR("pod")));
	CHECK(str_eq(resource_of(p, pid(11, 5))->service_instance, STR("pod-11")));
	CHECK(!learn(p, pid(10, 5), 2, "event=exit|"));
	CHECK(!learn(p, pid(12, 5), 3, "event=seen|exe=/a|name=a|instance=pod|"));
	CHECK(str_eq(resource_of(p, pid(12, 5))->service_instance, STR("pod")));
}

TEST(who_is_not_watched_any_more_may_call_exec_or_be_watched_again)
{
	_processes_ p = processes_new(&config);
	const struct resource *before;

	CHECK(!learn(p, pid(11, 5), 1, "event=seen|" NGINX));
	CHECK(!learn(p, pid(12, 6), 1, "event=fork|parent=11|parent_started=5|"));
	CHECK(!learn(p, pid(12, 6), 2, "event=exit|parent=11|parent_started=5|"));
	CHECK(processes_find(p, pid(12, 6))->ended); /* what it did before still counts */
	CHECK(!learn(p, pid(13, 7), 3, "event=fork|parent=12|parent_started=6|"));
	CHECK(!resource_of(p, pid(13, 7)));
	CHECK(!learn(p, pid(12, 6), 4, "event=exec|parent=11|parent_started=5|" NGINX));
	CHECK(!processes_find(p, pid(12, 6))->ended);
	CHECK(resource_of(p, pid(12, 6)) == resource_of(p, pid(11, 5)));
	before = resource_of(p, pid(11, 5));
	CHECK(!learn(p, pid(12, 6), 5, "event=exit|") && !learn(p, pid(11, 5), 5, "event=exit|"));
	CHECK(before->ended_ns == 5);
	CHECK(!learn(p, pid(11, 5), 6, "event=seen|" NGINX));
	CHECK(!processes_find(p, pid(11, 5))->ended && !before->ended_ns);
	CHECK(resource_of(p, pid(11, 5)) == before);
	CHECK(!learn(p, pid(11, 5), 7, "event=exit|") && before->ended_ns == 7);
}

TEST(the_users_rule_names_the_service)
{
	_processes_ p = processes_new(&config);
	const struct process *process;

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|exe=/usr/bin/envoy|name=a|name_rule=script|"));
	process = processes_find(p, pid(10, 5));
	CHECK(process->service == &services[0] && !strcmp(process->rule, "services"));
	CHECK(str_eq(process->resource->service_name, STR("mesh")));
	CHECK(str_eq(process->resource->service_namespace, STR("net")));
}

TEST(the_ended_are_kept_a_minute_and_never_more_than_the_limit)
{
	_processes_ p = processes_new(&config);

	CHECK(!learn(p, pid(1, 1), 1, "event=seen|exe=/a|name=a|"));
	CHECK(!learn(p, pid(1, 1), NS_PER_S, "event=exit|"));
	processes_expire(p, 60 * NS_PER_S);
	CHECK(processes_find(p, pid(1, 1)));
	processes_expire(p, 61 * NS_PER_S);
	CHECK(!processes_find(p, pid(1, 1)) && !processes_count(p));

	for (uint32_t i = 0; i < 100; i++)
		CHECK(!learn(p, pid(i, 7), 1, "event=seen|exe=/a|name=a|"));
	CHECK(learn(p, pid(200, 7), 1, "event=seen|exe=/a|name=a|") == -ENOSPC);
	CHECK(processes_refused(p) == 1 && processes_count(p) == 100);
	CHECK(!learn(p, pid(5, 7), 2, "event=exit|"));
	CHECK(!learn(p, pid(200, 7), 3, "event=seen|exe=/a|name=a|"));
	CHECK(processes_find(p, pid(200, 7)) && !processes_find(p, pid(5, 7)));
}

TEST(a_thousand_processes_are_each_found)
{
	struct config roomy = config;
	_processes_ p = NULL;

	roomy.limit.processes = 2000;
	p = processes_new(&roomy);
	for (uint32_t i = 0; i < 1000; i++)
		CHECK(!learn(p, pid(i / 2, i % 2 + 1), 1, "event=seen|exe=/a|name=a|"));
	for (uint32_t i = 0; i < 1000; i++)
		CHECK(processes_find(p, pid(i / 2, i % 2 + 1))->id.tgid == i / 2);
	CHECK(processes_count(p) == 1000);
}

TEST(attributes_without_room_are_counted_and_texts_are_clean)
{
	_processes_ p = processes_new(&config);
	char text[4096] = "event=seen|exe=/\x1b|name=\xff|";
	const struct resource *r;

	for (int i = 0; i < 40; i++)
		sprintf(text + strlen(text), "resource=k%d=v|", i);
	CHECK(!learn(p, pid(1, 1), 1, text));
	r = resource_of(p, pid(1, 1));
	CHECK(str_eq(r->service_name, STR("\xef\xbf\xbd")));
	CHECK(says(r, STR("k11"), STR("v")) && says(r, STR("k12"), STR("")));
	CHECK(processes_attributes_dropped(p) == 28);
	CHECK(r->attribute_count <= RESOURCE_ATTRIBUTES);
}

TEST(a_record_without_whole_strings_is_refused)
{
	_processes_ p = processes_new(&config);

	CHECK(learn(p, pid(1, 1), 1, "event=seen") == -EINVAL);
	CHECK(learn(p, pid(1, 1), 1, "") == -EINVAL && !processes_count(p));
}

TEST(that_a_program_sends_spans_is_known_until_it_calls_exec)
{
	_processes_ p = processes_new(&config);

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|" NGINX));
	CHECK(!processes_find(p, pid(10, 5))->sdk);
	CHECK(!learn(p, pid(10, 5), 2, "event=seen|sdk=otel_ctx|" NGINX));
	CHECK(processes_find(p, pid(10, 5))->sdk == SDK_CONTEXT);
	processes_sends_spans(p, pid(10, 5), SDK_OTLP_HTTP, 2); /* the first sign stays */
	CHECK(!learn(p, pid(10, 5), 3, "event=seen|" NGINX));
	CHECK(processes_find(p, pid(10, 5))->sdk == SDK_CONTEXT);
	CHECK(!learn(p, pid(10, 5), 4, "event=exec|" NGINX));
	CHECK(!processes_find(p, pid(10, 5))->sdk);
	processes_sends_spans(p, pid(10, 5), SDK_OTLP_HTTP, 5);
	CHECK(processes_find(p, pid(10, 5))->sdk == SDK_OTLP_HTTP);
	processes_sends_spans(p, pid(11, 5), SDK_OTLP_HTTP, 5);
	CHECK(!processes_find(p, pid(11, 5)));
	CHECK(!learn(p, pid(12, 5), 4, "event=seen|sdk=nothing known|" NGINX));
	CHECK(!processes_find(p, pid(12, 5))->sdk);
}

TEST(an_exec_takes_back_only_what_was_seen_before_it)
{
	_processes_ p = processes_new(&config);

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|" NGINX));
	processes_sends_spans(p, pid(10, 5), SDK_OTLP_PORT, 30);
	CHECK(!learn(p, pid(10, 5), 20, "event=exec|" NGINX)); /* told late */
	CHECK(processes_find(p, pid(10, 5))->sdk == SDK_OTLP_PORT);
	CHECK(!learn(p, pid(10, 5), 40, "event=exec|" NGINX));
	CHECK(!processes_find(p, pid(10, 5))->sdk);
}

TEST(who_passes_spans_on_does_so_until_it_calls_exec)
{
	_processes_ p = processes_new(&config);

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|" NGINX));
	processes_sends_spans(p, pid(10, 5), SDK_OTLP_HTTP, 10);
	processes_passes_spans_on(p, pid(10, 5), 30);
	CHECK(!processes_find(p, pid(10, 5))->sdk);
	CHECK(!learn(p, pid(10, 5), 20, "event=exec|" NGINX));
	processes_sends_spans(p, pid(10, 5), SDK_OTLP_HTTP, 31);
	CHECK(!processes_find(p, pid(10, 5))->sdk);
	processes_sends_spans(p, pid(10, 5), SDK_OTLP_PORT, 32); /* another's it cannot be */
	processes_passes_spans_on(p, pid(10, 5), 33);
	CHECK(processes_find(p, pid(10, 5))->sdk == SDK_OTLP_PORT);
	CHECK(!learn(p, pid(10, 5), 40, "event=exec|" NGINX));
	processes_sends_spans(p, pid(10, 5), SDK_OTLP_HTTP, 41);
	CHECK(processes_find(p, pid(10, 5))->sdk == SDK_OTLP_HTTP);
	processes_passes_spans_on(p, pid(11, 5), 42);
	CHECK(!processes_find(p, pid(11, 5)));
}

TEST(a_port_that_a_process_may_listen_on_may_have_accepted)
{
#define FIFTEEN "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"
	static const struct {
		const char *ports;
		uint16_t port;
		bool want;
	} rows[] = {
		{ "", 40000, false },		{ "", 32767, true },
		{ "80 40000", 40000, true },	{ "80 4000", 40000, false },
		{ FIFTEEN, 40000, false },	{ FIFTEEN " 16", 40000, true },
		{ "80 40000 90", 40000, true },
	};

	EACH(i, rows) {
		_processes_ p = processes_new(&config);
		char text[256];

		snprintf(text, sizeof(text), "event=seen|ports=%s|" NGINX, rows[i].ports);
		CHECK(processes_may_accept(p, pid(10, 5), rows[i].port));
		CHECK(!learn(p, pid(10, 5), 1, text));
		CHECK(processes_may_accept(p, pid(10, 5), rows[i].port) == rows[i].want);
	}
}

TEST(mappings_that_were_too_many_are_counted)
{
	_processes_ p = processes_new(&config);

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|sdk=otel_ctx|" NGINX));
	CHECK(!processes_maps_cut(p));
	CHECK(!learn(p, pid(11, 5), 1, "event=seen|sdk=maps_cut|" NGINX));
	CHECK(processes_maps_cut(p) == 1 && !processes_find(p, pid(11, 5))->sdk);
}

static bool runs(struct processes *p, struct process_id id, const char *want)
{
	const struct process *process = processes_find(p, id);

	return process && str_eq(str_of(process->runtimes), str_of(want));
}

TEST(the_runtimes_of_a_process_are_its_programs)
{
	_processes_ p = processes_new(&config);

	CHECK(!learn(p, pid(10, 5), 1, "event=seen|parent=1|parent_started=1|" NGINX));
	CHECK(!learn(p, pid(10, 5), 2, "event=runtime|runtime=go 1.22|hooks=gc=stop-start/x|"));
	CHECK(runs(p, pid(10, 5), "go 1.22\tgc=stop-start/x\n"));
	CHECK(resource_of(p, pid(10, 5)) && processes_find(p, pid(10, 5))->parent.tgid == 1);
	CHECK(!learn(p, pid(11, 6), 3, "event=fork|parent=10|parent_started=5|"));
	CHECK(runs(p, pid(11, 6), "go 1.22\tgc=stop-start/x\n"));
	CHECK(!learn(p, pid(11, 6), 4, "event=exec|parent=10|parent_started=5|" NGINX));
	CHECK(runs(p, pid(11, 6), "") && runs(p, pid(10, 5), "go 1.22\tgc=stop-start/x\n"));
}

TEST(runtimes_of_what_is_not_known_are_not_learned)
{
	_processes_ p = processes_new(&config);

	CHECK(!learn(p, pid(10, 5), 2, "event=runtime|runtime=go 1.22|hooks=|"));
	CHECK(!processes_find(p, pid(10, 5)));
}
