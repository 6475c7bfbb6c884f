/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.c - a span a line on standard output, as text or JSON.
 *
 * A reader that is slower than the spans must not hold up the loop. Standard
 * output may be shared with others, so it is not made non-blocking: no more
 * than PIPE_BUF bytes are written when poll() says that it takes some. Lines wait in a
 * buffer; one that finds it full is dropped whole and counted. A tape's spans wait for the reader.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/log.h"
#include "user/base/loop.h"
#include "user/base/mem.h"
#include "user/config/config.h"
#include "user/export/console/line.h"
#include "user/export/exporter.h"
#include "user/model/metric.h"

enum {
	WAITING_BYTES = 1 << 20, /* some thousand lines: a burst, not a backlog */
	TERMINAL_BYTES = 256,	 /* a terminal may have less room than a pipe before it blocks */
};

/* Lines gather for so long and are then written together. */
#define GATHER_NS (20 * NS_PER_MS)

struct console {
	struct loop *loop;
	struct timer timer;
	struct buf waiting, line;
	size_t piece; /* written at once */
	bool is_json, colors, broken, may_wait;
	uint64_t written, dropped; /* lines */
	struct collector collector;
};

static uint64_t lines_in(struct str s)
{
	uint64_t lines = 0;
	struct str line;

	while (take_until(&s, '\n', &line))
		lines++;
	return lines;
}

static bool takes_some(const struct console *console)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, console->may_wait ? -1 : 0) > 0;
}

static void console_break(struct console *console)
{
	console->broken = true;
	console->dropped += lines_in(buf_str(&console->waiting));
	buf_clear(&console->waiting);
	log_warn("console: standard output takes no more lines", "error=%s",
		 log_value(str_of(strerror(errno))));
}

/* Write what standard output takes at once. */
static void console_write(struct console *console)
{
	struct str left = buf_str(&console->waiting);
	ssize_t len = 0;

	while (left.len && takes_some(console)) {
		len = write(STDOUT_FILENO, left.at, str_first(left, console->piece).len);
		if (len < 0)
			break;
		left = str_after(left, (size_t)len);
	}
	console->written +=
		lines_in(str_first(buf_str(&console->waiting), console->waiting.len - left.len));
	buf_drop(&console->waiting, console->waiting.len - left.len);
	if (len < 0 && errno != EAGAIN && errno != EINTR)
		console_break(console);
}

static void on_time(struct timer *timer, uint64_t now_ns)
{
	struct console *console = container_of(timer, struct console, timer);

	console_write(console);
	if (console->waiting.len)
		loop_timer(console->loop, timer, now_ns + GATHER_NS);
}

static void console_span(void *self, const struct span *span)
{
	struct console *console = self;
	int error;

	buf_clear(&console->line);
	error = console->is_json ? line_json(&console->line, span)
				 : line_text(&console->line, span, console->colors);
	/* Spans that were read from the rings in one go do not wait for the timer to make room. */
	if (console->waiting.len + console->line.len > WAITING_BYTES && !console->broken)
		console_write(console);
	if (error || console->broken || buf_add(&console->waiting, buf_str(&console->line))) {
		console->dropped++;
		return;
	}
	if (!console->timer.at_ns)
		loop_timer(console->loop, &console->timer, monotonic_ns() + GATHER_NS);
}

static void console_collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	static const struct metric lines = {
		.name = "sonde.console.lines",
		.unit = "{line}",
		.help = "Spans for standard output by what became of them",
		.kind = METRIC_COUNTER,
	};
	const struct console *console = context;
	struct attribute written = attribute_text(STR("outcome"), STR("written")),
			 dropped = attribute_text(STR("outcome"), STR("dropped"));

	(void)now_ns;
	sink->metric(sink, &lines);
	sink->sample(sink, &(struct sample){ .attributes = &written,
					     .attribute_count = 1,
					     .value = (double)console->written });
	sink->sample(sink, &(struct sample){ .attributes = &dropped,
					     .attribute_count = 1,
					     .value = (double)console->dropped });
}

/* https://no-color.org: set and not empty. */
static bool wants_colors(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(term && !strcmp(term, "dumb"));
}

static void *console_new(const struct export_context *context, const char **error)
{
	struct console *console;

	*error = NULL;
	if (context->config->console == CONSOLE_OFF)
		return NULL;
	signal(SIGPIPE, SIG_IGN); /* a reader that goes is an error of write() */
	console = xcalloc(1, sizeof(*console));
	console->loop = context->loop;
	console->timer.fired = on_time;
	console->waiting = buf_new(WAITING_BYTES);
	console->line = buf_new(LINE_BYTES);
	console->may_wait = context->may_wait;
	console->is_json = context->config->console == CONSOLE_JSON;
	console->piece = isatty(STDOUT_FILENO) ? TERMINAL_BYTES : PIPE_BUF;
	console->colors = wants_colors();
	console->collector = (struct collector){ .name = "console",
						 .context = console,
						 .collect = console_collect };
	collectors_add(context->collectors, &console->collector);
	return console;
}

static void console_flush(void *self)
{
	on_time(&((struct console *)self)->timer, monotonic_ns());
}

static bool console_done(void *self)
{
	return !((struct console *)self)->waiting.len;
}

static void console_free(void *self)
{
	struct console *console = self;

	loop_timer(console->loop, &console->timer, 0);
	buf_free(&console->waiting);
	buf_free(&console->line);
	free(console);
}

extern const struct exporter exporter_console;
const struct exporter exporter_console = {
	.name = "console",
	.new = console_new,
	.span = console_span,
	.flush = console_flush,
	.done = console_done,
	.free = console_free,
};
