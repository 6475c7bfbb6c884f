/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/inspect.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/worker/inspect_answer.h"
#include "user/worker/inspect_request.h"

enum { CALLERS = 8 };
#define PATIENCE_NS (2 * NS_PER_S)
#define AGAIN_NS    (100 * NS_PER_MS)

/* What became of those who asked. */
enum fate { FATE_ANSWERED, FATE_STRANGER, FATE_BUSY, FATE_BAD, FATE_SLOW, FATES };

struct caller {
	struct watch watch; /* fd -1: free */
	struct timer deadline;
	struct inspect *inspect;
	char asked[INSPECT_REQUEST_BYTES];
	size_t asked_len;
	char *answer; /* NULL: still asking */
	size_t len, sent;
};

struct inspect {
	struct loop *loop;
	struct pipeline *pipeline;
	const struct shared *shared;
	struct self *self;
	struct watch listener;
	struct timer again; /* when the listener is looked at again */
	struct caller callers[CALLERS];
	uint64_t fates[FATES];
	struct collector collector;
};

static void hang_up(struct caller *c)
{
	loop_unwatch(c->inspect->loop, &c->watch);
	loop_timer(c->inspect->loop, &c->deadline, 0);
	close(c->watch.fd);
	free(c->answer);
	*c = (struct caller){ .watch.fd = -1, .inspect = c->inspect };
}

static void on_deadline(struct timer *timer, uint64_t now_ns)
{
	struct caller *c = container_of(timer, struct caller, deadline);

	(void)now_ns;
	c->inspect->fates[FATE_SLOW]++;
	hang_up(c);
}

static json_t *answer_to(struct inspect *inspect, const struct inspect_request *request)
{
	if (request->question == INSPECT_TOP)
		return top_answer(inspect->pipeline, monotonic_ns());
	return explain_answer(inspect->pipeline, inspect->shared, inspect->self, request->pid);
}

/* From now on the caller is written to. */
static void make_answer(struct caller *c, const struct inspect_request *request)
{
	json_t *answer = request ? answer_to(c->inspect, request)
				 : json_pack("{ss}", "error", "say: explain PID, or: top");

	c->answer = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	c->len = c->answer ? strlen(c->answer) : 0;
	if (loop_rewatch(c->inspect->loop, &c->watch, EPOLLOUT))
		hang_up(c);
}

static void hear(struct caller *c)
{
	struct inspect_request request;
	ssize_t got = read(c->watch.fd, c->asked + c->asked_len, sizeof(c->asked) - c->asked_len),
		used;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		c->inspect->fates[FATE_BAD]++;
		hang_up(c);
		return;
	}
	c->asked_len += (size_t)got;
	used = inspect_parse((struct str){ c->asked, c->asked_len }, &request);
	if (used == INSPECT_MORE)
		return;
	c->inspect->fates[used > 0 ? FATE_ANSWERED : FATE_BAD]++;
	make_answer(c, used > 0 ? &request : NULL);
}

static void speak(struct caller *c)
{
	ssize_t sent = send(c->watch.fd, c->answer + c->sent, c->len - c->sent, MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent > 0)
		c->sent += (size_t)sent;
	if (sent <= 0 || c->sent == c->len)
		hang_up(c);
}

static void on_caller(struct watch *watch, uint32_t events)
{
	struct caller *c = container_of(watch, struct caller, watch);

	(void)events;
	if (c->answer)
		speak(c);
	else
		hear(c);
}

static bool may_ask(const struct inspect *inspect, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       (peer.uid == 0 || peer.uid == inspect->shared->monitor_uid);
}

static struct caller *caller_free(struct inspect *inspect)
{
	for (size_t i = 0; i < CALLERS; i++)
		if (inspect->callers[i].watch.fd < 0)
			return &inspect->callers[i];
	return NULL;
}

static void on_again(struct timer *timer, uint64_t now_ns)
{
	struct inspect *inspect = container_of(timer, struct inspect, again);

	(void)now_ns;
	loop_rewatch(inspect->loop, &inspect->listener, EPOLLIN);
}

static void on_listener(struct watch *watch, uint32_t events)
{
	struct inspect *inspect = container_of(watch, struct inspect, listener);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct caller *c = caller_free(inspect);
	bool allowed;

	(void)events;
	if (fd < 0) {
		/* Who asks stays in the queue, which would wake us at once for nothing. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			inspect->fates[FATE_BUSY]++;
			loop_rewatch(inspect->loop, watch, 0);
			loop_timer(inspect->loop, &inspect->again, monotonic_ns() + AGAIN_NS);
		}
		return;
	}
	allowed = may_ask(inspect, fd);
	if (!allowed || !c) {
		inspect->fates[allowed ? FATE_BUSY : FATE_STRANGER]++;
		close(fd);
		return;
	}
	c->watch = (struct watch){ .fd = fd, .ready = on_caller };
	c->deadline.fired = on_deadline;
	if (loop_watch(inspect->loop, &c->watch, EPOLLIN)) {
		close(fd);
		c->watch.fd = -1;
		return;
	}
	loop_timer(inspect->loop, &c->deadline, monotonic_ns() + PATIENCE_NS);
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	static const struct metric callers = {
		.name = "sonde.inspect.requests",
		.unit = "{request}",
		.help = "Questions of sonde explain and sonde top by what became of them.",
		.kind = METRIC_COUNTER,
	};
	static const char *const names[FATES] = { [FATE_ANSWERED] = "answered",
						  [FATE_STRANGER] = "stranger",
						  [FATE_BUSY] = "busy",
						  [FATE_BAD] = "bad",
						  [FATE_SLOW] = "slow" };
	const struct inspect *inspect = context;

	(void)now_ns;
	sink->metric(sink, &callers);
	for (int i = 0; i < FATES; i++) {
		const struct attribute outcome = attribute_text(STR("outcome"), str_of(names[i]));

		sink->sample(sink, &(struct sample){ .attributes = &outcome,
						     .attribute_count = 1,
						     .value = (double)inspect->fates[i] });
	}
}

struct inspect *inspect_new(struct loop *loop, int fd, struct pipeline *pipeline,
			    const struct shared *shared, struct self *self)
{
	struct inspect *inspect = xcalloc(1, sizeof(*inspect));

	inspect->loop = loop;
	inspect->pipeline = pipeline;
	inspect->shared = shared;
	inspect->self = self;
	inspect->again.fired = on_again;
	inspect->listener = (struct watch){ .fd = fd, .ready = on_listener };
	for (size_t i = 0; i < CALLERS; i++)
		inspect->callers[i] = (struct caller){ .watch.fd = -1, .inspect = inspect };
	if (loop_watch(loop, &inspect->listener, EPOLLIN)) {
		free(inspect);
		return NULL;
	}
	inspect->collector =
		(struct collector){ .name = "inspect", .context = inspect, .collect = collect };
	collectors_add(&pipeline->collectors, &inspect->collector);
	return inspect;
}

void inspect_free(struct inspect *inspect)
{
	if (!inspect)
		return;
	for (size_t i = 0; i < CALLERS; i++)
		if (inspect->callers[i].watch.fd >= 0)
			hang_up(&inspect->callers[i]);
	loop_unwatch(inspect->loop, &inspect->listener);
	loop_timer(inspect->loop, &inspect->again, 0);
	free(inspect);
}
