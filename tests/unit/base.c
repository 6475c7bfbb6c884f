/* SPDX-License-Identifier: Apache-2.0 */
/* base.c - mirrors user/base/: strings, buffers and the loop. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/test.h"
#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/loop.h"

TEST(take_until_moves_only_on_success)
{
	struct str in = STR("key=value"), part = {};

	CHECK(!take_until(&in, ';', &part) && in.len == 9 && !part.at);
	CHECK(take_until(&in, '=', &part));
	CHECK(str_eq(part, STR("key")) && str_eq(in, STR("value")));
}

TEST(a_buffer_never_passes_its_limit)
{
	struct buf b = buf_new(8);

	CHECK(buf_add(&b, STR("12345678")) == 0 && !b.full);
	CHECK(buf_add_byte(&b, '9') == -ENOSPC && b.full);
	CHECK(str_eq(buf_str(&b), STR("12345678")));
	buf_free(&b);
}

struct ticker {
	struct timer timer;
	struct watch watch;
	struct loop *loop;
	int fired, ready;
};

static void tick(struct timer *timer, uint64_t now_ns)
{
	struct ticker *t = container_of(timer, struct ticker, timer);

	(void)now_ns;
	t->fired++;
	loop_stop(t->loop);
}

static void on_ready(struct watch *watch, uint32_t events)
{
	struct ticker *t = container_of(watch, struct ticker, watch);

	t->ready += !!(events & EPOLLIN);
	loop_unwatch(t->loop, watch);
}

TEST(the_loop_calls_ready_watches_and_due_timers)
{
	struct ticker t = { .timer.fired = tick, .watch.ready = on_ready, .loop = loop_new() };

	t.watch.fd = eventfd(1, EFD_CLOEXEC);
	CHECK(!loop_watch(t.loop, &t.watch, EPOLLIN));
	loop_timer(t.loop, &t.timer, monotonic_ns() + NS_PER_MS);
	CHECK(!loop_run(t.loop));
	CHECK(t.fired == 1 && t.ready == 1);
	close(t.watch.fd);
	loop_free(t.loop);
}
