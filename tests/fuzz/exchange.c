/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/exchange.c - bytes become a run of records over a few connections,
 * some as the kernel half makes them, some with lies in them. After each the
 * ledger's sum comes out and what is kept is bounded; at the end nothing is left.
 *
 *	byte 0   which wire, which direction, what happens
 *	byte 1   how much
 *	then     the text of an operation, or what to lie about
 */
#include "tests/unit/exchange/build.c"
#include "tests/unit/exchange/lineproto.c"

enum { WIRES = 4, CONNECTIONS = 3, EXCHANGES = 20 };

enum act {
	ACT_OP,
	ACT_OP_AGAIN, /* the commonest twice */
	ACT_PASS,
	ACT_LOSE,
	ACT_LATE,
	ACT_HIDE,
	ACT_TOTALS,
	ACT_END, /* close, reset, process, connection, verdict by byte 1 */
	ACTS,
};

static uint8_t byte(struct str *in)
{
	struct str one;

	return take(in, 1, &one) ? (uint8_t)one.at[0] : 0;
}

static void text_op(struct rig *rig, struct wire *w, enum direction d, struct str *in)
{
	size_t len = byte(in) % 64;
	struct str text;
	char tight[64] = {};

	if (len > in->len)
		len = in->len;
	take(in, len, &text);
	memcpy(tight, text.at, len);
	build_op(rig, w, d, tight, len);
}

/* The last record once more, with one of its numbers changed. */
static void lie(struct rig *rig, struct wire *w, struct str *in)
{
	struct record_turn *r = turn_of(&w->record);
	uint64_t by = byte(in);

	if (!r->head.size || r->head.type != RECORD_BYTES)
		return;
	by = by & 0x80 ? UINT64_MAX - (by & 0x7f) : by;
	switch (byte(in) % 8) {
	case 0:
		r->number += (uint32_t)by;
		break;
	case 1:
		r->offset += by;
		break;
	case 2:
		r->turn.bytes += by;
		break;
	case 3:
		r->before.bytes += by;
		break;
	case 4:
		r->flags = (uint8_t)by;
		break;
	case 5:
		r->op_bytes += (uint32_t)by;
		break;
	case 6:
		r->turn.unreported = r->before.unreported = (uint32_t)by;
		break;
	default:
		r->direction = !r->direction;
	}
	rig_feed(rig, r);
}

static void end(struct rig *rig, struct wire *w, struct str *in)
{
	uint64_t cookie = w->cookie;

	switch (byte(in) % 8) {
	case 0:
		build_close(rig, w, false);
		wire_begin(w, cookie);
		break;
	case 1:
		build_close(rig, w, true);
		wire_begin(w, cookie);
		break;
	case 2:
		exchanges_process_ended(rig->x, w->process, rig->now_ns);
		break;
	case 3:
		build_connection(rig, w, byte(in));
		break;
	case 4:
		w->verdict = byte(in) % 3;
		w->limit = w->shipped + byte(in);
		break;
	case 5:
		build_late(rig, w, byte(in) & 1);
		break;
	default:
		lie(rig, w, in);
	}
}

static void act(struct rig *rig, struct wire *w, struct str *in)
{
	uint8_t what = byte(in);
	enum direction d = what >> 3 & 1;

	if (what & 0x80)
		w->flags ^= RECORD_JOINED;
	switch ((enum act)(what % ACTS)) {
	case ACT_PASS:
		build_op(rig, w, d, NULL, byte(in) * 8u);
		return;
	case ACT_TOTALS:
		build_totals(rig, w);
		return;
	case ACT_END:
		end(rig, w, in);
		return;
	case ACT_LOSE:
		w->lose = true;
		break;
	case ACT_LATE:
		w->late = true;
		break;
	case ACT_HIDE:
		w->unreadable = true;
		break;
	default:
		break;
	}
	text_op(rig, w, d, in);
}

static uint64_t lost(const struct ledger *l)
{
	return l->lost[LOSS_EXCHANGE_GAP] + l->lost[LOSS_EXCHANGE_LIMIT] +
	       l->lost[LOSS_EXCHANGE_UNREAD] + l->lost[LOSS_EXCHANGE_DROPPED];
}

static void check(const struct rig *rig)
{
	const struct exchanges *x = rig->x;

	/* The rig looks at the ledger's sum after each record, which walks what is open. */
	if (rig->residual || exchanges_connections(x) > CONNECTIONS || x->open > EXCHANGES)
		abort();
	if (x->waiting > CONNECTIONS || x->open != rig->ledger.in[STAGE_EXCHANGE] -
							   rig->ledger.out[STAGE_EXCHANGE] -
							   lost(&rig->ledger))
		abort();
	/* Two heads gathered and HELD_MAX records a connection, two heads an exchange. */
	if (x->blocks.kept > (CONNECTIONS * (2 + HELD_MAX) + 2 * EXCHANGES) * (BLOCK_BYTES_MAX + 8))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rig rig;
	static struct wire wires[WIRES];
	struct exchanges_options options = rig_options;
	struct str in = { (const char *)data, size };

	options.max_connections = CONNECTIONS;
	options.max_exchanges = EXCHANGES;
	options.max_head_bytes = 512;
	rig_begin(&rig, &options);
	for (uint64_t i = 0; i < WIRES; i++) {
		wire_begin(&wires[i], 7 + i);
		wires[i].limit = 40;
		wires[i].process.tgid = (uint32_t)(i % 2);
	}
	while (in.len) {
		struct wire *w = &wires[byte(&in) % WIRES];

		act(&rig, w, &in);
		check(&rig);
		rig.story[0] = '\0';
	}
	if (!rig_end(&rig))
		abort();
	return 0;
}
