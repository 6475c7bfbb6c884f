/* SPDX-License-Identifier: Apache-2.0 */
/* changes.c - mirrors user/config/changes.c */
#include "tests/test.h"
#include "user/config/config.h"

static struct config *read_yaml(const char *text)
{
	struct config_error error;
	struct config *config;

	return config_read_text(str_of(text), "test.yaml", &config, &error) ? NULL : config;
}

/* Are these the keys that differ between two files and are taken up so? */
static bool differ(const char *before, const char *now, enum taken taken, const char *keys)
{
	struct config *one = read_yaml(before), *other = read_yaml(now);
	struct buf said = buf_new(4096);
	bool same;

	config_changes(one, other, taken, &said);
	same = str_eq(buf_str(&said), str_of(keys));
	if (!same)
		printf("%s to %s: said %.*s\n", before, now, STR_ARGS(buf_str(&said)));
	buf_free(&said);
	config_free(one);
	config_free(other);
	return same;
}

#define SHOP "services: [{exe: \"*/node\", name: shop}]\n"
#define BANK "services: [{exe: \"*/node\", name: bank}]\n"

TEST(what_a_running_worker_need_not_know_is_told_from_the_rest)
{
	const char *before = "watch: {port: [80], exclude: {exe: []}}\nlimit: {series: 5}\n" SHOP;
	const char *now = "watch: {port: [80, 81]}\nlimit: {series: 6}\n" BANK
			  "tape: {record: /tmp/x}\nconfig: {}\n";

	CHECK(differ(before, now, TAKEN_AT_ONCE, "watch.port,watch.exclude.exe"));
	CHECK(differ(before, now, TAKEN_BY_NEXT_WORKER, "limit.series,services"));
	CHECK(differ(before, now, TAKEN_AT_START, "tape.record"));
	for (enum taken taken = TAKEN_BY_NEXT_WORKER; taken <= TAKEN_AT_START; taken++)
		CHECK(differ(before, before, taken, "") && differ(now, now, taken, ""));
}

TEST(what_the_kernel_halfs_maps_are_made_for_holds_until_another_start)
{
	const char *before = "limit: {loops: 5}", *now = "limit: {loops: 6, processes: 7}";

	CHECK(differ(before, now, TAKEN_AT_START, "limit.processes,limit.loops"));
	CHECK(differ(before, now, TAKEN_BY_NEXT_WORKER, ""));
}

TEST(a_secret_that_changed_is_a_change)
{
	CHECK(differ("otlp: {headers: {token: a}}", "otlp: {headers: {token: b}}",
		     TAKEN_BY_NEXT_WORKER, "otlp.headers"));
}

TEST(what_is_watched_is_said_as_flags)
{
	struct config *config = read_yaml("watch: {port: [80, 90-99], exe: [a, 'b*'], all: true, "
					  "exclude: {exe: []}}");
	const struct str want = STR("--watch.exe=a\0--watch.exe=b*\0--watch.port=80\0"
				    "--watch.port=90-99\0--watch.all=true\0"
				    "--watch.exclude.exe=\0");
	struct buf said = buf_new(4096);

	config_watch_flags(config, &said);
	CHECK(str_eq(buf_str(&said), want));
	buf_free(&said);
	config_free(config);
}
