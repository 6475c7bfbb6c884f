/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memo.h - heads that came before; nobody but head.c and memo*.c includes it.
 *
 *	GET /users/7 HTTP/1.1
 *	    ~~~~~~~~                a value: another may stand here
 *	Host: shop
 *	      ~~~~
 *	Date: Mon, 1 Jan
 *	     ~~~~~~~~~~~            a line that nobody reads
 *	(empty line)
 *
 * Clients and servers send the same lines again and again, with another path, id
 * or date in them. A head that is the same as one that was read, byte for byte
 * but for values, is not read again: its texts stand where the other's stood,
 * moved by what the values before them are longer. What such a head says is what
 * reading it would say (a value is only taken for another where that is sure),
 * and the headers that frame the body are the same or read anew.
 *
 * MEMO_SETS sets of MEMO_WAYS heads are kept of each side. A set whose heads do
 * not come again is written ever more seldom, so that traffic that never repeats
 * itself pays little.
 */
#pragma once

#include "user/proto/http1/http1.h"

enum { MEMO_SETS = 8, MEMO_WAYS = 8, MEMO_BYTES = 1024, MEMO_VALUES = 32 };

/* What a value is, besides an enum http_text. */
enum { VALUE_UNREAD = HTTP_TEXTS, VALUE_LENGTH };

/* Where another value may stand: `end` is behind its last byte, `line_end` its line's LF. */
struct memo_value {
	uint16_t at, end, line_end;
	uint8_t what;
};

struct memo_text {
	uint16_t at, len;
	uint8_t which; /* enum http_text */
};

/* One kept head. Texts and values are in the order of their places. */
struct memo {
	uint64_t hint;	    /* bytes that tell it from most others of its set */
	uint64_t likeness;  /* of questions like it */
	int64_t generation; /* the http_configure() that says what is captured */
	struct framing framing;
	uint32_t seen;
	int16_t status, version;
	uint16_t len; /* 0: nothing is here */
	uint8_t flags, value_count, text_count;
	uint8_t unlike; /* so often in a row found with another telling text */
	bool found;	/* since it was last asked to make room */
	bool useful;	/* was ever found */
	struct memo_value values[MEMO_VALUES];
	struct memo_text texts[HTTP_TEXTS];
	char bytes[MEMO_BYTES];
};

struct memo_set {
	uint8_t next;	 /* way that is asked next to make room */
	uint8_t in_vain; /* how many in a row went without ever being found */
	uint8_t pass;	 /* so many more heads are not kept */
	struct memo ways[MEMO_WAYS];
};

/* Where heads like `in` are kept, and where that one is if it has its way. */
struct memo_place {
	struct memo_set *set; /* NULL: nowhere, it is too short */
	struct memo *way;
	uint64_t hint;
};

struct memo_place memo_place_of(enum side side, struct str in);

/*
 * When `in` begins with a head like one that is kept: its length, and `framing` and `ret`, but for
 * what body_decide() fills in. Else 0, and nothing is written.
 */
size_t memo_find(enum side side, struct str in, struct framing *framing, struct message *ret);
/* `whole` is a head that was read, and `head` what it says; its likeness is set when it is kept. */
void memo_keep(enum side side, struct str whole, struct head *head);
