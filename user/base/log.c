/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c - one event becomes one line and one write(2).
 *
 *	time=2026-01-02T03:04:05.678Z level=warn msg="export failed" endpoint="http://a" status=503
 *	{"time":"2026-01-02T03:04:05.678Z","level":"warn","msg":"export failed","status":503}
 *
 * The pairs are rendered once, as logfmt; JSON is made from that. It works
 * because a quoted value is written with JSON's escapes in both.
 */
#include "user/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/log_rate.h"
#include "user/base/mem.h"
#include "user/base/utf8.h"

enum {
	LINE_BYTES = 8192,  /* a longer line is cut: nobody reads it */
	PAIRS_BYTES = 4096, /* so that pairs and what surrounds them fit */
	VALUE_BYTES = 1024,
	VALUES = 4,	  /* log.h: valid until called four more times */
	BETWEEN = '\x1f', /* ASCII's unit separator */
};

static const struct {
	const char *name;
	char priority; /* syslog's, for journald */
} levels[] = {
	[LOG_DEBUG] = { "debug", '7' },
	[LOG_INFO] = { "info", '6' },
	[LOG_WARN] = { "warn", '4' },
	[LOG_ERROR] = { "error", '3' },
};

static struct {
	enum log_level level;
	enum log_format format;
	bool journal, opened, cut; /* cut: the last line stopped in its middle */
	int output;
	uint64_t dropped;
	struct log_rate rate;
} log_state = { .level = LOG_INFO };

/* systemd names the device and inode of the journal's stream; stderr may be another by now. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat is;
	_cleanup_(freep) char *want = NULL;

	if (!stream || fstat(STDERR_FILENO, &is))
		return false;
	want = xasprintf("%llu:%llu", (unsigned long long)is.st_dev, (unsigned long long)is.st_ino);
	return !strcmp(stream, want);
}

/*
 * A descriptor for lines that does not wait: standard error opened anew where that can be, since
 * its own mode is shared with whoever started us. A socket is written to by send().
 */
static int open_output(void)
{
	struct stat is;

	if (fstat(STDERR_FILENO, &is) || !(S_ISFIFO(is.st_mode) || S_ISCHR(is.st_mode)))
		return -1;
	return open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void log_setup(enum log_level level, enum log_format format)
{
	log_state.level = level;
	log_state.format = format;
	log_state.journal = stderr_is_journal();
	if (log_state.opened)
		close(log_state.output);
	log_state.output = open_output();
	log_state.opened = log_state.output >= 0;
}

uint64_t log_suppressed(void)
{
	return log_state.rate.held;
}

uint64_t log_dropped(void)
{
	return log_state.dropped;
}

/* One code point as it stands inside the quotes of JSON and logfmt. */
static void add_escaped(struct buf *to, struct str *text)
{
	struct str before = *text;
	uint32_t code;

	if (!take_code_point(text, &code)) {
		*text = str_after(*text, 1);
		buf_add(to, STR("\xef\xbf\xbd"));
	} else if (code == '"' || code == '\\') {
		buf_printf(to, "\\%c", (int)code);
	} else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
		buf_printf(to, "\\u%04x", code);
	} else {
		buf_add(to, str_first(before, before.len - text->len));
	}
}

static void add_quoted(struct buf *to, struct str text, size_t limit)
{
	buf_add_byte(to, '"');
	while (text.len && to->len < limit)
		add_escaped(to, &text);
	buf_add(to, text.len ? STR("...\"") : STR("\""));
}

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] == '=' || s.at[i] == '"' || s.at[i] == '\\' ||
		    s.at[i] >= 0x7f)
			return true;
	return s.len == 0 || s.len >= VALUE_BYTES / 2;
}

/* As log_value() gave it: from its first byte to its last between quotes. */
static bool is_quoted(struct str s)
{
	size_t end = 1;

	if (s.len < 2 || s.at[0] != '"')
		return false;
	while (end < s.len && s.at[end] != '"')
		end += 1 + (s.at[end] == '\\');
	return end == s.len - 1;
}

const char *log_value(struct str s)
{
	static _Thread_local char values[VALUES][VALUE_BYTES];
	static _Thread_local unsigned next;
	char *value = values[next++ % VALUES];
	struct buf to = buf_new(VALUE_BYTES - 1);

	if (needs_quotes(s))
		add_quoted(&to, s, VALUE_BYTES - 16);
	else
		buf_add(&to, s);
	memcpy(value, to.at, to.len);
	value[to.len] = '\0';
	buf_free(&to);
	return value;
}

/* Take one `key=value` of rendered pairs; a quoted value keeps its quotes. */
static bool take_pair(struct str *in, struct str *ret_key, struct str *ret_value)
{
	size_t end = 0;

	*in = str_trim(*in);
	if (!take_until(in, '=', ret_key))
		return false;
	if (in->len && in->at[0] == '"') {
		for (end = 1; end < in->len && in->at[end] != '"'; end++)
			end += in->at[end] == '\\';
		end++;
	} else {
		while (end < in->len && in->at[end] != ' ')
			end++;
	}
	return take(in, end < in->len ? end : in->len, ret_value);
}

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len && s.len < 16 && (s.len == 1 || s.at[0] != '0');
}

static void add_json_pairs(struct buf *to, struct str pairs)
{
	struct str key, value;

	while (take_pair(&pairs, &key, &value)) {
		buf_add_byte(to, ',');
		add_quoted(to, key, LINE_BYTES);
		buf_add_byte(to, ':');
		if (is_number(value) || (value.len > 1 && value.at[0] == '"'))
			buf_add(to, value);
		else
			add_quoted(to, value, LINE_BYTES);
	}
}

static void add_time(struct buf *to)
{
	uint64_t now_ns = clock_ns(CLOCK_REALTIME);
	time_t seconds = (time_t)(now_ns / NS_PER_S);
	char text[32];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	buf_printf(to, "%s.%03uZ", text, (unsigned)(now_ns / NS_PER_MS % 1000));
}

static void add_line(struct buf *to, enum log_level level, const char *message, struct str pairs)
{
	bool json = log_state.format == LOG_JSON;

	if (log_state.cut)
		buf_add_byte(to, '\n');
	if (log_state.journal)
		buf_printf(to, "<%c>", levels[level].priority);
	buf_add(to, json ? STR("{\"time\":\"") : STR("time="));
	add_time(to);
	buf_printf(to,
		   json ? "\",\"level\":\"%s\",\"msg\":" : " level=%s msg=", levels[level].name);
	add_quoted(to, str_of(message), LINE_BYTES / 4);
	if (json) {
		add_json_pairs(to, pairs);
		buf_add_byte(to, '}');
	} else if (pairs.len) {
		buf_add_byte(to, ' ');
		buf_add(to, pairs);
	}
	buf_add_byte(to, '\n');
}

/* Standard error may be another by now. */
static int output_now(void)
{
	struct stat opened, is;

	if (!log_state.opened || fstat(STDERR_FILENO, &is) || fstat(log_state.output, &opened) ||
	    is.st_dev != opened.st_dev || is.st_ino != opened.st_ino)
		return STDERR_FILENO;
	return log_state.output;
}

static ssize_t write_some(struct str bytes)
{
	int to = output_now();
	ssize_t done = send(to, bytes.at, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);

	return done < 0 && errno == ENOTSOCK ? write(to, bytes.at, bytes.len) : done;
}

/* A line that nobody takes now is dropped, and the one after it begins anew. */
static void write_all(struct str line)
{
	while (line.len) {
		ssize_t done = write_some(line);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			log_state.dropped++;
			return;
		}
		log_state.cut = (size_t)done < line.len;
		line = str_after(line, (size_t)done);
	}
}

/* Each pair of `text`, which stand apart by BETWEEN, as it goes into a line. */
static void add_pairs(struct buf *to, struct str text)
{
	struct str pair, key;

	while (take_part(&text, BETWEEN, &pair)) {
		if (!take_until(&pair, '=', &key))
			continue;
		if (to->len)
			buf_add_byte(to, ' ');
		buf_add(to, key);
		buf_add_byte(to, '=');
		if (is_quoted(pair) || !needs_quotes(pair))
			buf_add(to, pair);
		else
			add_quoted(to, pair, to->len + VALUE_BYTES);
	}
}

/*
 * The spaces of the format, which is ours, become a byte that no text has before the values go
 * in: whatever spaces a value has, it ends where the next key begins.
 */
static void format_pairs(struct buf *to, const char *pairs, va_list args)
{
	_cleanup_(freep) char *format = xstrdup(pairs);
	char text[PAIRS_BYTES];
	int len;

	for (char *at = format; *at; at++)
		if (*at == ' ')
			*at = BETWEEN;
	len = vsnprintf(text, sizeof(text), format, args);
	if (len < 0 || (size_t)len >= sizeof(text))
		buf_add(to, STR("cut=pairs"));
	else
		add_pairs(to, (struct str){ text, (size_t)len });
}

void log_write(enum log_level level, const char *message, const char *pairs, ...)
{
	uint64_t held = 0;
	struct buf line, text;
	va_list args;
	int saved = errno;

	if (level < log_state.level ||
	    !log_rate_take(&log_state.rate, message, monotonic_ns(), &held))
		return;
	text = buf_new(2 * PAIRS_BYTES);
	va_start(args, pairs);
	format_pairs(&text, pairs, args);
	va_end(args);
	if (held)
		buf_printf(&text, "%ssuppressed=%llu", text.len ? " " : "",
			   (unsigned long long)held);
	line = buf_new(4 * LINE_BYTES);
	add_line(&line, level, message, buf_str(&text));
	write_all(buf_str(&line));
	buf_free(&text);
	buf_free(&line);
	errno = saved;
}
