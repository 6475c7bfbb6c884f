/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.c - a program that has the functions by which sonde knows Node.js, and pauses when told.
 *
 * Usage: subject callbacks|tracer [copies of itself]
 *
 * It reads commands from standard input, each of which it answers by a line when it is done:
 *	pause COUNT MICROSECONDS	so many pauses, of 1 << (i % 4) as their type
 *	spin MILLISECONDS		burn CPU time
 *	fork COUNT			the same pauses by a child; "fork PID", and "done" when it ended
 *	exec PATH			become that
 *	quit
 *
 * `tracer`: the callbacks are there and never called, as in Node 18, where they were inlined.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VISIBLE __attribute__((noinline, used, visibility("default")))

VISIBLE void node_module_register(void *module);
void node_module_register(void *module)
{
	__asm__ volatile("" : : "r"(module));
}

/* What is done there differs, so that they are not made one. */
#define FUNCTION(name_, text_)                                                                     \
	VISIBLE void name_(void *heap, int type, int flags);                                       \
	void name_(void *heap, int type, int flags)                                                \
	{                                                                                          \
		__asm__ volatile("push %%rbp\npop %%rbp # " text_                                  \
				 :                                                                 \
				 : "r"(heap), "r"(type), "r"(flags)                                \
				 : "memory");                                                      \
	}

#define CALLBACKS(which_)                                                                          \
	_ZN2v88internal4Heap23CallGC##which_##CallbacksENS_6GCTypeENS_15GCCallbackFlagsENS0_8GCTracer5Scope7ScopeIdE
#define TRACER(which_) _ZN2v88internal8GCTracer##which_##Ev

FUNCTION(CALLBACKS(Prologue), "a collection begins")
FUNCTION(CALLBACKS(Epilogue), "a collection ends")
FUNCTION(_ZN2v88internal8GCTracer20StartObservablePauseEv, "a pause begins")
FUNCTION(_ZN2v88internal8GCTracer10StartCycleENS0_16GarbageCollectorE, "a cycle begins")
FUNCTION(_ZN2v88internal8GCTracer19StopObservablePauseEv, "a pause ends")

/* Called as these, so that no copy without arguments is made. */
typedef void function(void *heap, int type, int flags);
static function *volatile const begin_callbacks = CALLBACKS(Prologue);
static function *volatile const end_callbacks = CALLBACKS(Epilogue);
static function *volatile const begin_pause = _ZN2v88internal8GCTracer20StartObservablePauseEv;
static function *volatile const begin_cycle =
	_ZN2v88internal8GCTracer10StartCycleENS0_16GarbageCollectorE;
static function *volatile const end_pause = _ZN2v88internal8GCTracer19StopObservablePauseEv;

static double now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void burn(clockid_t clock, double us)
{
	double until = now_us(clock) + us;

	while (now_us(clock) < until)
		;
}

static void pauses(int tracer, long count, double us)
{
	for (long i = 0; i < count; i++) {
		int type = 1 << (i % 4);

		if (tracer) {
			begin_pause(NULL, 0, 0);
			begin_cycle(NULL, (int)(i % 2), 0);
		} else {
			begin_callbacks(NULL, type, 0);
		}
		burn(CLOCK_MONOTONIC, us);
		if (tracer)
			end_pause(NULL, 0, 0);
		else
			end_callbacks(NULL, type, 0);
	}
}

static void fork_pauses(int tracer, long count)
{
	pid_t pid = fork();

	if (!pid) {
		char line[8];

		/* Until it is told that what forked it was seen. */
		if (fgets(line, sizeof(line), stdin))
			pauses(tracer, count, 0);
		_exit(0);
	}
	printf("fork %d\n", pid);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	int tracer = argc > 1 && !strcmp(argv[1], "tracer");
	char line[512], word[16], path[256];
	double number;
	long count;

	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "pause %ld %lf", &count, &number) == 2)
			pauses(tracer, count, number);
		else if (sscanf(line, "spin %lf", &number) == 1)
			burn(CLOCK_PROCESS_CPUTIME_ID, number * 1e3);
		else if (sscanf(line, "fork %ld", &count) == 1)
			fork_pauses(tracer, count);
		else if (sscanf(line, "exec %255s", path) == 1)
			execl(path, path, argv[1], (char *)NULL);
		else if (sscanf(line, "%15s", word) == 1 && !strcmp(word, "quit"))
			return 0;
		puts("done");
	}
	return 0;
}
