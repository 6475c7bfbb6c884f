/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.h - what is kept of a connection; inside user/exchange/ only.
 *
 *	exchanges --> table of connections, by cookie
 *	                 connection --> open exchanges, oldest first (answers come in order)
 *	                     streams[2]  where each direction stands
 *	                     extra       only while a head is incomplete or records are held
 *
 * An idle connection is this struct and its place in the table, nothing else.
 */
#pragma once

#include "user/base/table.h"
#include "user/exchange/exchange.h"
#include "user/exchange/pool.h"

/* When and by whom a message's first byte was read or written. */
struct origin {
	uint64_t ns;
	struct process_id process;
	enum start_source source;
	uint64_t at; /* its position in its direction */
	struct activity by;
	struct arrival arrival;
};

enum stream_state {
	STREAM_LOST,	 /* unreadable until a turn begins */
	STREAM_GUESS,	 /* a turn began: does a message begin here? */
	STREAM_HEAD,	 /* a message begins here */
	STREAM_COUNTED,	 /* inside a body of `left` more bytes */
	STREAM_MARKED,	 /* inside a body that proto->step() follows */
	STREAM_BLIND,	 /* inside such a body, after bytes that were not seen */
	STREAM_TO_CLOSE, /* inside a body that the connection's end ends */
	STREAM_UNKNOWN,	 /* inside a body that the turn's end ends */
};

/* One direction. All bytes before `at` were taken, stepped over or given up. */
struct stream {
	uint64_t at;
	/* COUNTED: of the body. MARKED: body_state.left. The last three: time of the last bytes. */
	union {
		uint64_t left, last_ns;
	};
	uint8_t state; /* enum stream_state */
	uint8_t stage; /* MARKED: body_state.stage */
	bool owned;    /* the message that passes belongs to an open exchange */
	bool placed;   /* `at` is known */
};

/* A head of which more must come. */
struct gather {
	struct block *block; /* NULL: empty */
	size_t len;
	struct origin origin;
};

enum { HELD_MAX = 8 };

struct link {
	struct link *previous, *next;
};

struct extra {
	struct link link;	  /* in exchanges.holding while records are held */
	struct connection *owner; /* then */
	struct gather gathers[DIRECTIONS];
	struct block *held[HELD_MAX]; /* records, in order (hold.h) */
	unsigned held_count;
};

/* The final answer of an open exchange, while it passes. */
struct answering {
	struct message message;
	struct block *head; /* what its texts borrow from; NULL: a record, or nothing */
	struct activity by;
	struct arrival arrival;
	uint64_t body;	    /* position where its body begins */
	int64_t body_bytes; /* struct exchange's */
};

/*
 * A question that waits for its answer, and what is not its connection's of struct exchange. There
 * may be very many: behind its last text, where others could be, stands its head as far as texts do.
 */
struct open {
	struct open *next;	  /* of its connection */
	struct answering *answer; /* what passes now; NULL: it has not begun */
	struct process_id process;
	struct cause cause; /* struct activity's of asking, and the next three and `nested` */
	uint64_t asked_ns;
	uint32_t thread, turn;
	struct clocks clocks;
	struct arrival arrival; /* of a server's question */
	uint64_t started_ns, first_answer_ns;
	/* Of the question. Below 0: not known, and while it passes ~ of the position where it begins. */
	int64_t body_bytes;
	uint32_t at;   /* struct meeting's */
	uint8_t class; /* of its memory, in exchanges.blocks */
	uint8_t start; /* enum start_source */
	bool nested, clocked;
	struct message question;
};

static_assert(sizeof(struct open) <= BLOCK_LEAST, "so that each block has room for all of it");

struct connection {
	struct link link; /* in exchanges.idle or .busy */
	uint64_t cookie;
	struct open *first, *last;
	struct extra *extra;
	struct stream streams[DIRECTIONS];
	uint64_t turn_start;  /* position of the turn's first byte */
	uint64_t answered_ns; /* end of the newest answer */
	uint64_t process_started_ns;
	uint32_t process_tgid;
	uint32_t turn; /* number of the last turn seen; 0: none */
	struct peer peer;
	uint32_t first_byte[DIRECTIONS], base[DIRECTIONS]; /* struct record_connection's */
	struct process_id other; /* the process at the other end; tgid 0: not watched */
	uint16_t skipped;	 /* questions past a limit whose answers are still to come */
	uint8_t direction;	 /* of that turn */
	uint8_t role;		 /* enum role */
	uint8_t proto;		 /* index in options.protos, plus 1; 0: not known */
	uint8_t unread;		 /* enum unread, plus 1; 0: it is read */
	uint8_t strikes;	 /* turns in a row that began like nothing known */
	uint8_t open_count;
	bool joined : 1;
	bool asked : 1;	 /* a question was seen */
	bool waits : 1;	 /* counted in exchanges.waiting */
	bool all : 1;	 /* VERDICT_ALL was set */
	bool raised : 1; /* the limit of the head was raised */
	bool cut : 1; /* the last record of the turn was cut: what follows in it is not shipped */
	bool hidden : 1; /* an answer and its question went by unseen, and are counted as lost */
	bool told : 1; /* announced again: the kernel half counts what was lost before the next one */
	bool in_step; /* nothing is open, hidden or held that a plain record could meet */
};

static_assert(sizeof(struct connection) <= 224, "with its place in the tables at most 300 bytes");

/* base/table.h with slots of 8 bytes, not 24: most of what is kept here is idle connections. */
struct cookies {
	struct connection **slots;
	size_t size, count; /* size is a power of two */
};

enum { OWNER_BUCKETS = 1024 };

struct exchanges {
	struct exchanges_options options;
	struct exchange_counters counters;
	struct cookies table;
	struct table
		ends; /* connections by the number of the first byte that they received (ends.h) */
	struct link idle, busy; /* without and with open exchanges; longest there first */
	struct link holding;	/* of struct extra: with held records; longest there first */
	/* Connections by hash of their process: most processes that end have none. */
	uint32_t owners[OWNER_BUCKETS];
	struct pool connections, answers, extras;
	struct blocks blocks;
	size_t open, waiting;
	uint64_t at_ns;	    /* of the record in hand, where it is none of plain.h's */
	struct open *spare; /* not begun, of BLOCK_LEAST: a question is parsed right into it */
	struct answering *spare_answer; /* the same for an answer */
	struct open *borrowing;		/* its answer's texts borrow from the record in hand */
	struct moment last;		/* who moved the bytes that end what ends now */
	struct exchange ended;		/* what is told of now */
};

/* connection.c */
void connections_init(struct exchanges *x);
/* Makes room by dropping another one when there are too many. */
struct connection *connection_make(struct exchanges *x, uint64_t cookie, struct process_id process);
void connection_forget(struct exchanges *x, struct connection *c);
void connection_owned_by(struct exchanges *x, struct connection *c, struct process_id process);
/* Some process with this hash may have connections. */
bool connections_may_be_of(const struct exchanges *x, struct process_id process);
void connection_learn(struct exchanges *x, struct connection *c,
		      const struct record_connection *record);
struct extra *connection_extra(struct exchanges *x, struct connection *c);
/* Give `extra` back when nothing is in it; there is one. */
void connection_trim(struct exchanges *x, struct connection *c);
void connection_verdict(struct exchanges *x, struct connection *c, enum verdict verdict,
			size_t head_bytes);

/* What was asked for before: its cell may have gone to another connection since. */
void connection_verdict_again(struct exchanges *x, struct connection *c);

static inline void link_remove(struct link *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
}

static inline void link_last(struct link *list, struct link *link)
{
	link->previous = list->previous;
	link->next = list;
	list->previous->next = link;
	list->previous = link;
}

/* To the end of `list`. */
static inline void connection_move(struct link *list, struct connection *c)
{
	link_remove(&c->link);
	link_last(list, &c->link);
}

/* The slot that holds `cookie`, or the free one where it belongs. */
static inline size_t cookies_slot(const struct cookies *t, uint64_t cookie)
{
	size_t at = (size_t)((cookie * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (t->size - 1);

	while (t->slots[at] && t->slots[at]->cookie != cookie)
		at = (at + 1) & (t->size - 1);
	return at;
}

/* NULL when it is not there. */
static inline struct connection *connection_find(const struct exchanges *x, uint64_t cookie)
{
	return x->table.slots[cookies_slot(&x->table, cookie)];
}

static inline bool connection_is_of(const struct connection *c, struct process_id process)
{
	return c->process_tgid == process.tgid && c->process_started_ns == process.started_ns;
}

/* NULL when nothing is known. */
static inline const struct peer *connection_peer(const struct connection *c)
{
	return c->peer.family ? &c->peer : NULL;
}

static inline enum direction connection_asking(const struct connection *c)
{
	return c->role == ROLE_CLIENT ? SENT : RECEIVED;
}

static inline enum side connection_side(const struct connection *c, enum direction d)
{
	return d == connection_asking(c) ? ASKING : ANSWERING;
}

static inline struct stream *connection_stream(struct connection *c, enum side side)
{
	return &c->streams[side == ASKING ? connection_asking(c) : !connection_asking(c)];
}

static inline const struct proto *connection_proto(const struct exchanges *x,
						   const struct connection *c)
{
	return c->proto ? x->options.protos[c->proto - 1] : NULL;
}
