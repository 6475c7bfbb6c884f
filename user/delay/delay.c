/* SPDX-License-Identifier: Apache-2.0 */
#include "user/delay/delay.h"

#include <string.h>

/* Half of what a clock holds: past that a difference may have gone around. */
#define LONGEST_NS ((uint64_t)UINT32_MAX / 2 * CLOCK_UNIT_NS)

/* A period whose time is given out, cause by cause, as long as there is some. */
struct piece {
	struct period period;
	uint64_t left_ns;
	struct delays *delays;
};

static struct piece piece_of(uint64_t from_ns, uint64_t to_ns, struct delays *delays)
{
	return (struct piece){ { from_ns, to_ns }, to_ns > from_ns ? to_ns - from_ns : 0, delays };
}

static void give(struct piece *p, enum delay delay, uint64_t ns)
{
	uint64_t given = ns < p->left_ns ? ns : p->left_ns;

	p->left_ns -= given;
	p->delays->ns[delay] += given;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t less(uint64_t from, uint64_t by)
{
	return from > by ? from - by : 0;
}

static uint64_t ns_of(uint32_t units)
{
	return (uint64_t)units << CLOCK_UNIT_SHIFT;
}

/* How long of the piece at least one call ran. */
static uint64_t called_ns(const struct delay_facts *f, const struct period *piece)
{
	uint64_t sum = 0, until = piece->from_ns;

	if (f->role == ROLE_CLIENT)
		return piece->to_ns - piece->from_ns;
	for (size_t i = 0; i < f->call_count; i++) {
		uint64_t from = f->calls[i].from_ns > until ? f->calls[i].from_ns : until;
		uint64_t to = least(f->calls[i].to_ns, piece->to_ns);

		if (to <= from)
			continue;
		sum += to - from;
		until = to;
	}
	return sum;
}

/* It lay in the socket: what its reader did is not the request's, but for what kept them both. */
static void before_read(const struct arrival *a, uint64_t paused_ns, struct piece *p)
{
	give(p, DELAY_UNATTRIBUTED, ns_of(a->unknown));
	give(p, DELAY_THROTTLE, least(ns_of(a->throttled), ns_of(a->waited)));
	give(p, DELAY_GC, paused_ns);
	give(p, DELAY_CPU_WAIT, less(ns_of(a->waited), ns_of(a->throttled)));
	give(p, DELAY_LOOP_WAIT, p->left_ns);
}

/* Between two moments of one thread. A pause of the whole process is slept through, mostly. */
static void clocked(const struct delay_facts *f, const struct clocks *from, const struct clocks *to,
		    struct piece *p)
{
	uint64_t waited = ns_of(to->waited - from->waited);
	uint64_t slept = less(ns_of(to->off - from->off), waited);
	uint64_t throttled = least(ns_of(to->throttled - from->throttled), waited);
	uint64_t stopped = ns_of(to->stopped - from->stopped);
	uint64_t called = least(called_ns(f, &p->period), less(slept, stopped));

	give(p, DELAY_THROTTLE, throttled);
	give(p, DELAY_GC, ns_of(to->paused - from->paused) + stopped);
	give(p, DELAY_CPU_WAIT, waited - throttled);
	give(p, DELAY_DOWNSTREAM, called);
	give(p, DELAY_UNATTRIBUTED, less(slept, stopped + called));
	give(p, DELAY_ON_CPU, p->left_ns);
}

static inline void between(const struct delay_facts *f, const struct moment *from,
			   const struct moment *to, struct delays *ret)
{
	struct piece p = piece_of(from->at_ns, to->at_ns, ret);

	if (from->thread && from->thread == to->thread && p.left_ns < LONGEST_NS) {
		/* Nothing kept it, as most of the time. */
		if (!memcmp(&from->clocks, &to->clocks, sizeof(from->clocks)))
			ret->ns[DELAY_ON_CPU] += p.left_ns;
		else
			clocked(f, &from->clocks, &to->clocks, &p);
		return;
	}
	give(&p, DELAY_DOWNSTREAM, called_ns(f, &p.period));
	give(&p, DELAY_UNATTRIBUTED, p.left_ns);
}

/* How many of `left` units a clock moved; they are taken from it. */
static uint32_t take_units(uint64_t *left, uint32_t from, uint32_t to)
{
	uint32_t taken = (uint32_t)least(*left, to - from);

	*left -= taken;
	return taken;
}

/*
 * The thread as it was when its answer arrived: since then it waited so long and was paused so long,
 * and did not sleep but in pauses of the process, or it would have read.
 */
static struct moment at_arrival(const struct delay_facts *f, const struct moment *asked,
				const struct moment *read)
{
	uint64_t paused = f->paused_ns >> CLOCK_UNIT_SHIFT;
	struct moment m = *read;
	uint32_t stopped = take_units(&paused, asked->clocks.stopped, read->clocks.stopped);

	m.at_ns = f->arrived_ns;
	m.clocks.off -= f->arrival.waited;
	m.clocks.waited -= f->arrival.waited;
	m.clocks.throttled -= f->arrival.throttled;
	m.clocks.stopped -= stopped;
	m.clocks.paused -= take_units(&paused, asked->clocks.paused, read->clocks.paused);
	m.clocks.off -= least(stopped, less(m.clocks.off - asked->clocks.off,
					    m.clocks.waited - asked->clocks.waited));
	return m;
}

/* From a client's question to its answer, which may wait to be read. */
static void answered(const struct delay_facts *f, const struct moment *asked,
		     const struct moment *read, struct delays *ret)
{
	struct moment arrived = at_arrival(f, asked, read);
	struct piece p = piece_of(f->arrived_ns, read->at_ns, ret);

	between(f, asked, &arrived, ret);
	before_read(&f->arrival, f->paused_ns, &p);
}

static bool arrives_between(const struct delay_facts *f, const struct moment *from,
			    const struct moment *to)
{
	return f->role == ROLE_CLIENT && from->at_ns < f->arrived_ns && f->arrived_ns < to->at_ns;
}

static void after_last(const struct delay_facts *f, uint64_t from_ns, struct delays *ret)
{
	struct piece p = piece_of(from_ns, f->ended_ns, ret);

	give(&p, DELAY_UNATTRIBUTED, p.left_ns);
}

/* A moment outside of the exchange's time says nothing of it. */
static bool is_within(const struct delay_facts *f, const struct moment *m, uint64_t after_ns)
{
	return m->at_ns >= after_ns && m->at_ns <= f->ended_ns;
}

void delays_find(const struct delay_facts *f, struct delays *ret)
{
	const struct moment *last = NULL;

	*ret = (struct delays){};
	for (size_t i = 0; i < f->moment_count; i++) {
		const struct moment *m = &f->moments[i];

		if (!is_within(f, m, last ? last->at_ns : f->started_ns))
			continue;
		if (!last) {
			struct piece p = piece_of(f->started_ns, m->at_ns, ret);

			before_read(&f->arrival, f->role == ROLE_SERVER ? f->paused_ns : 0, &p);
		} else if (arrives_between(f, last, m)) {
			answered(f, last, m, ret);
		} else {
			between(f, last, m, ret);
		}
		last = m;
	}
	after_last(f, last ? last->at_ns : f->started_ns, ret);
}

static struct moment moment_of_activity(const struct activity *a)
{
	return (struct moment){ a->at_ns, a->clocked ? a->thread : 0, a->clocks };
}

struct delay_facts delay_facts_of(const struct exchange *x, struct moment moments[EXCHANGE_MOMENTS])
{
	struct delay_facts f = { .role = x->role,
				 .started_ns = x->started_ns,
				 .ended_ns = x->ended_ns,
				 .arrival = x->arrival,
				 .moments = moments };

	f.arrived_ns = x->role == ROLE_CLIENT ? x->first_answer_ns : x->started_ns;
	moments[f.moment_count++] = moment_of_activity(&x->asked);
	if (x->answered)
		moments[f.moment_count++] = moment_of_activity(&x->answered_by);
	moments[f.moment_count++] = x->ended_by;
	return f;
}
