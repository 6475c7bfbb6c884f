/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - from turns to exchanges, knowing no protocol.
 *
 *	records of one connection, by turn number and position
 *	  RECEIVED  ==[head ........ (body not shipped) ]==[head ...
 *	  SENT                   ==[head .... ]==
 *	              question 1        answer 1     question 2 ...
 *
 * In:  checked records of kinds CONNECTION, BYTES, TOTALS and CLOSE.
 * Out: each exchange once, when its answer is whole or cannot come any more.
 *
 * Each direction is a stream of positions. A message's head is parsed where it
 * begins; its body is stepped over by count or by the protocol; where neither
 * tells, the turn's end is the message's end. Answers are paired with questions
 * by `message.pair`, or in order. A gap (a lost record) is found by turn
 * numbers and positions; what it may have held is counted, never guessed.
 */
#pragma once

#include "headers/record.h"
#include "user/model/ledger.h"
#include "user/proto/proto.h"

enum role { ROLE_UNKNOWN, ROLE_SERVER, ROLE_CLIENT };

/* How an exchange ended. */
enum outcome {
	OUTCOME_ANSWERED,
	OUTCOME_RESET,	 /* the connection ended by an error before the answer was whole */
	OUTCOME_TIMEOUT, /* the same, and the error was that the peer did not answer in time */
	OUTCOME_CLOSED,	 /* it was closed before the answer was whole, or before there was one */
};

enum start_source { START_ARRIVAL, START_READ };

/* Who talks to whom: struct record_connection without what is not used. */
struct peer {
	uint8_t local[ADDRESS_BYTES], remote[ADDRESS_BYTES];
	uint32_t netns;
	uint16_t local_port, remote_port;
	uint8_t family, flags; /* family 0: its record was lost */
};

/* Who read or wrote a message's first byte, and what led to it. */
struct activity {
	struct cause cause;
	uint64_t at_ns; /* when that operation had ended; of a question's end, if it is read */
	uint32_t thread;
	uint32_t turn; /* the message's, of its connection; 0: not known */
	bool nested;   /* RECORD_NESTED */
	bool clocked;  /* the thread's clocks then are known: */
	struct clocks clocks;
};

/*
 * From when a message could be read until its head was, in CLOCK_UNIT_NS: what is known of the
 * thread that read it.
 */
struct arrival {
	uint32_t
		unknown; /* before its past is known, and between the first read of a head and the last */
	uint32_t waited, throttled; /* as in struct clocks */
};

/* The last operation of an exchange. */
struct moment {
	uint64_t at_ns;
	uint32_t thread; /* 0: neither it nor its clocks are known */
	struct clocks clocks;
};

/* What both ends of a connection know an exchange by; numbers of bytes are TCP's. */
struct meeting {
	uint32_t first
		[SIDES]; /* of the first byte that the side ever sent; a client's own may be its SYN's */
	uint32_t at; /* of the question's first byte */
};

struct connection;

/* All that it points to is there for the length of the call. */
struct exchange {
	const struct proto *proto;
	enum role role;
	struct process_id process;
	uint64_t cookie;		    /* of the socket */
	struct activity asked, answered_by; /* the latter where it is answered */
	struct arrival
		arrival; /* of what the process read: a server's question, a client's answer */
	struct moment ended_by;	 /* where it has ended */
	struct process_id other; /* at the other end of its connection; tgid 0: not watched */
	struct meeting meeting;	 /* both ends know it by that */
	const struct peer *peer; /* NULL when its record was lost */
	const struct message *question;
	const struct message *answer; /* the final one, where it is answered */
	bool answered;		      /* the final answer's first line was seen */
	enum outcome outcome;	      /* where it has ended */
	enum start_source start;
	uint64_t started_ns;	  /* by the interface's rule for its role */
	uint64_t first_answer_ns; /* first byte of the answer, interim ones included; 0: none */
	uint64_t ended_ns;	  /* 0: it is open */
	/* As transferred, a body's own framing included; -1: not known. */
	int64_t asking_body_bytes, answering_body_bytes;
};

/* What goes back to the kernel half: one verdict for one socket. */
typedef void verdict_set(void *context, uint64_t cookie, enum verdict verdict, uint16_t head_bytes);
/* Connections to come of this port (the server's, wherever it is; 0: unix) have longer heads. */
typedef void heads_set(void *context, uint16_t port, uint16_t head_bytes);
typedef void exchange_observe(void *context, const struct exchange *exchange);

/* Connections that are not read, by reason; exported, and said by explain. */
enum unread { UNREAD_TLS, UNREAD_HTTP2, UNREAD_OTHER, UNREAD_UPGRADED, UNREADS };

/* A connection that was given up. */
struct given_up {
	struct process_id process;
	const struct peer *peer; /* as in struct exchange */
	enum unread reason;
	uint64_t at_ns;
	bool spoke_first; /* what it is given up for came first of all, and from the process */
	bool joined;	  /* bytes had passed before it was watched: who spoke first is not known */
};

struct exchanges_options {
	const struct proto *const *protos; /* in the order tried, ended by NULL */
	size_t max_connections, max_exchanges, max_head_bytes;
	exchange_observe *observe;
	verdict_set *verdict; /* may be NULL: replay */
	heads_set *heads;     /* the same */
	/* May be NULL. */
	void (*unread)(void *context, const struct given_up *given_up);
	void *context;
	struct ledger *ledger;
};

struct exchange_counters {
	uint64_t joined_late;	  /* exchanges whose question was not seen */
	uint64_t unread[UNREADS]; /* connections given up */
	uint64_t start[2];	  /* by enum start_source */
	uint64_t heads_cut;
	uint64_t evicted;	   /* connections that made room for others: max_connections */
	uint64_t unreported_bytes; /* of turns: bytes no hook reported */
	uint64_t requests_lost;	   /* as far as they can be known */
};

struct exchanges;

/* Answers for the ledger's `inside` of its stage as long as it lives. */
struct exchanges *exchanges_new(const struct exchanges_options *options);
void exchanges_free(struct exchanges *x);

/* Take one checked record. */
void exchanges_feed(struct exchanges *x, const struct record *record);
/* It is `now_ns`: records that were held back for others' sake are not waited with any longer. */
void exchanges_expire(struct exchanges *x, uint64_t now_ns);
/* Does an exchange wait for totals that only a sweep can bring? */
bool exchanges_want_sweep(const struct exchanges *x);
/* Forget connections of a process that ended, closing what is open; time for `now_ns`. */
void exchanges_process_ended(struct exchanges *x, struct process_id process, uint64_t now_ns);

/* Nothing will be fed any more: what is open is lost, by the reason "shutdown". */
void exchanges_lose_open(struct exchanges *x);

const struct exchange_counters *exchanges_counters(const struct exchanges *x);
/* Go on from what others before had counted. */
void exchanges_inherit(struct exchanges *x, const struct exchange_counters *counted);
/* Is the other end of the connection with this cookie known to be watched? */
bool exchanges_is_met(const struct exchanges *x, uint64_t cookie);
/* Counted by walking the table. */
uint64_t exchanges_open(const struct exchanges *x);
size_t exchanges_connections(const struct exchanges *x);
/* Each open exchange, for http.server.active_requests. */
void exchanges_each_open(const struct exchanges *x,
			 void (*visit)(void *context, const struct exchange *open), void *context);
/* Open connections of a process that are not read, by reason; returns how many are. For explain. */
size_t exchanges_unread_of(const struct exchanges *x, struct process_id process,
			   uint64_t ret[UNREADS]);
