/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - the worker's half on a recorded tape.
 *
 * The same metrics and spans with no kernel: spans go to the console exporter
 * as --console.format says, metrics as text to standard output at the end
 * unless spans went there: then to standard error, with --log.level=debug. Ids come from a fixed seed, so a tape gives the same
 * output each time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/loop.h"
#include "user/base/mem.h"
#include "user/command/command.h"
#include "user/export/prometheus/print.h"
#include "user/worker/pipeline.h"

enum {
	SEED = 1,
	MAX_ROUNDS = 500,
	ROUND_MS = 10,
	RECORDS_AT_ONCE = 256, /* the spans of so many fit into what an exporter holds */
};

struct player {
	struct pipeline *pipeline;
	struct loop *loop;
	unsigned int taken;
	bool is_stuck; /* an exporter did not get rid of its spans: nobody waits for it again */
};

static bool is_ready(void *owner)
{
	(void)owner;
	return true;
}

/* Let the exporters send what they hold, as at the end of a run. False when one could not. */
static bool flush(struct pipeline *p, struct loop *loop)
{
	bool is_done = true;

	pipeline_flush(p);
	for (size_t i = 0; i < p->exporter_count; i++) {
		for (int round = 0; round < MAX_ROUNDS && p->exporters[i]->done &&
				    !p->exporters[i]->done(p->exporter_selves[i]);
		     round++)
			loop_once(loop, ROUND_MS);
		is_done &= !p->exporters[i]->done || p->exporters[i]->done(p->exporter_selves[i]);
	}
	return is_done;
}

/* A tape is read faster than its spans are written: they go out as they come. Its time is theirs. */
static void take_one(void *context, const struct record *record)
{
	struct player *player = context;

	pipeline_take_record(player->pipeline, record);
	if (++player->taken % RECORDS_AT_ONCE)
		return;
	pipeline_settle(player->pipeline, player->pipeline->read_ns);
	if (!player->is_stuck)
		player->is_stuck = !flush(player->pipeline, player->loop);
}

/* What was counted tells what may be wrong with the spans. */
static void print_metrics(const struct player *player, const struct config *config)
{
	FILE *to = config->console == CONSOLE_OFF ? stdout : stderr;

	if (to == stdout || config->log_level == LOG_DEBUG)
		prometheus_print(&player->pipeline->collectors, 0, to);
	fflush(to);
}

/* What was good of a tape that is not whole is shown as well: a crash may have cut it. */
static int play(struct player *player, const struct config *config, struct str tape,
		const char *path)
{
	struct tape_error bad = {};
	bool failed = tape_read(tape, take_one, player, &bad);

	if (!failed || player->taken) {
		pipeline_finish(player->pipeline);
		flush(player->pipeline, player->loop);
		print_metrics(player, config);
	}
	if (failed)
		fprintf(stderr, "sonde replay: %s: offset %llu: %s%s\n", path,
			(unsigned long long)bad.offset, bad.what,
			player->taken ? "; what stands before it was read" : "");
	return failed ? EXIT_FAILED : EXIT_OK;
}

static int replay(const struct config *config, struct str tape, const char *path)
{
	struct pipeline *p =
		pipeline_new(&(struct pipeline_options){ .config = config, .seed = SEED });
	struct loop *loop = loop_new();
	struct export_context context = { .config = config,
					  .loop = loop,
					  .collectors = &p->collectors,
					  .ledger = &p->ledger,
					  .ready = is_ready,
					  .may_wait = true };
	struct player player = { .pipeline = p, .loop = loop };
	const char *error = NULL;
	int status = EXIT_OK;

	if (pipeline_export(p, &context, &error)) {
		fprintf(stderr, "sonde replay: %s\n", error);
		status = EXIT_FAILED;
	} else {
		status = play(&player, config, tape, path);
	}
	pipeline_free(p);
	loop_free(loop);
	return status;
}

static int map_tape(const char *path, struct str *ret)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *at;

	if (fd < 0 || fstat(fd, &status))
		return -errno;
	if (!status.st_size) {
		*ret = (struct str){};
		return 0;
	}
	at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*ret = (struct str){ at, (size_t)status.st_size };
	return 0;
}

static int run(int argc, char **argv)
{
	struct config_error error;
	struct config *config;
	struct str tape;
	int status;

	if (argc < 2 || argv[1][0] == '-') {
		fprintf(stderr, "sonde replay: which tape? sonde replay TAPE [options]\n");
		return EXIT_USAGE;
	}
	if (config_read(argc - 1, argv + 1, environ, &config, &error)) {
		fprintf(stderr, "sonde: %s\n", error.text);
		return EXIT_USAGE;
	}
	log_setup(config->log_level, config->log_format);
	status = map_tape(argv[1], &tape);
	if (status) {
		fprintf(stderr, "sonde replay: %s: %s\n", argv[1], strerror(-status));
		status = EXIT_FAILED;
	} else {
		status = replay(config, tape, argv[1]);
		if (tape.len)
			munmap((void *)tape.at, tape.len);
	}
	config_free(config);
	return status;
}

const struct command command_replay = {
	.name = "replay",
	.usage = "TAPE [options]",
	.help = "the worker's half on a recorded tape",
	.more = "Without --console.format it prints the metrics that the tape comes to, as text; with\n"
		"--console.format=text or json its spans instead, one a line, and with --log.level=debug the\n"
		"metrics to standard error. A tape that is cut short\n"
		"is read as far as it is good: then the place is said and the exit status is 1.\n"
		"--tape.record of a running sonde makes tapes; `sonde --help` lists the other options.\n",
	.run = run,
};
