/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.h - records as the kernel half makes them, and a rig to feed them to.
 *
 * A wire is one connection as the kernel half keeps it: operations move its
 * positions, turns and totals, and what it would ship is fed. The rig listens:
 * verdicts act on the wire, observed exchanges become a story, "name=status"
 * each, and the ledger's sum is checked after every record.
 */
#pragma once

#include "user/exchange/exchange.h"

struct shipped {
	_Alignas(8) char bytes[sizeof(struct record_turn) + OP_BYTES];
};

struct wire {
	uint64_t cookie;
	struct process_id process;
	uint32_t number;
	uint8_t direction, flags; /* flags: added to each record */
	uint64_t at[DIRECTIONS];
	struct turn turn, before;
	size_t shipped, limit; /* of the turn; limit: bytes of a head */
	enum verdict verdict;
	uint32_t thread; /* who does its operations, and what led to them */
	struct cause cause;
	/* The next operation: */
	uint64_t arrived_ns;	     /* if it opens a RECEIVED turn */
	bool lose;		     /* its record does not arrive */
	bool unreadable;	     /* its bytes are not shipped */
	size_t hidden;		     /* its last bytes are those of skipped hooks */
	bool late;		     /* its hook runs when build_late() is called */
	int owed;		     /* 1 + direction of a late one that opened a turn */
	struct shipped record, kept; /* the last one made; the late one */
};

static inline struct record_turn *turn_of(struct shipped *s)
{
	return (struct record_turn *)(void *)s->bytes;
}

struct seen {
	char name[32], status[32];
	struct exchange x; /* its texts and peer are gone */
	bool had_peer;
	uint16_t remote_port;
};

enum { SEEN_MAX = 256 };

struct rig {
	struct exchanges *x;
	struct ledger ledger;
	struct wire wire;
	uint64_t now_ns; /* moves on by 10 with each operation */
	struct seen seen[SEEN_MAX];
	int count;
	char story[4096];
	int64_t residual; /* the first that was not 0 */
	uint64_t verdicts;
	uint16_t head_bytes; /* of the last verdict */
	/* Takes the records instead of `x`; NULL: `x` does. */
	void (*take)(void *context, const struct record *record);
	void *take_context;
};

extern const struct exchanges_options rig_options;

/* `options` may be NULL; observe, verdict, context and ledger are the rig's. */
void rig_begin(struct rig *rig, const struct exchanges_options *options);
/* False when anything leaked or the ledger's sum was ever wrong. */
bool rig_end(struct rig *rig);
void rig_feed(struct rig *rig, const void *record);

struct wire wire_new(uint64_t cookie);
/* The same in place, for who makes many: most of a wire is room for records. */
void wire_begin(struct wire *w, uint64_t cookie);
/* One operation of `len` bytes; `text` may be NULL: what they are does not matter, 'x'. */
void build_op(struct rig *rig, struct wire *w, enum direction d, const char *text, size_t len);
void build_late(struct rig *rig, struct wire *w, bool opens);
/* The late operation's turn is opened by TCP's counters: its record then does not open it. */
void build_announced(struct rig *rig, struct wire *w);
void build_connection(struct rig *rig, struct wire *w, uint16_t flags);
void build_totals(struct rig *rig, struct wire *w);
void build_close(struct rig *rig, struct wire *w, bool reset);
