/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - mirrors user/config/options.c: what holds for every row of the table. */
#include <jansson.h>

#include "tests/unit/config/read.h"
#include "user/config/field.h"
#include "user/config/settings.h"

TEST(every_option_is_whole_and_named_once)
{
	for (size_t i = 0; i < option_count; i++) {
		_cleanup_(freep) char *name = environment_name(options[i].key);

		CHECK(options[i].type && options[i].help && strchr(options[i].key, '.'));
		CHECK((options[i].type == &type_word) == !!options[i].words);
		CHECK(option_find(str_of(options[i].key)) == &options[i]);
		for (size_t k = 0; k < i; k++) {
			_cleanup_(freep) char *other = environment_name(options[k].key);

			CHECK(strcmp(name, other));
			CHECK(options[i].at != options[k].at);
			CHECK(!options[i].otel || !options[k].otel ||
			      strcmp(options[i].otel, options[k].otel));
		}
	}
}

TEST(rows_of_a_group_stand_together)
{
	for (size_t i = 1; i < option_count; i++) {
		size_t len = strcspn(options[i].key, ".") + 1;

		if (!strncmp(options[i].key, options[i - 1].key, len))
			continue;
		for (size_t k = 0; k < i; k++)
			CHECK(strncmp(options[i].key, options[k].key, len));
	}
}

TEST(defaults_are_those_that_are_stated)
{
	SCOPED *c = FLAGS(NULL);

	CHECK(c && !c->config_file && !config_watches(c));
	CHECK(c->watch.exclude_exe.count > 1 && !strcmp(c->watch.exclude_exe.at[0], "*/sonde"));
	CHECK(c->http.ignore_count == 3 && c->http.ignore[0].traces && !c->http.ignore[0].metrics);
	CHECK(!strcmp(c->http.ignore[2].route, "/readyz"));
	CHECK(c->http.route_guess && c->http.headers.count == 0);
	CHECK(c->http.known_methods.count == 10);
	CHECK(c->web.listen_address.count == 1);
	CHECK(!strcmp(c->web.listen_address.at[0], "127.0.0.1:9464"));
	CHECK(!strcmp(c->web.telemetry_path, "/metrics") && c->web.max_requests == 40);
	CHECK(!c->otlp.target[OTLP_TRACES].endpoint && !c->otlp.target[OTLP_METRICS].endpoint);
	CHECK(c->otlp.target[OTLP_TRACES].timeout_ms == 10000 && !c->otlp.target[0].gzip);
	CHECK(c->otlp.queue_spans == 16384 && c->otlp.batch_spans == 512);
	CHECK(c->otlp.schedule_delay_ms == 5000 && c->otlp.metric_interval_ms == 60000);
	CHECK(c->trace.sampler.kind == SAMPLER_PARENT_ALWAYS_ON && c->trace.sampler.ratio == 1);
	CHECK(c->trace.keep_slower_than_ms == 0 && !c->trace.keep_errors);
	CHECK(c->trace.propagators.count == 4 && !c->trace.baggage.count);
	CHECK(!word_list_has(&c->trace.propagators, PROPAGATOR_NONE));
	CHECK(c->console == CONSOLE_OFF && !c->tape_record && c->capture_flavour == CAPTURE_ANY);
	CHECK(c->log_level == LOG_INFO && c->log_format == LOG_LOGFMT);
	CHECK(c->limit.series == 2000 && c->limit.ended_series_s == 300);
	CHECK(c->limit.head_bytes == 8192 && c->limit.attribute_bytes == 4096);
	CHECK(!c->worker_user && !c->sdk_disabled);
}

TEST(help_names_every_option_within_a_hundred_columns)
{
	_cleanup_(freep) char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	config_help(to);
	fclose(to);
	for (size_t i = 0; i < option_count; i++) {
		_cleanup_(freep) char *flag = xasprintf("\n  --%s%s", options[i].key,
							options[i].type == &type_bool ? "[" : "=");

		CHECK(strstr(text, flag));
		CHECK(!options[i].otel || strstr(text, options[i].otel));
	}
	CHECK(strstr(text, "\nservices, in the YAML file alone") && strstr(text, "\n  cgroup "));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		CHECK(strcspn(line, "\n") <= 100);
}

TEST(the_schema_is_json_and_knows_every_option_split_at_any_dot)
{
	_cleanup_(freep) char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	json_t *schema, *top, *otlp;

	config_schema(to);
	fclose(to);
	schema = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	CHECK(schema);
	top = json_object_get(schema, "properties");
	for (size_t i = 0; i < option_count; i++) {
		json_t *definition =
			json_object_get(json_object_get(schema, "$defs"), options[i].key);

		CHECK(json_object_get(definition, "description"));
		CHECK(json_object_get(top, options[i].key) ||
		      !strcmp(options[i].key, "config.file"));
	}
	otlp = json_object_get(json_object_get(top, "otlp"), "properties");
	CHECK(json_object_get(otlp, "traces.endpoint"));
	CHECK(json_object_get(json_object_get(json_object_get(otlp, "traces"), "properties"),
			      "endpoint"));
	CHECK(json_object_get(json_object_get(json_object_get(top, "otlp.traces"), "properties"),
			      "endpoint"));
	CHECK(json_object_get(top, "services"));
	json_decref(schema);
}

TEST(a_head_is_as_long_as_the_kernel_half_ships_at_most)
{
	SCOPED *most = FLAGS("--limit.head-bytes=8192");

	CHECK(most && most->limit.head_bytes == 8192);
	CHECK(refused(FLAGS("--limit.head-bytes=8193"),
		      "--limit.head-bytes: \"8193\" is not a number from 256 to 8192"));
}
