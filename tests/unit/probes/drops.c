/* SPDX-License-Identifier: Apache-2.0 */
/* drops.c - mirrors user/probes/drops.c: links are pipes here, whose other ends tell */
#include "user/probes/drops.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/test.h"
#include "user/base/mem.h"
#include "user/probes/attacher.h"

enum { DROPS = CHILDREN + 3 };

static int ends[DROPS];

static void drop_all(struct drops *d)
{
	for (size_t i = 0; i < DROPS; i++) {
		int pipe_ends[2];

		CHECK(!pipe2(pipe_ends, O_CLOEXEC));
		ends[i] = pipe_ends[0];
		drops_add(d, &pipe_ends[1], 1);
	}
}

/* The end of file comes when nobody has the other end open. */
static bool all_are_closed(void)
{
	bool all = true;
	char byte;

	for (size_t i = 0; i < DROPS; i++) {
		all &= !read(ends[i], &byte, 1);
		close(ends[i]);
	}
	return all;
}

TEST(links_wait_for_a_child_and_are_all_closed)
{
	struct loop *loop = loop_new();
	struct drops d;

	drops_init(&d, loop);
	drop_all(&d);
	CHECK(d.open == DROPS - CHILDREN && d.first);
	while (d.first)
		CHECK(!loop_once(loop, -1));
	CHECK(!d.open && !d.last);
	CHECK(all_are_closed());
	drops_free(&d);
	loop_free(loop);
}

TEST(at_the_end_what_waits_is_closed)
{
	struct loop *loop = loop_new();
	struct drops d;

	drops_init(&d, loop);
	drop_all(&d);
	drops_free(&d);
	CHECK(!d.open && !d.first);
	CHECK(all_are_closed());
	loop_free(loop);
}
