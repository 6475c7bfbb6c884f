/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.c - threads and children that compete for one CPU for a while, and are quiet then.
 *
 * Takes a line on standard input for each step, and says a line when it is done:
 *
 *	(at once)	"ready": its threads wait
 *	compete		"SHORT_THREADS WAITED_NS CHILD...": the threads that came and went meanwhile,
 *			how long they say that they waited for the CPU, and the children, which have
 *			ended and stay zombies, so that /proc tells what they did up to their last
 *	tell		"VOLUNTARY INVOLUNTARY MAIN_VOLUNTARY MAIN_INVOLUNTARY": switches of all its
 *			threads there ever were, and of the main one, of which it is one moment
 *
 * In between all tasks sleep and none of their numbers moves.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SPINNERS = 3, SHORT_THREADS = 8, CHILDREN = 6 };
enum { ROUNDS = 400, SPIN_NS = 1000000, SHORT_SPIN_NS = 4000000, CHILD_SPIN_NS = 40000000 };

static pthread_barrier_t start, end;

static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void spin(int64_t ns)
{
	int64_t until = cpu_ns() + ns;

	while (cpu_ns() < until)
		;
}

static void *spinner(void *unused)
{
	const struct timespec moment = { .tv_nsec = 50000 };

	(void)unused;
	pthread_barrier_wait(&start);
	for (int i = 0; i < ROUNDS; i++) {
		spin(SPIN_NS);
		nanosleep(&moment, NULL);
	}
	pthread_barrier_wait(&end);
	pause();
	return NULL;
}

/* How long the calling thread has waited for a CPU. */
static long waited_ns(void)
{
	FILE *f = fopen("/proc/thread-self/schedstat", "r");
	long ns = 0;

	if (!f || fscanf(f, "%*d %ld", &ns) != 1)
		exit(1);
	fclose(f);
	return ns;
}

static void *short_thread(void *ret)
{
	spin(SHORT_SPIN_NS);
	*(long *)ret = waited_ns();
	return NULL;
}

static void fork_children(pid_t pids[CHILDREN])
{
	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			spin(CHILD_SPIN_NS);
			_exit(0);
		}
	}
}

static void compete(void)
{
	pthread_t threads[SHORT_THREADS];
	long waited[SHORT_THREADS], sum = 0;
	pid_t children[CHILDREN];

	pthread_barrier_wait(&start);
	fork_children(children);
	for (int i = 0; i < SHORT_THREADS; i++)
		pthread_create(&threads[i], NULL, short_thread, &waited[i]);
	for (int i = 0; i < SHORT_THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum += waited[i];
	}
	pthread_barrier_wait(&end);
	printf("%d %ld", SHORT_THREADS, sum);
	for (int i = 0; i < CHILDREN; i++) {
		waitid(P_PID, (id_t)children[i], &(siginfo_t){}, WEXITED | WNOWAIT);
		printf(" %d", children[i]);
	}
	printf("\n");
}

static void tell(void)
{
	struct rusage all, mine, again;

	do {
		getrusage(RUSAGE_THREAD, &mine);
		getrusage(RUSAGE_SELF, &all);
		getrusage(RUSAGE_THREAD, &again);
	} while (mine.ru_nvcsw != again.ru_nvcsw || mine.ru_nivcsw != again.ru_nivcsw);
	printf("%ld %ld %ld %ld\n", all.ru_nvcsw, all.ru_nivcsw, mine.ru_nvcsw, mine.ru_nivcsw);
}

static void take_line(void)
{
	char c;

	fflush(stdout);
	do {
		if (read(STDIN_FILENO, &c, 1) != 1)
			exit(0);
	} while (c != '\n');
}

int main(void)
{
	pthread_t thread;

	pthread_barrier_init(&start, NULL, SPINNERS + 1);
	pthread_barrier_init(&end, NULL, SPINNERS + 1);
	for (int i = 0; i < SPINNERS; i++)
		pthread_create(&thread, NULL, spinner, NULL);
	printf("ready\n");
	take_line();
	compete();
	take_line();
	tell();
	take_line();
	return 1;
}
