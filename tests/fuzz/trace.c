/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/trace.c - bytes become finished exchanges of a few programs, threads and connections,
 * in any order, with settling in between. Each is given out exactly once, after its parent and in
 * its trace; a parent is of another program only across a connection; links lead to what was given
 * out; what is kept is bounded, and nothing is left at the end.
 *
 *	byte 0	0 to 31: time passes, and it is settled; else an exchange: its program, role, header
 *	byte 1	when it began, and how long it took
 *	byte 2	its connection and the turn that was read
 *	byte 3	what its asking came from
 *	byte 4	what its answering came from
 *	byte 5	thread, waits and reads of the asking
 *	byte 6	the same of the answering
 *	byte 7	where its two ends meet
 */
#include <stdlib.h>

#include "user/base/clock.h"
#include "user/model/resource.h"
#include "user/trace/trace.h"

enum {
	EXCHANGES = 16, /* more make an input slow and show nothing more */
	KEPT = 8,
	/* Each of those kept refers to a parent, to what it led to, and to candidates. */
	BYTES_MAX = KEPT * (SPAN_LINKS + 3) * 1000 + 20000,
};

struct one {
	char name;
	struct exchange x;
	bool is_given;
	uint8_t trace_id[TRACE_ID_BYTES], span_id[SPAN_ID_BYTES];
};

struct run {
	struct one taken[EXCHANGES];
	size_t count, clients, given, children;
	uint64_t now_ns;
};

size_t __sanitizer_get_current_allocated_bytes(void);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static uint8_t byte(struct str *in)
{
	struct str one;

	return take(in, 1, &one) ? (uint8_t)one.at[0] : 0;
}

/* Given out. */

static bool met(const struct exchange *client, const struct exchange *server)
{
	const struct meeting *a = &client->meeting, *b = &server->meeting;

	return (b->first[ASKING] || b->first[ANSWERING]) && a->at == b->at &&
	       a->first[ANSWERING] == b->first[ANSWERING] &&
	       b->first[ASKING] - a->first[ASKING] <= 1;
}

static bool may_be_parent(const struct exchange *parent, const struct exchange *child)
{
	if (child->role == ROLE_SERVER)
		return parent->role == ROLE_CLIENT && met(parent, child);
	return parent->role == ROLE_SERVER && parent->process.tgid == child->process.tgid;
}

/* Is one with these ids given out that may be the parent? `child` NULL: whoever it is. */
static bool is_known(const struct run *run, const uint8_t *trace_id, const uint8_t *span_id,
		     const struct exchange *child)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct one *t = &run->taken[i];

		if (t->is_given && !memcmp(t->trace_id, trace_id, TRACE_ID_BYTES) &&
		    !memcmp(t->span_id, span_id, SPAN_ID_BYTES) &&
		    (!child || may_be_parent(&t->x, child)))
			return true;
	}
	return false;
}

static void give(void *context, const struct traced *traced)
{
	static const uint8_t zero[TRACE_ID_BYTES];
	struct run *run = context;
	struct span *span = traced->span;
	struct one *t = &run->taken[span->name.at[0] - 'a'];

	must(!t->is_given && memcmp(span->context.trace_id, zero, TRACE_ID_BYTES) &&
	     memcmp(span->context.span_id, zero, SPAN_ID_BYTES));
	if (traced->has_local_parent)
		must(span->has_parent &&
		     is_known(run, span->context.trace_id, span->parent_id, &t->x));
	for (size_t i = 0; i < span->link_count; i++)
		must(is_known(run, span->links[i].trace_id, span->links[i].span_id, NULL) &&
		     span->links[i].confidence > 0 && span->links[i].confidence <= 0.5);
	must(traced->delays.ns[DELAY_DOWNSTREAM] <= t->x.ended_ns - t->x.started_ns);
	t->is_given = true;
	memcpy(t->trace_id, span->context.trace_id, TRACE_ID_BYTES);
	memcpy(t->span_id, span->context.span_id, SPAN_ID_BYTES);
	run->given++;
	run->children += traced->has_local_parent;
}

/* Taken. */

static struct cause cause(uint8_t from, uint8_t where)
{
	return (struct cause){ .cookie = from & 7,
			       .number = from >> 3 & 3,
			       .goroutine = from & 0x80 ? from >> 5 & 3 : 0,
			       .waits = where >> 2 & 3,
			       .reads = where >> 4 & 7 };
}

static struct activity activity(uint8_t from, uint8_t where, uint32_t turn)
{
	return (struct activity){ .cause = cause(from, where),
				  .thread = where & 3,
				  .turn = turn,
				  .nested = from & 0x20 };
}

static void describe(struct run *run, uint8_t what, struct str *in, struct exchange *ret)
{
	uint8_t when = byte(in), turn = byte(in), asked = byte(in), answered = byte(in);
	uint8_t asked_at = byte(in), answered_at = byte(in), meeting = byte(in);

	ret->role = what & 1 ? ROLE_CLIENT : ROLE_SERVER;
	ret->process.tgid = 1 + (what >> 1 & 1);
	ret->ended_ns = run->now_ns;
	ret->started_ns = run->now_ns - (when & 31) * NS_PER_MS;
	ret->cookie = turn & 7;
	ret->asked = activity(asked, asked_at, turn >> 3 & 3);
	ret->answered = answered_at & 0x80;
	ret->answered_by = activity(answered, answered_at, turn >> 5 & 3);
	ret->first_answer_ns = ret->answered ? ret->ended_ns : 0;
	ret->meeting = (struct meeting){ { meeting >> 6 & 3, meeting & 3 }, meeting >> 2 & 3 };
	ret->other.tgid = meeting >> 4 & 3;
}

/* Contexts of few traces and spans, so that they come again. */
static void give_context(const struct exchange *x, uint8_t what, struct span *span)
{
	if (what < 0xa0)
		return;
	memset(span->context.trace_id, 1 + (what >> 3 & 1), TRACE_ID_BYTES);
	memset(x->role == ROLE_SERVER ? span->parent_id : span->context.span_id,
	       1 + (what >> 2 & 1), SPAN_ID_BYTES);
	span->has_context = true;
	span->has_parent = span->parent_is_remote = x->role == ROLE_SERVER;
}

static void take_one(struct trace *t, struct run *run, const struct resource *resource,
		     uint8_t what, struct str *in)
{
	struct one *one = &run->taken[run->count];
	struct span span;

	memset(&span, 0, offsetof(struct span, attributes));
	*one = (struct one){ .name = (char)('a' + run->count) };
	describe(run, what, in, &one->x);
	span.name = (struct str){ &one->name, 1 };
	span.resource = resource;
	give_context(&one->x, what, &span);
	if (!trace_takes(t, &one->x))
		return;
	run->count++;
	run->clients += one->x.role == ROLE_CLIENT;
	trace_take(t, &one->x, &(const struct traced){ .span = &span });
	must(trace_waiting(t) <= KEPT && trace_waiting(t) == run->count - run->given);
}

/* What it counted. */

struct sums {
	struct metric_sink sink;
	bool is_links;
	double none, made, made_inside;
};

static void sink_metric(struct metric_sink *sink, const struct metric *metric)
{
	((struct sums *)sink)->is_links = !strcmp(metric->name, "sonde.links");
}

static void sink_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct sums *sums = (struct sums *)sink;
	struct str outcome, way;

	if (!sums->is_links)
		return;
	outcome = sample->attributes[0].text;
	way = sample->attributes[1].text;
	if (str_eq(way, STR("none")))
		sums->none += sample->value;
	else if (str_eq(outcome, STR("made")) &&
		 (str_eq(way, STR("header")) || str_eq(way, STR("connection"))))
		sums->made += sample->value;
	else if (str_eq(outcome, STR("made")))
		sums->made_inside += sample->value;
}

static void check_sums(struct trace *t, const struct run *run)
{
	struct sums sums = { { sink_metric, sink_sample }, false, 0, 0, 0 };
	struct collector *c = trace_collector(t);

	c->collect(c->context, run->now_ns, &sums.sink);
	must(sums.none + sums.made_inside <= (double)run->clients);
	must(sums.none + sums.made_inside + sums.made >= (double)run->clients);
	must(sums.made_inside + sums.made >= (double)run->children);
}

static void play(struct trace *t, struct run *run, const struct resource *resource, struct str in)
{
	while (in.len && run->count < EXCHANGES) {
		uint8_t what = byte(&in);

		if (what < 32) {
			run->now_ns += what * 10 * NS_PER_MS;
			trace_settle(t, run->now_ns);
		} else {
			run->now_ns += NS_PER_MS;
			take_one(t, run, resource, what, &in);
		}
	}
	trace_flush(t);
	must(run->given == run->count && !trace_waiting(t));
	check_sums(t, run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct proto *const none[] = { NULL };
	static struct exchanges *exchanges;
	static struct resource *resource;
	static struct run run;
	struct config config = {
		.limit = { .trace_wait_ms = 1000, .trace_spans = KEPT, .processes = 2 }
	};
	struct random random;
	struct trace *t;
	size_t before;

	if (!exchanges) {
		static struct ledger ledger;

		exchanges = exchanges_new(&(const struct exchanges_options){ .protos = none,
									     .max_connections = 1,
									     .max_exchanges = 1,
									     .ledger = &ledger });
		resource = resource_new(NULL, 0);
	}
	memset(&run, 0, sizeof(run));
	run.now_ns = NS_PER_S;
	random_seed(&random, 1);
	before = __sanitizer_get_current_allocated_bytes();
	t = trace_new(&(const struct trace_options){ .config = &config,
						     .random = &random,
						     .exchanges = exchanges,
						     .emit = give,
						     .context = &run });
	play(t, &run, resource, (struct str){ (const char *)data, size });
	must(__sanitizer_get_current_allocated_bytes() - before <= BYTES_MAX);
	trace_free(t);
	must(__sanitizer_get_current_allocated_bytes() == before);
	return 0;
}
