/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach_cycles.c - the probes of all runtimes in a running process, in and out again, many times.
 *
 * Usage: attach_cycles PID CYCLES. Prints a line of JSON: probes, and what attaching and detaching
 * took in milliseconds, the median and the longest. The kernel half is sonde's own.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/capture/attach.h"
#include "user/capture/capture.h"
#include "user/monitor/procfiles.h"
#include "user/reader/reader.h"

enum { LINKS = 2 * READER_PLACES };

struct bench {
	int program;
	bool multi;
	struct reader_answer answer;
	int files[READER_FILES];
	int links[LINKS];
	int link_count;
};

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static void print(const char *what, double *ms, size_t count)
{
	qsort(ms, count, sizeof(*ms), by_value);
	printf(", \"%s_ms\": [%.3f, %.3f]", what, ms[count / 2], ms[count - 1]);
}

/* When it began is asked of nobody: the reader compares ticks. */
static struct process_id process_of(uint32_t pid)
{
	uint64_t ticks = procfiles_ticks(pid);

	return (struct process_id){ .tgid = pid,
				    .started_ns =
					    ticks * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK)) };
}

static int read_process(struct bench *b, uint32_t pid)
{
	int fd, error;
	pid_t reader = reader_start(process_of(pid), &fd);

	if (reader < 0)
		return reader;
	poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
	error = reader_take(fd, &b->answer, b->files);
	close(fd);
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	return error ? error : b->answer.error;
}

/* The places of one file, of entries or of returns, of each purpose's first set. */
static int attach_file(struct bench *b, uint16_t file, bool at_return)
{
	struct attach_place places[ATTACH_PLACES];
	size_t count = 0;
	int links;

	for (size_t i = 0; i < b->answer.place_count && count < ATTACH_PLACES; i++) {
		const struct found_place *found = &b->answer.places[i];

		if (found->file == file && !!found->at_return == at_return && !found->set)
			places[count++] = (struct attach_place){
				.offset = found->offset,
				.semaphore_offset = found->semaphore_offset,
			};
	}
	if (!count)
		return 0;
	links = attach_places(b->program, b->multi, b->files[file], at_return, places, count,
			      b->links + b->link_count);
	if (links < 0)
		return links;
	b->link_count += links;
	return (int)count;
}

static int attach_all(struct bench *b)
{
	int probes = 0;

	for (uint16_t file = 0; file < READER_FILES; file++)
		for (int at_return = 0; at_return < 2; at_return++) {
			int r = attach_file(b, file, at_return);

			if (r < 0)
				return r;
			probes += r;
		}
	return probes;
}

static int run(struct bench *b, size_t cycles)
{
	double *in = xcalloc(cycles, sizeof(*in)), *out = xcalloc(cycles, sizeof(*out));
	int probes = 0;

	for (size_t i = 0; i < cycles && probes >= 0; i++) {
		uint64_t began_ns = monotonic_ns(), ended_ns;

		probes = attach_all(b);
		ended_ns = monotonic_ns();
		in[i] = (double)(ended_ns - began_ns) / 1e6;
		while (b->link_count)
			close(b->links[--b->link_count]);
		out[i] = (double)(monotonic_ns() - ended_ns) / 1e6;
	}
	printf("{\"cycles\": %zu, \"probes\": %d", cycles, probes);
	print("attach", in, cycles);
	print("detach", out, cycles);
	puts("}");
	free(in);
	free(out);
	return probes;
}

int main(int argc, char **argv)
{
	struct feature_state states[FEATURES];
	struct config_error config_error;
	static struct bench bench;
	struct capture *capture;
	struct config *config;
	int error;

	if (argc != 3 || config_read(1, argv, environ, &config, &config_error))
		return 2;
	error = capture_new(config, states, &capture);
	if (error) {
		fprintf(stderr, "the kernel half: %s\n", strerror(-error));
		return 1;
	}
	bench.program = capture_probe_program(capture, &bench.multi);
	error = read_process(&bench, (uint32_t)strtoul(argv[1], NULL, 10));
	if (!error)
		error = run(&bench, strtoul(argv[2], NULL, 10));
	if (error <= 0)
		fprintf(stderr, "%s\n", error ? strerror(-error) : "no runtime is in it");
	capture_free(capture);
	config_free(config);
	return error <= 0;
}
