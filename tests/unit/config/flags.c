/* SPDX-License-Identifier: Apache-2.0 */
/* flags.c - mirrors user/config/flags.c, read.c and suggest.c. */
#include <unistd.h>

#include "tests/unit/config/read.h"

TEST(a_flag_takes_its_value_with_an_equals_sign_or_as_the_next_argument)
{
	SCOPED *c = FLAGS("--web.max-requests=7", "--watch.exe", "a", "--watch.all",
			  "--watch.exe=b,c", "--http.route-guess=off", "--tape.record", "-");

	CHECK(c && c->web.max_requests == 7 && c->watch.all && !c->http.route_guess);
	CHECK(c->watch.exe.count == 3 && !strcmp(c->watch.exe.at[2], "c"));
	CHECK(!strcmp(c->tape_record, "-"));
}

TEST(of_a_flag_given_twice_the_last_counts_and_lists_grow)
{
	SCOPED *c = FLAGS("--web.max-requests=7", "--web.max-requests=8", "--watch.pid=1",
			  "--watch.pid=2", "--tape.record=a", "--tape.record=b");

	CHECK(c && c->web.max_requests == 8 && c->watch.pid.count == 2);
	CHECK(!strcmp(c->tape_record, "b"));
}

TEST(an_empty_list_replaces_the_default)
{
	SCOPED *c = FLAGS("--watch.exclude.exe=", "--web.listen-address=");

	CHECK(c && c->watch.exclude_exe.count == 0 && c->web.listen_address.count == 0);
}

TEST(a_wrong_flag_is_refused_with_the_nearest_name)
{
	static const struct {
		const char *flag, *text;
	} rows[] = {
		{ "--wach.port=1", "--wach.port: unknown option; did you mean --watch.port?" },
		{ "--watch.prot=1", "--watch.prot: unknown option; did you mean --watch.port?" },
		{ "--port=1", "--port: unknown option; did you mean --watch.port?" },
		{ "--verbose", "--verbose: unknown option; see --help" },
		{ "--=1", "--: unknown option; see --help" },
		{ "--\x1b[2J", "--?[2J: unknown option; see --help" },
		{ "-v", "-v: unexpected argument; options look like --watch.all" },
		{ "8080", "8080: unexpected argument; options look like --watch.all" },
		{ "--", "--: unexpected argument; options look like --watch.all" },
		{ "--watch.port",
		  "--watch.port: needs a port from 1 to 65535 or a range like 8000-8099" },
		{ "--watch.port=99999", "--watch.port: \"99999\" is not a port from 1 to 65535 "
					"or a range like 8000-8099" },
		{ "--watch.port=80,x", "--watch.port: \"x\" is not a port from 1 to 65535 "
				       "or a range like 8000-8099" },
		{ "--web.max-requests=0",
		  "--web.max-requests: \"0\" is not a number from 1 to 1000" },
		{ "--watch.all=yes", "--watch.all: \"yes\" is not true, false, on or off" },
		{ "--console.format=xml",
		  "--console.format: \"xml\" is not one of off, text, json" },
		{ "--otlp.timeout=5", "--otlp.timeout: \"5\" is not a duration from 1ms to 1h" },
		{ "--trace.keep-slower-than=5", "--trace.keep-slower-than: \"5\" is not off or a "
						"duration like 250ms or 10s up to 1h" },
		{ "--limit.ended-series=1500ms",
		  "--limit.ended-series: \"1500ms\" is not a duration from 1s to 24h "
		  "in whole seconds" },
		{ "--trace.ratio=2", "--trace.ratio: \"2\" is not a number from 0 to 1" },
		{ "--http.route=x",
		  "--http.route: \"x\" is not a route like /users/{id} or /files/**: a route begins "
		  "with '/'" },
		{ "--http.route=/a,/**/b",
		  "--http.route: \"/**/b\" is not a route like /users/{id} or "
		  "/files/**: '**' must come last" },
		{ "--http.ignore=/a*=both",
		  "--http.ignore: \"/a*=both\" is not a route like /healthz, "
		  "with =traces, =metrics or =both: '*' must be a whole "
		  "segment" },
		{ "--http.headers=x-a,Cookie",
		  "--http.headers: \"Cookie\" is not a header that may go "
		  "on spans: it carries secrets" },
		{ "--http.headers=a b",
		  "--http.headers: \"a b\" is not a header that may go on spans: "
		  "a name has no spaces, colons or quotes" },
		{ "--otlp.protocol=grpc",
		  "--otlp.protocol: \"grpc\" is not http/protobuf, the only one there is" },
		{ "--tape.record=a\x01", "--tape.record: has control characters or is not UTF-8" },
	};

	EACH(i, rows)
		CHECK(refused(FLAGS(rows[i].flag), rows[i].text));
	CHECK(refused(FLAGS("--watch.exe", "--watch.all"),
		      "--watch.exe: needs a glob like */node"));
}

TEST(baggage_that_may_not_be_exported_is_refused)
{
	static const struct {
		const char *flag, *text;
	} rows[] = {
		{ "--trace.baggage=authorization",
		  "--trace.baggage: \"authorization\" is not a key of baggage that may go on spans "
		  "(user.id, user.*): this one is not exported, it carries secrets" },
		{ "--trace.baggage=a b",
		  "--trace.baggage: \"a b\" is not a key of baggage that may go on spans "
		  "(user.id, user.*): a key has no spaces, commas or quotes" },
	};

	EACH(i, rows)
		CHECK(refused(FLAGS(rows[i].flag), rows[i].text));
}

TEST(a_secret_is_not_repeated_in_an_error)
{
	CHECK(refused(FLAGS("--otlp.headers=s3cret"),
		      "--otlp.headers: must be a header like name=value"));
	CHECK(refused(FLAGS("--otlp.endpoint=ftp://u:s3cret@h"),
		      "--otlp.endpoint: must be a URL like http://collector:4318 "
		      "without a query"));
}

/* A file with this text; the caller unlinks and frees. */
static char *file_with(const char *text, size_t len)
{
	char *path = xstrdup("/tmp/sonde-test-XXXXXX");
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		abort();
	close(fd);
	return path;
}

TEST(flag_beats_environment_beats_file_beats_default)
{
	static const char text[] = "web: {max-requests: 3, telemetry-path: /file}\n"
				   "watch: {exe: [f1, f2], pid: [3]}\nlog.level: warn\n";
	_cleanup_(freep) char *path = file_with(text, strlen(text));
	_cleanup_(freep) char *flag = xasprintf("--config.file=%s", path);
	_cleanup_(freep) char *variable = xasprintf("SONDE_CONFIG_FILE=%s", path);
	SCOPED *c = read_options(
		(const char *const[]){ flag, "--web.max-requests=1", "--watch.exe=flag", NULL },
		(const char *const[]){ "SONDE_WEB_MAX_REQUESTS=2", "SONDE_WEB_TELEMETRY_PATH=/env",
				       "SONDE_WATCH_EXE=e1,e2,e3", "SONDE_WATCH_PID=2", NULL });
	SCOPED *by_variable = VARIABLES(variable);

	unlink(path);
	CHECK(c && c->web.max_requests == 1 && !strcmp(c->web.telemetry_path, "/env"));
	CHECK(c->watch.exe.count == 1 && !strcmp(c->watch.exe.at[0], "flag"));
	CHECK(c->watch.pid.count == 1 && c->watch.pid.at[0] == 2);
	CHECK(c->log_level == LOG_WARN && c->trace.sampler.ratio == 1);
	CHECK(!strcmp(c->config_file, path));
	CHECK(by_variable && by_variable->web.max_requests == 3);
}

TEST(a_bad_value_is_refused_though_a_higher_place_overrules_it)
{
	CHECK(refused(read_options((const char *const[]){ "--web.max-requests=1", NULL },
				   (const char *const[]){ "SONDE_WEB_MAX_REQUESTS=x", NULL }),
		      "SONDE_WEB_MAX_REQUESTS: \"x\" is not a number from 1 to 1000"));
}

TEST(a_file_that_cannot_be_read_is_named)
{
	_cleanup_(freep) char *large = xcalloc((1 << 20) + 1, 1);
	_cleanup_(freep) char *path = NULL, *flag = NULL, *text = NULL;

	memset(large, '#', (1 << 20) + 1);
	path = file_with(large, (1 << 20) + 1);
	flag = xasprintf("--config.file=%s", path);
	text = xasprintf("config.file %s: larger than 1048576 bytes", path);
	CHECK(refused(FLAGS(flag), text));
	unlink(path);
	free(text);
	text = xasprintf("config.file %s: No such file or directory", path);
	CHECK(refused(FLAGS(flag), text));
	CHECK(refused(FLAGS("--config.file=/"), "config.file /: Is a directory"));
}
