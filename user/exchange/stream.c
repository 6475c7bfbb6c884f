/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/stream.h"

#include "user/exchange/gather.h"
#include "user/exchange/pair.h"
#include "user/exchange/sniff.h"

/* A payload on its way through a stream. */
struct taking {
	struct exchanges *x;
	struct connection *c;
	const struct record_turn *r;
	struct stream *s;
	enum direction d;
	struct str in; /* what is left of it; its first byte is at s->at */
	uint64_t ns;   /* of the operation */
};

static void advance(struct taking *t, size_t len)
{
	t->in = str_after(t->in, len);
	t->s->at += len;
}

/* The byte at s->at is the turn's first, or came with the operation in hand. */
static struct origin origin_of(const struct taking *t)
{
	const struct record_turn *r = t->r;
	struct origin origin = { t->ns, r->head.process, START_READ, t->s->at, activity_of(r), {} };

	if (r->offset == t->c->turn_start)
		turn_origin(r, &origin);
	return origin;
}

void stream_message_ended(struct exchanges *x, struct connection *c, enum direction d, uint64_t ns)
{
	struct stream *s = &c->streams[d];
	bool counted = s->state != STREAM_UNKNOWN;
	struct open *e;

	s->state = STREAM_HEAD;
	if (!s->owned)
		return;
	s->owned = false;
	if (connection_side(c, d) == ASKING) {
		if (counted)
			c->last->body_bytes = (int64_t)(s->at - ~(uint64_t)c->last->body_bytes);
		return;
	}
	e = answer_passing(c);
	if (counted)
		e->answer->body_bytes = (int64_t)(s->at - e->answer->body);
	exchange_finish(x, c, e, OUTCOME_ANSWERED, ns);
	/* The rest of the question's body and the next head will share a turn. */
	if (connection_stream(c, ASKING)->state > STREAM_HEAD)
		want_all(x, c);
	/* Answers to the others may lie in what was not seen. */
	if (!counted)
		lose_all(x, c, LOSS_EXCHANGE_UNREAD);
}

static void body_begin(struct exchanges *x, struct connection *c, enum direction d,
		       const struct message *m, struct open *e, uint64_t ns)
{
	static const uint8_t states[] = {
		[BODY_NONE] = STREAM_HEAD,	 [BODY_COUNTED] = STREAM_COUNTED,
		[BODY_MARKED] = STREAM_MARKED,	 [BODY_TO_CLOSE] = STREAM_TO_CLOSE,
		[BODY_UNKNOWN] = STREAM_UNKNOWN,
	};
	struct stream *s = &c->streams[d];

	s->owned = e != NULL;
	if (e && connection_side(c, d) == ASKING)
		e->body_bytes = (int64_t)~s->at;
	else if (e)
		e->answer->body = s->at;
	/* Where a head that was cut ends is not known, so neither where its body begins. */
	s->state = m->cut ? STREAM_UNKNOWN : states[m->body];
	s->last_ns = ns;
	if (s->state == STREAM_COUNTED || s->state == STREAM_MARKED)
		s->left = m->body_bytes;
	s->stage = 0;
	if (s->state == STREAM_HEAD || (s->state == STREAM_COUNTED && !s->left))
		stream_message_ended(x, c, d, ns);
}

static void head_cut(struct exchanges *x, struct connection *c)
{
	x->counters.heads_cut++;
	if (c->all || c->raised)
		return;
	c->raised = true;
	connection_verdict(x, c, VERDICT_HEADS, x->options.max_head_bytes);
	if (x->options.heads && c->peer.family)
		x->options.heads(x->options.context,
				 c->role == ROLE_CLIENT ? c->peer.remote_port : c->peer.local_port,
				 (uint16_t)x->options.max_head_bytes);
}

/* A head was parsed, and s->at stands behind what was seen of it. */
static void head_parsed(struct exchanges *x, struct connection *c, enum direction d,
			struct parsed *p, uint64_t ns)
{
	bool asking = connection_side(c, d) == ASKING;
	bool hands_over = !asking && p->message->hands_over;
	struct open *e;

	c->strikes = 0;
	if (hands_over)
		p->message->interim = false;
	if (asking)
		e = p->message->interim ? NULL : question_begin(x, c, p);
	else
		e = answer_begin(x, c, p);
	if (p->block)
		block_give(&x->blocks, p->block);
	if (p->message->cut)
		head_cut(x, c);
	if (!hands_over) {
		body_begin(x, c, d, p->message, e, ns);
		return;
	}
	if (e)
		exchange_finish(x, c, e, OUTCOME_ANSWERED, ns);
	give_up(x, c, UNREAD_UPGRADED);
}

/* p->head into p->message, wherever there is room for that. */
static ssize_t parse(struct exchanges *x, const struct connection *c, enum direction d, bool cut,
		     struct parsed *p)
{
	enum side side = connection_side(c, d);
	const struct message *question = side == ANSWERING ? question_expected(c) : NULL;
	ssize_t used;

	p->message = side == ASKING ? question_room(x) : answer_room(x);
	used = connection_proto(x, c)->parse(p->head, cut, side, question, p->message);
	if (cut && used > 0)
		p->message->cut = true;
	return used > (ssize_t)p->head.len ? PARSE_BAD : used;
}

static void unreadable(struct exchanges *x, struct connection *c, enum direction d)
{
	struct stream *s = &c->streams[d];

	gather_drop(x, c, d);
	s->state = STREAM_LOST;
	s->owned = false;
	if (connection_side(c, d) == ANSWERING)
		lose_all(x, c, LOSS_EXCHANGE_UNREAD);
}

void stream_no_message(struct exchanges *x, struct connection *c, enum direction d)
{
	unreadable(x, c, d);
	if (!c->unread)
		sniff_strike(x, c);
}

bool stream_cut(struct exchanges *x, struct connection *c, enum direction d, bool closes,
		uint64_t ns)
{
	struct gather *g = gather_of(c, d);
	struct parsed p;

	if (!g || c->streams[d].state != STREAM_HEAD)
		return false;
	p.head = (struct str){ g->block->bytes, g->len };
	p.origin = g->origin;
	if (parse(x, c, d, true, &p) <= 0)
		return false;
	/* What its sender did not finish the first line of never was a question. */
	if (closes && p.message->partial)
		return false;
	p.block = gather_take(c, d);
	head_parsed(x, c, d, &p, ns);
	return true;
}

/*
 * The head as far as it came: what was gathered and what is in hand, which is
 * then gathered too. Whether more of it may be waited for is the result.
 */
static bool head_so_far(struct taking *t, struct str *ret)
{
	const struct proto *proto = connection_proto(t->x, t->c);
	struct gather *g = gather_of(t->c, t->d);
	size_t limit = t->x->options.max_head_bytes, room;

	if (proto && proto->max_head && proto->max_head < limit)
		limit = proto->max_head;
	*ret = t->in;
	if (!g)
		return t->in.len < limit;
	room = g->len < limit ? limit - g->len : 0;
	if (!gather_add(t->x, t->c, t->d, str_first(t->in, room), &g->origin))
		limit = 0;
	*ret = (struct str){ g->block->bytes, g->len };
	return g->len < limit;
}

/* Keep what is in hand until more comes; false when it cannot be kept. */
static bool wait_for_more(struct taking *t, bool gathered)
{
	struct origin origin;

	if (!gathered) {
		origin = origin_of(t);
		if (!gather_add(t->x, t->c, t->d, t->in, &origin))
			return false;
	}
	advance(t, t->in.len);
	return true;
}

/* SNIFFED_MESSAGE: go on and parse it. */
static enum sniffed begins_here(struct taking *t, struct str head, bool may_wait, bool gathered)
{
	enum sniffed found = sniff(t->x, t->c, t->d, head);

	if (t->c->unread)
		return SNIFFED_NOTHING;
	if (found == SNIFFED_MORE && may_wait && wait_for_more(t, gathered))
		return SNIFFED_MORE;
	if (found != SNIFFED_MESSAGE) {
		stream_no_message(t->x, t->c, t->d);
		return SNIFFED_NOTHING;
	}
	t->s->state = STREAM_HEAD;
	return found;
}

/* At a message's beginning. False when the payload says no more. */
static bool take_head(struct taking *t)
{
	struct gather *g = gather_of(t->c, t->d);
	size_t had = g ? g->len : 0;
	struct parsed p;
	bool may_wait = head_so_far(t, &p.head);
	ssize_t used;

	if (t->s->state == STREAM_GUESS && begins_here(t, p.head, may_wait, g) != SNIFFED_MESSAGE)
		return false;
	used = parse(t->x, t->c, t->d, false, &p);
	if (used == PARSE_MORE && may_wait && wait_for_more(t, g))
		return false;
	if (used == PARSE_MORE)
		used = parse(t->x, t->c, t->d, true, &p);
	if (used <= 0) {
		stream_no_message(t->x, t->c, t->d);
		return false;
	}
	p.origin = g ? g->origin : origin_of(t);
	/* Go's server lets another goroutine wait for the first byte of a question. */
	if (t->d == RECEIVED) {
		p.origin.by.cause.goroutine = t->r->cause.goroutine;
		arrival_unknown(&p.origin.arrival, clock_units(p.origin.by.at_ns, t->ns));
		p.origin.by.at_ns = t->ns;
		p.origin.by.clocked &=
			t->r->flags & RECORD_CLOCKED && p.origin.by.thread == t->r->thread;
		p.origin.by.clocks = t->r->clocks;
	}
	p.block = g ? gather_take(t->c, t->d) : NULL;
	p.head.len = (size_t)used;
	advance(t, p.message->cut ? t->in.len : (size_t)used > had ? (size_t)used - had : 0);
	head_parsed(t->x, t->c, t->d, &p, t->ns);
	return true;
}

static void take_counted(struct taking *t)
{
	size_t len = t->in.len < t->s->left ? t->in.len : (size_t)t->s->left;

	t->s->left -= len;
	advance(t, len);
	if (!t->s->left)
		stream_message_ended(t->x, t->c, t->d, t->ns);
}

static void take_marked(struct taking *t)
{
	struct body_state state = { .left = t->s->left, .stage = t->s->stage };
	ssize_t used = connection_proto(t->x, t->c)->step(&state, t->in);
	bool lost =
		used < 0 || (size_t)used > t->in.len || (!state.done && (size_t)used < t->in.len);

	if (lost) {
		t->s->state = STREAM_BLIND;
		return;
	}
	advance(t, (size_t)used);
	t->s->left = state.left;
	t->s->stage = state.stage;
	if (state.done)
		stream_message_ended(t->x, t->c, t->d, t->ns);
}

/* False when the payload says no more. */
static bool take_some(struct taking *t)
{
	switch (t->s->state) {
	case STREAM_GUESS:
	case STREAM_HEAD:
		return take_head(t);
	case STREAM_COUNTED:
		take_counted(t);
		return true;
	case STREAM_MARKED:
		take_marked(t);
		return true;
	case STREAM_LOST:
		return false;
	default:
		t->s->last_ns = t->ns;
		return false;
	}
}

void stream_take(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	struct taking t = {
		.x = x,
		.c = c,
		.r = r,
		.d = r->direction,
		.s = &c->streams[r->direction],
		.in = { (const char *)r->payload, r->length },
		.ns = r->head.at_ns ? r->head.at_ns : r->turn.last_ns,
	};

	if (r->offset > t.s->at)
		stream_skip(x, c, t.d, r->offset, t.ns);
	if (c->unread || t.s->at - r->offset >= r->length)
		return;
	t.in = str_after(t.in, (size_t)(t.s->at - r->offset));
	while (t.in.len && !c->unread && take_some(&t))
		;
	t.s->at += t.in.len;
}

/* An answer went by unseen, and so had its question: where hooks are skipped, both are. */
static bool exchange_hidden(struct connection *c, enum direction d)
{
	return connection_side(c, d) == ANSWERING && c->asked && !c->first;
}

/* Bytes went by unseen where a head was expected, or inside one. */
static void heads_hidden(struct exchanges *x, struct connection *c, enum direction d, uint64_t ns)
{
	if (exchange_hidden(c, d)) {
		x->counters.requests_lost++;
		c->hidden = true;
	}
	if (!gather_of(c, d))
		unreadable(x, c, d);
	else if (!stream_cut(x, c, d, false, ns))
		stream_no_message(x, c, d);
}

/* Inside a body that proto->step() follows. False: where its end is cannot be told from here. */
static bool marked_skip(struct exchanges *x, struct connection *c, enum direction d, uint64_t end,
			uint64_t ns)
{
	struct stream *s = &c->streams[d];
	struct body_state state = { .left = s->left, .stage = s->stage };
	const struct proto *proto = connection_proto(x, c);

	if (!proto->skip || !proto->skip(&state, end - s->at))
		return false;
	s->at = end;
	s->left = state.left;
	s->stage = state.stage;
	if (state.done)
		stream_message_ended(x, c, d, ns);
	return true;
}

void stream_skip(struct exchanges *x, struct connection *c, enum direction d, uint64_t end,
		 uint64_t ns)
{
	struct stream *s = &c->streams[d];

	if (end <= s->at)
		return;
	if (s->state == STREAM_COUNTED && end - s->at < s->left) {
		s->left -= end - s->at;
		s->at = end;
		return;
	}
	if (s->state == STREAM_COUNTED) {
		s->at += s->left;
		stream_message_ended(x, c, d, ns);
	}
	if (s->state == STREAM_MARKED && marked_skip(x, c, d, end, ns))
		return;
	if (s->state == STREAM_MARKED)
		s->state = STREAM_BLIND;
	if (s->at < end && (s->state == STREAM_HEAD || s->state == STREAM_GUESS))
		heads_hidden(x, c, d, ns);
	s->at = end;
	if (s->state == STREAM_BLIND || s->state == STREAM_TO_CLOSE || s->state == STREAM_UNKNOWN)
		s->last_ns = ns;
}

/* May the body end with the turn as it stands? The newest byte is in the low one, inverted. */
static bool ended(const struct proto *proto, enum side side, uint64_t tail)
{
	char bytes[TAIL_BYTES];
	size_t len = 0;

	for (; len < TAIL_BYTES && tail; len++, tail >>= 8)
		bytes[TAIL_BYTES - 1 - len] = (char)~tail;
	return len && proto->ended(side, (struct str){ bytes + TAIL_BYTES - len, len });
}

void stream_settle_hidden(struct exchanges *x, struct connection *c, enum direction d, uint64_t end,
			  const struct turn *totals)
{
	stream_skip(x, c, d, end, totals->last_ns);
	if (!c->unread && c->streams[d].state == STREAM_BLIND &&
	    ended(connection_proto(x, c), connection_side(c, d), totals->tail))
		stream_message_ended(x, c, d, totals->last_ns);
}
