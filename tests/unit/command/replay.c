/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - mirrors user/command/replay.c. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/test.h"
#include "tests/unit/exchange/script.h"
#include "user/command/command.h"
#include "user/event/tape.h"
#include "user/runtime/runtime.h"

static void onto_tape(void *context, const struct record *record)
{
	tape_write(context, record);
}

/* What `sonde replay` with `option` prints of the tape in `fd`; to be freed. */
static char *replayed(int fd, const char *option, int *ret)
{
	int out = memfd_create("out", MFD_CLOEXEC), before = dup(STDOUT_FILENO);
	char path[64], *argv[] = { "replay", path, (char *)option, NULL };
	char *text;
	off_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	*ret = command_replay.run(option ? 3 : 2, argv);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	len = lseek(out, 0, SEEK_END);
	text = calloc(1, (size_t)len + 1);
	if (pread(out, text, (size_t)len, 0) != len)
		text[0] = '\0';
	close(out);
	return text;
}

TEST(a_tape_without_facts_about_its_processes_can_be_replayed)
{
	static const char *const options[] = { NULL, "--limit.processes=1",
					       "--console.format=json" };
	int fd = memfd_create("tape", MFD_CLOEXEC), status;
	uint64_t whole = 0;
	struct tape_writer *tape = tape_writer_new(dup(fd), &whole);
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.take = onto_tape;
	rig.take_context = tape;
	recv_(&rig, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
	send_(&rig, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	recv_(&rig, "GET /open HTTP/1.1\r\nHost: a\r\n\r\n");
	tape_writer_free(tape);
	CHECK(rig_end(&rig));
	EACH(i, options) {
		char *said = replayed(fd, options[i], &status);
		bool good = status == EXIT_OK && strstr(said, "unknown_service");

		free(said);
		CHECK(good);
	}
	close(fd);
}

/* Of everybody, which ended just now. */
static struct record_pause pause_of(const struct rig *rig, uint16_t runtime)
{
	return (struct record_pause){
		.head = { .type = RECORD_PAUSE,
			  .size = sizeof(struct record_pause),
			  .at_ns = rig->now_ns,
			  .process = rig->wire.process },
		.began_ns = rig->now_ns - 5,
		.runtime = runtime,
		.kind = 1,
		.detail = 1,
	};
}

TEST(a_tape_tells_of_pauses_in_metrics_and_on_the_spans_that_they_hit)
{
	static const struct {
		const char *option, *says;
	} rows[] = {
		{ NULL, "sonde_pause_seconds_count{" },
		{ NULL, "sonde_pauses_refused_total{otel_scope_name=\"sonde\"" },
		{ "--console.format=json", "\"events\":[{\"name\":\"sonde.pause\"" },
		{ "--console.format=json", "\"sonde.pause.seconds\":5" },
		{ "--console.format=text", "  1 event\n" },
	};
	int fd = memfd_create("tape", MFD_CLOEXEC), status;
	uint64_t whole = 0;
	struct tape_writer *tape = tape_writer_new(dup(fd), &whole);
	struct record_pause record;
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.take = onto_tape;
	rig.take_context = tape;
	recv_(&rig, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
	rig.now_ns += 6;
	record = pause_of(&rig, 0);
	rig_feed(&rig, &record);
	record = pause_of(&rig, RUNTIMES_MAX);
	rig_feed(&rig, &record);
	send_(&rig, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	tape_writer_free(tape);
	CHECK(rig_end(&rig));
	EACH(i, rows) {
		char *said = replayed(fd, rows[i].option, &status);
		bool good = status == EXIT_OK && strstr(said, rows[i].says);

		free(said);
		CHECK(good);
	}
	close(fd);
}

TEST(what_is_good_of_a_tape_cut_short_is_shown)
{
	static const char *const options[] = { NULL, "--console.format=json" };
	int fd = memfd_create("tape", MFD_CLOEXEC), status;
	uint64_t whole = 0;
	struct tape_writer *tape = tape_writer_new(dup(fd), &whole);
	struct rig rig;
	char *said;

	rig_begin(&rig, NULL);
	rig.take = onto_tape;
	rig.take_context = tape;
	recv_(&rig, "GET /good HTTP/1.1\r\nHost: a\r\n\r\n");
	send_(&rig, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	recv_(&rig, "GET /cut HTTP/1.1\r\nHost: a\r\n\r\n");
	tape_writer_free(tape);
	CHECK(rig_end(&rig));
	CHECK(!ftruncate(fd, (off_t)whole - 8));
	EACH(i, options) {
		said = replayed(fd, options[i], &status);
		CHECK(status == EXIT_FAILED && strstr(said, "/good") && !strstr(said, "/cut"));
		free(said);
	}
	CHECK(!ftruncate(fd, 4));
	said = replayed(fd, NULL, &status);
	CHECK(status == EXIT_FAILED && !*said);
	free(said);
	close(fd);
}

TEST(a_long_tape_shows_every_span)
{
	int fd = memfd_create("tape", MFD_CLOEXEC), status, spans = 0;
	uint64_t whole = 0;
	struct tape_writer *tape = tape_writer_new(dup(fd), &whole);
	struct rig rig;
	char *said;

	rig_begin(&rig, NULL);
	rig.take = onto_tape;
	rig.take_context = tape;
	for (int i = 0; i < 5000; i++) {
		recv_(&rig, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
		send_(&rig, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	}
	tape_writer_free(tape);
	CHECK(rig_end(&rig));
	said = replayed(fd, "--console.format=json", &status);
	for (const char *at = said; (at = strchr(at, '\n')); at++)
		spans++;
	free(said);
	close(fd);
	CHECK(status == EXIT_OK && spans == 5000);
}
