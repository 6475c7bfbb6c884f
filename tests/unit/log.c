/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - mirrors user/base/log.c and log_rate.c. */
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/test.h"
#include "user/base/log.h"
#include "user/base/log_rate.h"

/* Standard error goes into a file of its own between these two. */
struct captured {
	int saved;
	FILE *file;
	char text[16384];
};

static void capture_start(struct captured *c)
{
	c->file = tmpfile();
	c->saved = dup(STDERR_FILENO);
	dup2(fileno(c->file), STDERR_FILENO);
}

static void capture_end(struct captured *c)
{
	size_t len;

	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	rewind(c->file);
	len = fread(c->text, 1, sizeof(c->text) - 1, c->file);
	c->text[len] = '\0';
	fclose(c->file);
	log_setup(LOG_INFO, LOG_LOGFMT);
}

TEST(logfmt_has_time_level_message_and_pairs)
{
	struct captured c;

	capture_start(&c);
	log_setup(LOG_INFO, LOG_LOGFMT);
	log_warn("export \"failed\"", "endpoint=%s status=%d", log_value(STR("http://a b")), 503);
	log_info("alone");
	log_debug("not at this level");
	capture_end(&c);
	CHECK(!strncmp(c.text, "time=20", 7) && c.text[28] == 'Z');
	CHECK(strstr(c.text, "Z level=warn msg=\"export \\\"failed\\\"\" "
			     "endpoint=\"http://a b\" status=503\n"));
	CHECK(strstr(c.text, " level=info msg=\"alone\"\n"));
	CHECK(!strstr(c.text, "not at this level"));
}

TEST(json_is_one_object_a_line)
{
	struct captured c;
	json_t *line;

	capture_start(&c);
	log_setup(LOG_DEBUG, LOG_JSON);
	log_error("no", "why=%s word=%s count=%d id=%s", log_value(STR("a \"b\"\n\\")),
		  log_value(STR("x")), 12, log_value(STR("007")));
	capture_end(&c);
	line = json_loads(c.text, JSON_DISABLE_EOF_CHECK, NULL);
	CHECK(line);
	CHECK(!strcmp(json_string_value(json_object_get(line, "level")), "error"));
	CHECK(!strcmp(json_string_value(json_object_get(line, "msg")), "no"));
	CHECK(!strcmp(json_string_value(json_object_get(line, "why")), "a \"b\"\n\\"));
	CHECK(!strcmp(json_string_value(json_object_get(line, "word")), "x"));
	CHECK(json_integer_value(json_object_get(line, "count")) == 12);
	CHECK(!strcmp(json_string_value(json_object_get(line, "id")), "007"));
	CHECK(strchr(c.text, '\n') == c.text + strlen(c.text) - 1);
	json_decref(line);
}

TEST(a_value_with_spaces_is_whole_however_it_was_given)
{
	struct captured c;
	json_t *line;

	capture_start(&c);
	log_error("no", "error=%s other=%s status=%d", "No such \"file\" or = directory", "", 3);
	log_setup(LOG_INFO, LOG_JSON);
	log_error("no", "error=%s other=%s status=%d", "No such \"file\" or = directory", "", 3);
	capture_end(&c);
	CHECK(strstr(c.text, " msg=\"no\" error=\"No such \\\"file\\\" or = directory\" "
			     "other=\"\" status=3\n"));
	line = json_loads(strchr(c.text, '\n') + 1, 0, NULL);
	CHECK(line);
	CHECK(!strcmp(json_string_value(json_object_get(line, "error")),
		      "No such \"file\" or = directory"));
	CHECK(!strcmp(json_string_value(json_object_get(line, "other")), ""));
	CHECK(json_integer_value(json_object_get(line, "status")) == 3);
	CHECK(json_object_size(line) == 6);
	json_decref(line);
}

TEST(a_line_for_the_journal_begins_with_its_priority)
{
	struct captured c;
	struct stat is;
	char stream[64];

	capture_start(&c);
	fstat(STDERR_FILENO, &is);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)is.st_dev,
		 (unsigned long long)is.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_setup(LOG_INFO, LOG_LOGFMT);
	log_warn("journal");
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_setup(LOG_INFO, LOG_LOGFMT);
	log_warn("another stream");
	unsetenv("JOURNAL_STREAM");
	capture_end(&c);
	CHECK(!strncmp(c.text, "<4>time=", 8));
	CHECK(strstr(c.text, "\ntime="));
}

TEST(a_value_is_quoted_only_where_it_must_be)
{
	static const struct {
		struct str in;
		const char *out;
	} rows[] = {
		{ STR("plain/1.2:3"), "plain/1.2:3" },
		{ STR(""), "\"\"" },
		{ STR("a=b"), "\"a=b\"" },
		{ STR("\x1b[31m"), "\"\\u001b[31m\"" },
		{ STR("\xc3\xa9"), "\"\xc3\xa9\"" },
		{ STR("\xff"), "\"\xef\xbf\xbd\"" },
		{ STR("\xc2\x9b"), "\"\\u009b\"" },
	};

	EACH(i, rows)
		CHECK(!strcmp(log_value(rows[i].in), rows[i].out));
}

TEST(a_value_of_any_length_is_cut_and_stays_quoted)
{
	char *large = malloc(100000);
	const char *value;

	memset(large, '"', 100000);
	value = log_value((struct str){ large, 100000 });
	free(large);
	CHECK(strlen(value) < 1024);
	CHECK(!strcmp(value + strlen(value) - 4, "...\""));
}

TEST(a_repeated_line_is_held_back_and_counted)
{
	struct captured c;
	uint64_t before = log_suppressed();
	int lines = 0;

	capture_start(&c);
	for (int i = 0; i < LOG_BURST + 5; i++)
		log_warn("again and again", "i=%d", i);
	capture_end(&c);
	for (const char *at = c.text; (at = strchr(at, '\n')); at++)
		lines++;
	CHECK(lines == LOG_BURST);
	CHECK(log_suppressed() == before + 5);
}

TEST(what_was_held_back_is_said_with_the_next)
{
	struct log_rate rate = {};
	uint64_t held = 99, now_ns = NS_PER_S;

	for (int i = 0; i < LOG_BURST; i++)
		CHECK(log_rate_take(&rate, "a", now_ns, &held) && held == 0);
	held = 99;
	CHECK(!log_rate_take(&rate, "a", now_ns, &held) && held == 99);
	CHECK(!log_rate_take(&rate, "a", now_ns + LOG_WINDOW_NS - 1, &held));
	CHECK(log_rate_take(&rate, "b", now_ns, &held) && held == 0);
	CHECK(log_rate_take(&rate, "a", now_ns + LOG_WINDOW_NS, &held) && held == 2);
	CHECK(rate.held == 2);
}

TEST(the_table_of_texts_is_bounded)
{
	struct log_rate rate = {};
	uint64_t held;
	char text[16];

	for (uint64_t i = 0; i < 10 * LOG_TEXTS; i++) {
		snprintf(text, sizeof(text), "%llu", (unsigned long long)i);
		CHECK(log_rate_take(&rate, text, i + 1, &held) && held == 0);
	}
}

TEST(a_reader_that_hangs_holds_nobody_and_what_it_misses_is_counted)
{
	int pipes[2], saved = dup(STDERR_FILENO);
	uint64_t before = log_dropped();
	char text[8192], value[2000];
	ssize_t got;

	if (pipe(pipes) || fcntl(pipes[1], F_SETPIPE_SZ, 4096) < 0)
		abort();
	memset(value, 'x', sizeof(value));
	dup2(pipes[1], STDERR_FILENO);
	log_setup(LOG_INFO, LOG_LOGFMT);
	for (int i = 0; i < 3; i++) {
		log_info("a long line", "value=%.*s", (int)sizeof(value), value);
		log_info("another", "value=%.*s", (int)sizeof(value), value);
	}
	got = read(pipes[0], text, sizeof(text));
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipes[0]);
	close(pipes[1]);
	log_setup(LOG_INFO, LOG_LOGFMT);
	CHECK(got > 0 && !strncmp(text, "time=", 5));
	CHECK(log_dropped() > before);
}
