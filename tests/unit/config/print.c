/* SPDX-License-Identifier: Apache-2.0 */
/* print.c - mirrors user/config/print.c. */
#include <unistd.h>

#include "tests/unit/config/read.h"

/* Each line without its comment: the values alone. */
static void drop_origins(char *text)
{
	char *to = text;

	for (char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		char *comment = memmem(line, len, "  # ", 4);
		size_t keep = comment ? (size_t)(comment - line) : len;

		memmove(to, line, keep);
		to += keep;
		*to++ = '\n';
		line += len + (line[len] == '\n');
	}
	*to = '\0';
}

TEST(what_is_printed_reads_back_to_the_same)
{
	static const char *const texts[] = {
		"",
		"watch: {pid: [1], exe: ['a\"\\ b', \"\\u00e9\\u2028\"], port: [1-2, 3], all: on}\n"
		"http: {route: ['/a/{id}'], ignore: [], headers: [x-a], route-guess: off}\n"
		"web: {listen-address: [], max-requests: 1}\n"
		"otlp: {endpoint: http://a, traces.endpoint: '', metrics.timeout: 1ms}\n"
		"trace: {sampler: traceidratio, ratio: 0.1, keep-slower-than: 90s}\n"
		"console.format: off\ntape.record: '# no comment: really'\n"
		"services: [{exe: a, port: 1, name: '- x', sampler: always_off}, {name: b}]\n",
	};

	EACH(i, texts) {
		SCOPED *first = read_yaml(texts[i]);
		_cleanup_(freep) char *once = first ? printed(first) : NULL, *twice = NULL;
		SCOPED *second = once ? read_yaml(once) : NULL;

		CHECK(first && second);
		twice = printed(second);
		drop_origins(once);
		drop_origins(twice);
		CHECK(!strcmp(once, twice));
	}
}

TEST(each_value_says_where_it_came_from)
{
	char path[] = "/tmp/sonde-test-XXXXXX";
	static const char text[] = "\nlog.level: warn\nservices:\n  - {name: a}\n";
	int fd = mkstemp(path);
	_cleanup_(freep) char *flag = xasprintf("--config.file=%s", path), *out = NULL;
	_cleanup_(freep) char *want = NULL;
	SCOPED *c = NULL;

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	c = read_options((const char *const[]){ flag, "--watch.port=80", NULL },
			 (const char *const[]){ "SONDE_WATCH_PID=1,2",
						"OTEL_TRACES_SAMPLER_ARG=0.5", NULL });
	unlink(path);
	CHECK(c);
	out = printed(c);
	CHECK(strstr(out, "  port: [80]  # from flag\n"));
	CHECK(strstr(out, "  pid: [1, 2]  # from environment SONDE_WATCH_PID\n"));
	CHECK(strstr(out, "  ratio: 0.5  # from environment OTEL_TRACES_SAMPLER_ARG\n"));
	CHECK(strstr(out, "  max-requests: 40  # default\n"));
	want = xasprintf("  level: \"warn\"  # from %s:2\n", path);
	CHECK(strstr(out, want));
	free(want);
	want = xasprintf("services:  # from %s:4\n  - name: \"a\"\n", path);
	CHECK(strstr(out, want));
	free(want);
	want = xasprintf("# config.file %s, from flag\n", path);
	CHECK(!strncmp(out, want, strlen(want)));
}

TEST(secrets_are_masked)
{
	SCOPED *c = FLAGS("--otlp.endpoint=http://user:s3cret@h:1", "--otlp.headers=k=s3cret",
			  "--otlp.traces.endpoint=http://h/?token=s3cret");
	_cleanup_(freep) char *out = NULL;

	CHECK(c && strstr(c->otlp.target[OTLP_METRICS].endpoint, "s3cret"));
	out = printed(c);
	CHECK(!strstr(out, "s3cret") && !strstr(out, "//user"));
	CHECK(strstr(out, "endpoint: \"http://****@h:1\"  # from flag"));
	CHECK(strstr(out, "headers: [\"k=****\"]  # from flag"));
}
