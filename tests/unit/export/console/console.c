/* SPDX-License-Identifier: Apache-2.0 */
/* console.c - mirrors user/export/console/; jansson reads the JSON. */
#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "tests/test.h"
#include "user/base/clock.h"
#include "user/base/loop.h"
#include "user/config/config.h"
#include "user/export/console/line.h"
#include "user/export/exporter.h"
#include "user/model/metric.h"
#include "user/model/resource.h"
#include "user/model/span.h"

extern const struct exporter exporter_console;

static struct span span_plain(void)
{
	return (struct span){
		.context = { .trace_id = "0123456789abcde", .span_id = "7654321", .flags = 1 },
		.kind = SPAN_SERVER,
		.name = STR("GET /users/{id}"),
		.start_unix_ns = 1700000000123456789,
		.end_unix_ns = 1700000000124691356,
	};
}

static json_t *json_line(const struct span *span)
{
	struct buf line = buf_new(LINE_BYTES);
	json_t *ret = NULL;

	if (!line_json(&line, span) && line.at[line.len - 1] == '\n' &&
	    memchr(line.at, '\n', line.len) == line.at + line.len - 1)
		ret = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, NULL);
	buf_free(&line);
	return ret;
}

static bool is(json_t *object, const char *key, const char *text)
{
	const char *got = json_string_value(json_object_get(object, key));

	return got && !strcmp(got, text);
}

TEST(a_json_line_has_every_member)
{
	const struct attribute about = attribute_text(STR("service.name"), STR("shop"));
	struct resource *shop = resource_new(&about, 1);
	struct span span = span_plain();
	json_t *line, *set;

	span.resource = shop;
	span.has_parent = true;
	memcpy(span.parent_id, "\1\2\3\4\5\6\7\xff", 8);
	span.context.state = STR("a=1");
	span.status = STATUS_ERROR;
	span.error_type = STR("500");
	span_add_int(&span, STR("http.response.status_code"), 500);
	span_add(&span, (struct attribute){ STR("h"), ATTRIBUTE_TEXTS, { .text = STR("v") } });
	line = json_line(&span);
	resource_unref(shop);
	CHECK(line && json_object_size(line) == 13);
	CHECK(is(line, "name", "GET /users/{id}") && is(line, "kind", "SERVER"));
	CHECK(is(line, "trace_id", "30313233343536373839616263646500"));
	CHECK(is(line, "span_id", "3736353433323100") &&
	      is(line, "parent_span_id", "01020304050607ff"));
	CHECK(is(line, "trace_state", "a=1") && is(line, "service", "shop"));
	CHECK(is(line, "status", "ERROR") && is(line, "error_type", "500"));
	CHECK(json_integer_value(json_object_get(line, "flags")) == 1);
	CHECK(json_integer_value(json_object_get(line, "start_unix_nano")) == 1700000000123456789);
	CHECK(json_integer_value(json_object_get(line, "end_unix_nano")) == 1700000000124691356);
	set = json_object_get(line, "attributes");
	CHECK(json_integer_value(json_object_get(set, "http.response.status_code")) == 500);
	CHECK(!strcmp(json_string_value(json_array_get(json_object_get(set, "h"), 0)), "v"));
	json_decref(line);
}

static const struct span_link links[] = {
	{ .trace_id = "0123456789abcdef", .span_id = "\1\2\3\4\5\6\7\xff", .confidence = 0.5 },
	{ .trace_id = "0123456789abcdeF", .span_id = "\1\2\3\4\5\6\7\xff", .confidence = 0.25 },
};

TEST(links_are_members_only_where_there_are_some)
{
	struct span span = span_plain();
	json_t *line = json_line(&span), *link;
	bool had = json_object_get(line, "links");

	json_decref(line);
	span.links = links;
	span.link_count = 2;
	span.links_dropped = 7;
	line = json_line(&span);
	CHECK(!had && line && json_object_size(line) == 15);
	CHECK(json_array_size(json_object_get(line, "links")) == 2);
	CHECK(json_integer_value(json_object_get(line, "links_dropped")) == 7);
	link = json_array_get(json_object_get(line, "links"), 1);
	CHECK(json_object_size(link) == 3 && is(link, "span_id", "01020304050607ff"));
	CHECK(is(link, "trace_id", "30313233343536373839616263646546"));
	link = json_object_get(link, "attributes");
	CHECK(json_object_size(link) == 1);
	CHECK(json_real_value(json_object_get(link, "sonde.link.confidence")) == 0.25);
	json_decref(line);
}

static const struct span_event events[] = {
	{ .name = STR("sonde.pause"),
	  .unix_ns = 1700000000123456789,
	  .attribute_count = 2,
	  .attributes = { { .key = STR("kind"), .text = STR("major") },
			  { .key = STR("seconds"), .type = ATTRIBUTE_DOUBLE, .real = 0.5 } } },
	{ .name = STR("second"), .unix_ns = 7 },
};

TEST(events_are_members_only_where_there_are_some)
{
	struct span span = span_plain();
	json_t *line = json_line(&span), *event;
	bool had = json_object_get(line, "events");

	json_decref(line);
	span.events = events;
	span.event_count = 2;
	span.events_dropped = 7;
	line = json_line(&span);
	CHECK(!had && line && json_object_size(line) == 15);
	CHECK(json_array_size(json_object_get(line, "events")) == 2);
	CHECK(json_integer_value(json_object_get(line, "events_dropped")) == 7);
	event = json_array_get(json_object_get(line, "events"), 0);
	CHECK(json_object_size(event) == 3 && is(event, "name", "sonde.pause"));
	CHECK(json_integer_value(json_object_get(event, "time_unix_nano")) == 1700000000123456789);
	event = json_object_get(event, "attributes");
	CHECK(json_object_size(event) == 2 && is(event, "kind", "major"));
	CHECK(json_real_value(json_object_get(event, "seconds")) == 0.5);
	event = json_array_get(json_object_get(line, "events"), 1);
	CHECK(json_object_size(json_object_get(event, "attributes")) == 0);
	json_decref(line);
}

TEST(any_bytes_are_valid_json)
{
	char bytes[256];
	struct span span = span_plain();
	json_t *line;

	for (int i = 0; i < 256; i++)
		bytes[i] = (char)(255 - i);
	span.name = (struct str){ bytes, 255 }; /* jansson's C strings end at a NUL */
	span_add_text(&span, (struct str){ bytes, 100 }, (struct str){ bytes, 255 });
	span.error_type = STR("\"\\\n\x1b[31m");
	line = json_line(&span);
	CHECK(line && is(line, "error_type", "\"\\\n\x1b[31m"));
	json_decref(line);
}

TEST(a_line_past_its_limit_is_refused)
{
	static char text[LINE_BYTES];
	struct span span = span_plain();
	struct buf line = buf_new(LINE_BYTES);

	memset(text, 'x', sizeof(text));
	span.name = (struct str){ text, sizeof(text) };
	CHECK(line_json(&line, &span) && line_text(&line, &span, true));
	buf_free(&line);
}

static bool text_is(const struct span *span, const char *want)
{
	struct buf line = buf_new(LINE_BYTES);
	bool same = !line_text(&line, span, false) &&
		    str_eq(str_after(buf_str(&line), 12), str_of(want));

	buf_free(&line);
	return same;
}

TEST(a_text_line_is_aligned)
{
	struct span span = span_plain();

	CHECK(text_is(&span, "      1.235 ms  -                 server    "
			     "GET /users/{id}                   -  \n"));
	span_add_int(&span, STR("http.response.status_code"), 404);
	CHECK(text_is(&span, "      1.235 ms  -                 server    "
			     "GET /users/{id}                   404\n"));
	span.error_type = STR("404");
	CHECK(text_is(&span, "      1.235 ms  -                 server    "
			     "GET /users/{id}                   404\n"));
	span.error_type = STR("timeout");
	CHECK(text_is(&span, "      1.235 ms  -                 server    "
			     "GET /users/{id}                   404  timeout\n"));
}

TEST(a_text_line_counts_links)
{
	struct span span = span_plain();

	span.links = links;
	span.link_count = 1;
	CHECK(text_is(&span, "      1.235 ms  -                 server    "
			     "GET /users/{id}                   -    1 link\n"));
	span.links_dropped = 9;
	CHECK(text_is(&span, "      1.235 ms  -                 server    "
			     "GET /users/{id}                   -    10 links\n"));
}

TEST(a_text_line_counts_events)
{
	struct span span = span_plain();

	span.events = events;
	span.event_count = 1;
	CHECK(text_is(&span, "      1.235 ms  -                 server    "
			     "GET /users/{id}                   -    1 event\n"));
	span.events_dropped = 9;
	CHECK(text_is(&span, "      1.235 ms  -                 server    "
			     "GET /users/{id}                   -    10 events\n"));
}

TEST(text_moves_no_terminal)
{
	struct span span = span_plain();

	span.name = STR("\x1b[2J\r\n\xc2\x9b"
			"31m\x7f\xffok\xc3\xa9");
	CHECK(text_is(&span, "      1.235 ms  -                 server    "
			     "?[2J???31m?\xef\xbf\xbdok\xc3\xa9                   -  \n"));
}

/* The exporter's count of lines with this outcome. */
struct count {
	struct metric_sink sink;
	struct str outcome;
	double value;
};

static void on_metric(struct metric_sink *sink, const struct metric *metric)
{
	(void)sink;
	(void)metric;
}

static void on_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct count *count = (struct count *)sink;

	if (str_eq(sample->attributes[0].text, count->outcome))
		count->value = sample->value;
}

static double lines(const struct collectors *collectors, const char *outcome)
{
	struct count count = { { on_metric, on_sample }, str_of(outcome), -1 };

	collectors_collect(collectors, 0, &count.sink);
	return count.value;
}

struct rig {
	struct config config;
	struct collectors collectors;
	struct export_context context;
	int pipe[2], kept;
	void *self;
};

/* The console exporter with a pipe for standard output. */
static void rig_begin(struct rig *rig)
{
	const char *error;

	*rig = (struct rig){ .config.console = CONSOLE_TEXT };
	fflush(stdout);
	rig->kept = dup(STDOUT_FILENO);
	if (pipe(rig->pipe) || dup2(rig->pipe[1], STDOUT_FILENO) < 0)
		abort();
	close(rig->pipe[1]);
	collectors_init(&rig->collectors);
	rig->context = (struct export_context){ .config = &rig->config,
						.loop = loop_new(),
						.collectors = &rig->collectors };
	rig->self = exporter_console.new(&rig->context, &error);
}

static void rig_end(struct rig *rig)
{
	exporter_console.free(rig->self);
	loop_free(rig->context.loop);
	dup2(rig->kept, STDOUT_FILENO);
	close(rig->kept);
	if (rig->pipe[0] >= 0)
		close(rig->pipe[0]);
}

TEST(a_full_pipe_never_blocks_and_lines_are_counted)
{
	enum { SPANS = 40000 };
	struct span span = span_plain();
	double written, dropped;
	char bytes[65536];
	size_t newlines = 0;
	ssize_t got;
	bool done;
	struct rig rig;

	rig_begin(&rig);
	for (int i = 0; i < SPANS; i++)
		exporter_console.span(rig.self, &span);
	exporter_console.flush(rig.self);
	done = exporter_console.done(rig.self);
	fcntl(rig.pipe[0], F_SETFL, O_NONBLOCK);
	for (;;) {
		got = read(rig.pipe[0], bytes, sizeof(bytes));
		if (got <= 0 && exporter_console.done(rig.self))
			break;
		for (ssize_t i = 0; i < got; i++)
			newlines += bytes[i] == '\n';
		exporter_console.flush(rig.self);
	}
	written = lines(&rig.collectors, "written");
	dropped = lines(&rig.collectors, "dropped");
	rig_end(&rig);
	CHECK(!done && dropped > 0);
	CHECK(written + dropped == SPANS && written == (double)newlines);
}

TEST(a_burst_that_is_read_as_it_comes_loses_no_line)
{
	enum { SPANS = 40000 };
	struct span span = span_plain();
	char bytes[65536];
	double dropped;
	struct rig rig;

	rig_begin(&rig);
	fcntl(rig.pipe[0], F_SETFL, O_NONBLOCK);
	for (int i = 0; i < SPANS; i++) {
		exporter_console.span(rig.self, &span);
		while (read(rig.pipe[0], bytes, sizeof(bytes)) > 0)
			;
	}
	dropped = lines(&rig.collectors, "dropped");
	rig_end(&rig);
	CHECK(dropped == 0);
}

TEST(a_reader_that_goes_ends_nothing_but_the_lines)
{
	struct span span = span_plain();
	double dropped;
	struct rig rig;

	rig_begin(&rig);
	close(rig.pipe[0]);
	rig.pipe[0] = -1;
	exporter_console.span(rig.self, &span);
	exporter_console.flush(rig.self);
	exporter_console.span(rig.self, &span);
	dropped = lines(&rig.collectors, "dropped");
	rig_end(&rig);
	CHECK(dropped == 2);
}
