/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/exchange/build.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/exchange/lineproto.h"
#include "user/exchange/connection.h"

static const struct proto *const line_only[] = { &proto_line, NULL };

const struct exchanges_options rig_options = {
	.protos = line_only,
	.max_connections = 8,
	.max_exchanges = 1000,
	.max_head_bytes = 4096,
};

static void text_of(struct str s, char ret[32])
{
	snprintf(ret, 32, "%.*s", (int)(s.len < 31 ? s.len : 31), s.at ? s.at : "");
}

static void observe(void *context, const struct exchange *x)
{
	static const char *const outcomes[] = { "", "reset", "timeout", "closed" };
	struct rig *rig = context;
	struct seen *s = &rig->seen[rig->count % SEEN_MAX];
	size_t told = strlen(rig->story);

	rig->count++;
	*s = (struct seen){ .x = *x, .had_peer = x->peer };
	text_of(message_text(x->question, LINE_NAME), s->name);
	if (x->answered)
		text_of(message_text(x->answer, LINE_NAME), s->status);
	if (x->peer)
		s->remote_port = x->peer->remote_port;
	snprintf(rig->story + told, sizeof(rig->story) - told, "%s%s%s=%s%s%s%s", told ? " " : "",
		 s->name, x->question->cut ? "~" : "", s->status,
		 x->answered && x->answer->cut ? "~" : "", x->answered && x->outcome ? "!" : "",
		 outcomes[x->outcome]);
}

static void verdict(void *context, uint64_t cookie, enum verdict value, uint16_t head_bytes)
{
	struct rig *rig = context;

	rig->verdicts++;
	rig->head_bytes = head_bytes;
	if (cookie == rig->wire.cookie)
		rig->wire.verdict = value;
}

void rig_begin(struct rig *rig, const struct exchanges_options *options)
{
	struct exchanges_options o = options ? *options : rig_options;

	/* What was seen before is read no further than `count`: zeroing it is most of a short run. */
	memset(rig, 0, offsetof(struct rig, wire));
	memset(&rig->count, 0, sizeof(*rig) - offsetof(struct rig, count));
	ledger_init(&rig->ledger);
	rig->now_ns = 1000;
	wire_begin(&rig->wire, 7);
	o.observe = observe;
	o.verdict = verdict;
	o.context = rig;
	o.ledger = &rig->ledger;
	rig->x = exchanges_new(&o);
}

bool rig_end(struct rig *rig)
{
	bool sound;

	for (uint32_t tgid = 0; tgid < 4; tgid++)
		exchanges_process_ended(rig->x, (struct process_id){ .tgid = tgid }, rig->now_ns);
	sound = !rig->residual && !ledger_residual(&rig->ledger, STAGE_EXCHANGE) &&
		!exchanges_connections(rig->x) && !exchanges_open(rig->x) &&
		!exchanges_want_sweep(rig->x) && !rig->x->open && !rig->x->blocks.kept;
	exchanges_free(rig->x);
	return sound;
}

void rig_feed(struct rig *rig, const void *record)
{
	const struct record *r = record;
	struct record *tight = malloc(r->size);

	/* A copy that goes away: what still borrows from it is found. */
	memcpy(tight, r, r->size);
	if (rig->take)
		rig->take(rig->take_context, tight);
	else
		exchanges_feed(rig->x, tight);
	free(tight);
	if (!rig->residual)
		rig->residual = ledger_residual(&rig->ledger, STAGE_EXCHANGE);
}

void wire_begin(struct wire *w, uint64_t cookie)
{
	memset(w, 0, offsetof(struct wire, record));
	memset(turn_of(&w->record), 0, sizeof(struct record_turn));
	memset(turn_of(&w->kept), 0, sizeof(struct record_turn));
	w->cookie = cookie;
	w->process.tgid = 1;
	w->limit = 1024;
}

struct wire wire_new(uint64_t cookie)
{
	struct wire w = {};

	wire_begin(&w, cookie);
	return w;
}

static void head_of(struct rig *rig, struct wire *w, enum record_type type, size_t length)
{
	*turn_of(&w->record) = (struct record_turn){
		.head = {
			.type = (uint16_t)type,
			.size = (uint32_t)(sizeof(struct record_turn) + length),
			.at_ns = rig->now_ns,
			.process = w->process,
			.cookie = w->cookie,
		},
		.number = w->number,
		.direction = w->direction,
		.flags = w->flags,
		.length = (uint16_t)length,
		.thread = w->thread,
		.cause = w->cause,
		.turn = w->turn,
	};
}

static bool book(struct rig *rig, struct wire *w, enum direction d, size_t len)
{
	bool opens = !w->number || d != w->direction;

	rig->now_ns += 10;
	if (opens) {
		w->before = w->turn;
		w->turn = (struct turn){ .first_ns = rig->now_ns };
		w->turn.arrived_ns = d == RECEIVED ? w->arrived_ns : 0;
		w->arrived_ns = 0;
		w->number++;
		w->direction = d;
		w->shipped = 0;
	}
	w->turn.bytes += len;
	w->turn.operations++;
	w->turn.last_ns = rig->now_ns;
	if (w->late)
		w->turn.unreported += (uint32_t)len;
	w->at[d] += len;
	return opens;
}

static size_t shipped_of(struct wire *w, size_t len)
{
	size_t most = w->verdict == VERDICT_ALL ? OP_BYTES : w->limit - w->shipped;

	if (w->unreadable || w->verdict == VERDICT_STOP)
		return 0;
	return len < most ? len : most;
}

/* A turn of the other direction of which nothing was reported is told of before `d`'s own. */
static void say_other(struct rig *rig, struct wire *w, enum direction d)
{
	struct record_turn r = *turn_of(&w->kept);

	if (w->owed == !d + 1) {
		r.head.size = sizeof(r);
		r.head.at_ns = rig->now_ns;
		r.flags |= RECORD_OPENS | RECORD_UNREADABLE;
		r.length = 0;
		r.op_bytes = 0;
		r.offset = 0;
		rig_feed(rig, &r);
	}
	w->owed = 0;
}

void build_op(struct rig *rig, struct wire *w, enum direction d, const char *text, size_t len)
{
	bool opens = book(rig, w, d, len);
	size_t length = shipped_of(w, len - w->hidden);
	struct record_turn *r = turn_of(&w->record);

	w->turn.unreported += (uint32_t)w->hidden;
	len -= w->hidden;

	for (size_t i = 0; i < len; i++)
		w->turn.tail = w->turn.tail << 8 | (w->unreadable ? 0
						    : text	  ? (uint8_t)~text[i]
								  : (uint8_t) ~'x');
	head_of(rig, w, RECORD_BYTES, length);
	w->shipped += length;
	r->op_bytes = (uint32_t)len;
	r->offset = w->at[d] - len - w->hidden;
	if (opens) {
		r->flags |= RECORD_OPENS;
		r->before = w->before;
	}
	if (length < len)
		r->flags |= w->unreadable ? RECORD_UNREADABLE : RECORD_CUT;
	if (text)
		memcpy(r->payload, text, length);
	else
		memset(r->payload, 'x', length);
	if (!w->late)
		say_other(rig, w, d);
	if (w->late && opens)
		w->owed = d + 1;
	if (w->late)
		w->kept = w->record;
	else if (!w->lose && (opens || length) && w->verdict != VERDICT_STOP)
		rig_feed(rig, &w->record);
	w->late = w->lose = w->unreadable = false;
	w->hidden = 0;
}

void build_late(struct rig *rig, struct wire *w, bool opens)
{
	struct record_turn *r = turn_of(&w->kept);

	if (!r->head.size)
		return;
	r->flags |= RECORD_LATE;
	if (!opens)
		r->flags &= (uint8_t)~RECORD_OPENS;
	if (r->number == w->number)
		r->turn = w->turn;
	r->turn.unreported = 0;
	rig_feed(rig, r);
}

void build_announced(struct rig *rig, struct wire *w)
{
	struct shipped announced = { 0 };
	struct record_turn *r = turn_of(&announced);

	*r = *turn_of(&w->kept);
	r->head.size = sizeof(*r);
	r->flags |= RECORD_UNREADABLE;
	r->length = 0;
	r->op_bytes = 0;
	r->offset = 0;
	r->turn.operations = 0;
	r->turn.tail = 0;
	rig_feed(rig, r);
}

void build_connection(struct rig *rig, struct wire *w, uint16_t flags)
{
	struct record_connection r = {
		.head = { .type = RECORD_CONNECTION, .size = sizeof(r), .cookie = w->cookie },
		.family = FAMILY_INET,
		.local_port = 80,
		.remote_port = (uint16_t)(1000 + w->cookie),
		.flags = flags,
	};

	r.head.process = w->process;
	rig_feed(rig, &r);
}

void build_totals(struct rig *rig, struct wire *w)
{
	head_of(rig, w, RECORD_TOTALS, 0);
	rig_feed(rig, &w->record);
}

void build_close(struct rig *rig, struct wire *w, bool reset)
{
	rig->now_ns += 10;
	head_of(rig, w, RECORD_CLOSE, 0);
	if (reset)
		turn_of(&w->record)->flags |= RECORD_RESET;
	rig_feed(rig, &w->record);
}
