/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c - mirrors user/base/usage.c. */
#include "user/base/usage.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "tests/test.h"
#include "user/base/clock.h"

TEST(what_a_process_uses_goes_up_and_down)
{
	enum { SIZE = 64 << 20 };
	uint64_t before = usage_of(0).resident_bytes, with;
	char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	with = usage_of(0).resident_bytes;
	munmap(memory, SIZE);
	CHECK(with >= before + SIZE / 2);
	CHECK(usage_of(0).resident_bytes < before + SIZE / 2);
}

TEST(open_files_are_counted)
{
	uint64_t before = usage_of(getpid()).open_files;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK(usage_of(getpid()).open_files == before + 1);
	close(fd);
	CHECK(usage_of(getpid()).open_files == before);
}

TEST(a_process_began_before_now_and_after_the_machine)
{
	struct usage u = usage_of(0);

	CHECK(u.started_unix_ns <= clock_ns(CLOCK_REALTIME));
	CHECK(u.started_unix_ns >= clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME));
}
