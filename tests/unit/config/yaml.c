/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.c - mirrors user/config/yaml.c, yaml_value.c, yaml_services.c and reader.c. */
#include "tests/unit/config/read.h"
#include "user/config/services.h"

TEST(names_may_be_dotted_nested_or_both)
{
	static const char *const texts[] = {
		"otlp.traces.endpoint: http://a/\n",
		"otlp: {traces.endpoint: 'http://a/'}\n",
		"otlp:\n  traces:\n    endpoint: \"http://a/\"\n",
		"otlp.traces: {endpoint: http://a/}\n",
		"---\notlp.traces: {endpoint: !!str http://a/}\n...\n",
		"{\"otlp\": {\"traces\": {\"endpoint\": \"http://a/\"}}}",
	};

	EACH(i, texts) {
		SCOPED *c = read_yaml(texts[i]);

		CHECK(c && !strcmp(c->otlp.target[OTLP_TRACES].endpoint, "http://a/"));
	}
}

TEST(a_list_is_a_sequence_or_a_text_with_commas)
{
	SCOPED *c = read_yaml("watch:\n  port: [80, 8000-8099]\n  pid: 1,2\n  exe: a\n"
			      "  exclude.exe: []\nhttp:\n  ignore: {/a: both, /b: metrics}\n"
			      "otlp.headers: {authorization: 'Bearer a,b%20 '}\n");

	CHECK(c && c->watch.port.count == 2 && c->watch.pid.count == 2 && c->watch.exe.count == 1);
	CHECK(c->watch.exclude_exe.count == 0 && c->http.ignore_count == 2);
	CHECK(c->http.ignore[0].traces && !c->http.ignore[1].traces);
	CHECK(!strcmp(c->otlp.target[0].headers.at[0].value, "Bearer a,b%20 "));
}

TEST(nothing_and_null_are_as_if_absent)
{
	static const char *const texts[] = {
		"",
		"# only words\n",
		"---\n",
		"~",
		"watch:\n",
		"web: {max-requests: }\n",
		"web.max-requests: null\nservices:\n",
		"web: ~\n",
		"\xef\xbb\xbfweb: ~\n",
	};

	EACH(i, texts) {
		SCOPED *c = read_yaml(texts[i]);

		CHECK(c && c->web.max_requests == 40);
	}
}

TEST(services_are_rules_in_order)
{
	SCOPED *c = read_yaml("services:\n"
			      "  - exe: '*/node'\n    port: [80, 90-99]\n    cgroup: /a/*\n"
			      "    name: shop\n    namespace: prod\n    routes: [/a, '/b/{id}']\n"
			      "    sampler: parentbased_traceidratio=0.25\n"
			      "  - {port: 8080, name: other}\n");
	const struct service_rule *rule;

	CHECK(c && c->service_count == 2 && !config_watches(c));
	rule = &c->services[0];
	CHECK(!strcmp(rule->exe, "*/node") && !strcmp(rule->cgroup, "/a/*"));
	CHECK(rule->port.count == 2 && port_list_has(&rule->port, 95));
	CHECK(!strcmp(rule->name, "shop") && !strcmp(rule->namespace, "prod"));
	CHECK(rule->routes.count == 2 && !strcmp(rule->routes.at[1], "/b/{id}"));
	CHECK(rule->has_sampler && rule->sampler.kind == SAMPLER_PARENT_RATIO);
	CHECK(rule->sampler.ratio == 0.25);
	CHECK(!c->services[1].exe && !c->services[1].has_sampler && !c->services[1].namespace);
}

TEST(services_are_bounded)
{
	size_t size = 16 * (LIMIT_SERVICES + 2);
	_cleanup_(freep) char *text = xcalloc(size, 1);
	size_t len = (size_t)sprintf(text, "services:\n");

	for (int i = 0; i <= LIMIT_SERVICES; i++)
		len += (size_t)sprintf(text + len, "- name: a\n");
	CHECK(refused(read_yaml(text), "sonde.yaml:1002:3: more than 1000 services"));
}

static const struct {
	const char *yaml, *text;
} wrong_files[] = {
	{ "\n\nwach: {port: 80}", "3:8: unknown option wach.port; did you mean watch.port?" },
	{ "watch:\n  prot: 80\n", "2:3: unknown option watch.prot; did you mean watch.port?" },
	{ "wach.port: 80\n", "1:1: unknown option wach.port; did you mean watch.port?" },
	{ "port: 80\n", "1:1: unknown option port; did you mean watch.port?" },
	{ "service: []\n", "1:1: unknown option service; did you mean services?" },
	{ "service: graph\n", "1:1: service holds options, not a value" },
	{ "a: {}\n", "1:1: unknown option a" },
	{ "a: [1]\n", "1:1: unknown option a" },
	{ "\"\\e[2J\": 1\n", "1:1: unknown option ?[2J" },
	{ "web:\n  max-requests: many\n",
	  "2:17: web.max-requests: \"many\" is not a number from 1 to 1000" },
	{ "watch.port: [80, 0]\n", "1:18: watch.port: \"0\" is not a port from 1 to 65535 "
				   "or a range like 8000-8099" },
	{ "\"watch.all\\0x\": on\n", "1:1: a text has a zero byte" },
	{ "tape.record: \"a\\eb\"\n", "1:14: tape.record: has control characters or is not UTF-8" },
	{ "web.max-requests: 1\nweb: {max-requests: 2}\n",
	  "2:7: web.max-requests is set twice, first on line 1" },
	{ "web: {}\nweb: {}\n", "2:1: web is set twice" },
	{ "services:\nservices:\n", "2:1: services is set twice" },
	{ "web: 1\n", "1:1: web holds options, not a value" },
	{ "web: [a]\n", "1:1: web holds options, not a value" },
	{ "web.max-requests: [1]\n", "1:19: web.max-requests takes one value" },
	{ "web.max-requests: {a: 1}\n", "1:19: web.max-requests takes one value, not a mapping" },
	{ "watch.exe: {a: 1}\n", "1:12: watch.exe takes values, not a mapping" },
	{ "watch.exe: [[a]]\n", "1:13: watch.exe: each entry is a value" },
	{ "watch.exe: [~]\n", "1:13: watch.exe: each entry is a value" },
	{ "config.file: a\n", "1:1: config.file cannot be set in a file" },
	{ "[a]: 1\n", "1:1: a key is the name of an option" },
	{ "- a\n", "1:1: not a mapping like \"watch.port: 8080\"" },
	{ "word\n", "1:1: not a mapping like \"watch.port: 8080\"" },
	{ "watch: &a {all: true}\n", "1:8: anchors and aliases are not supported" },
	{ "watch: {exe: *a}\n", "1:14: anchors and aliases are not supported" },
	{ "watch: {exe: !ENV x}\n", "1:14: tags are not supported" },
	{ "watch: {}\n---\nwatch: {}\n", "2:1: a second document" },
	{ "a: {b: {c: {d: {e: {f: {g: {h: {i: {j: 1}}}}}}}}}\n", "1:33: nested too deeply" },
	{ "otlp.headers: {a: [1]}\n", "1:19: not a value" },
	{ "otlp.headers: {'a,b': 1}\n", "1:16: otlp.headers: not a name" },
	{ "http.ignore: {/a: both, /a: traces}\n", "1:25: http.ignore: /a is set twice" },
	{ "otlp.headers: [s3cret]\n", "1:16: otlp.headers: must be a header like name=value" },
	{ "services: 1\n", "1:11: services takes a list" },
	{ "services: [1]\n", "1:12: each service is a mapping like {exe: \"*/node\", name: shop}" },
	{ "services: [{}]\n", "1:12: a service needs a key" },
	{ "services: [{nmae: a}]\n", "1:13: unknown key nmae of a service; did you mean name?" },
	{ "services: [{colour: a}]\n", "1:13: unknown key colour of a service" },
	{ "services: [{name: a, name: b}]\n", "1:22: name is set twice" },
	{ "services: [{port: x}]\n", "1:19: services.port: \"x\" is not a port from 1 to "
				     "65535 or a range like 8000-8099" },
	{ "services: [{sampler: always_on=1}]\n",
	  "1:22: services.sampler: \"always_on=1\" is not a sampler like always_on or "
	  "parentbased_traceidratio=0.1" },
};

TEST(a_wrong_file_is_refused_with_line_and_column)
{
	EACH(i, wrong_files) {
		_cleanup_(freep) char *text = xasprintf("sonde.yaml:%s", wrong_files[i].text);

		CHECK(refused(read_yaml(wrong_files[i].yaml), text));
	}
}

TEST(what_is_no_yaml_is_refused_with_its_place)
{
	static const char *const texts[] = {
		"web: {\n", "a: b: c\n",  "\t- x\n",	    "web: \"a\n",
		"\xff\n",   "web: {}\n}", "%YAML 9\n---\n", "a: \x01\n",
	};

	EACH(i, texts) {
		CHECK(!read_yaml(texts[i]));
		CHECK(!strncmp(last_error.text, "sonde.yaml:", 11) && last_error.text[11] >= '1');
	}
	CHECK(refused(read_yaml("web:\n  a\xff"), "sonde.yaml:2:4: invalid leading UTF-8 octet"));
}

TEST(what_is_no_yaml_is_said_before_what_it_seems_to_say)
{
	CHECK(refused(read_yaml("watch: [\n"),
		      "sonde.yaml:2:1: did not find expected node content"));
	CHECK(refused(read_yaml("web: {a: 1\nlog: 2\n"),
		      "sonde.yaml:2:4: did not find expected ',' or '}'"));
	CHECK(refused(read_yaml("nobody: knows\nb: c: d\n"),
		      "sonde.yaml:2:5: mapping values are not allowed in this context"));
}
