/* SPDX-License-Identifier: Apache-2.0 */
#include "user/command/listeners.h"

#include "user/base/buf.h"
#include "user/base/mem.h"
#include "user/capture/capture.h"
#include "user/monitor/procfiles.h"

enum { LINES_BYTES = 4 << 20 };

static int by_port(const void *a, const void *b)
{
	const struct listener_line *x = a, *y = b;

	return x->port != y->port ? x->port - y->port : (int)(x->process.tgid - y->process.tgid);
}

static void print_one(const struct listener_line *line, FILE *to)
{
	char exe[MESSAGE_TEXT] = "?";
	struct procfiles files;

	if (!procfiles_open(line->process, &files)) {
		procfiles_exe(&files, exe, sizeof(exe));
		procfiles_close(&files);
	}
	fprintf(to, "  --watch.port=%-6u or --watch.pid=%-8u %s\n", line->port, line->process.tgid,
		exe);
}

void listeners_print(const struct config *config, FILE *to)
{
	struct feature_state states[FEATURES];
	struct buf lines = buf_new(LINES_BYTES);
	struct capture *capture = NULL;
	struct listener_line *line;
	size_t count;

	if (capture_new(config, states, &capture) || capture_list_listeners(capture, &lines)) {
		fprintf(to,
			"  --watch.port=PORT --watch.pid=PID --watch.exe=GLOB --watch.cgroup=GLOB "
			"--watch.all\n  (as root the listening processes are shown here)\n");
	} else {
		line = (void *)lines.at;
		count = lines.len / sizeof(*line);
		if (count)
			qsort(line, count, sizeof(*line), by_port);
		for (size_t i = 0; i < count; i++)
			if (line[i].port && (!i || by_port(&line[i], &line[i - 1])))
				print_one(&line[i], to);
		fprintf(to,
			"  --watch.exe=GLOB, --watch.cgroup=GLOB or --watch.all choose others\n");
	}
	buf_free(&lines);
	capture_free(capture);
}
