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
 * MEMO_WAYS heads are kept of each side, each where its target and the lines after
 * it lead. Heads that begin alike are a group, which knows by which of its heads
 * others were read lately. A group whose heads are kept for nothing is written ever
 * more seldom, so that traffic that never repeats itself pays little.
 */
#pragma once

#include "user/proto/http1/http1.h"

enum { MEMO_WAY_BITS = 7, MEMO_GROUP_BITS = 4, MEMO_SHAPE_BITS = 6 };
enum { MEMO_WAYS = 1 << MEMO_WAY_BITS, MEMO_GROUPS = 1 << MEMO_GROUP_BITS };
enum { MEMO_SHAPES = 1 << MEMO_SHAPE_BITS, MEMO_BYTES = 1024, MEMO_VALUES = 32 };

/* What a value is, besides an enum http_text. */
enum { VALUE_UNREAD = HTTP_TEXTS, VALUE_LENGTH };

/* Where another value may stand: `end` is behind its last byte, `line_end` its line's LF. */
struct memo_value {
	uint16_t at, end, line_end;
	uint8_t what;
};

/* One kept head. */
struct memo {
	uint64_t hint;	    /* bytes that tell it from most others */
	uint64_t number;    /* no other head that was kept had it */
	int32_t generation; /* the http_configure() that says what is captured */
	struct framing framing;
	uint32_t seen;
	int16_t status, version;
	uint16_t len;	     /* 0: nothing is here */
	uint16_t text_bytes; /* struct message's */
	uint8_t flags, value_count, text_count;
	uint8_t unlike;	   /* so often in a row found with another telling text */
	bool found;	   /* since it was last asked to make room */
	bool useful;	   /* was ever found */
	uint8_t index;	   /* of its way */
	uint8_t *of_shape; /* its place's: where its index goes when it is found */
	struct memo_value values[MEMO_VALUES]; /* in the order of their places */
	uint8_t order[HTTP_TEXTS];	       /* enum http_text: the same of texts */
	struct text texts[HTTP_TEXTS];	       /* as a message has them; those not seen are 0 */
	char bytes[MEMO_BYTES];
};

/* There is a head, and it was read with the configuration that holds. */
static inline bool memo_is_usable(const struct memo *memo)
{
	return memo->len && memo->generation == http_generation();
}

struct memo_group {
	uint8_t in_vain;	   /* how many in a row went without ever being found */
	uint8_t pass;		   /* so many more heads are not kept in place of another */
	uint8_t ways[MEMO_SHAPES]; /* by which others of that shape are read */
};

/* Where a head is kept, and by what others like it are found. */
struct memo_place {
	struct memo *way; /* NULL: nowhere, it is too short */
	struct memo_group *group;
	uint8_t *of_shape; /* in group->ways: which way others of that shape are read by */
	uint8_t index;	   /* of the way */
	uint64_t hint;
};

struct memo_place memo_place_of(enum side side, struct str in);

/* What a head is found by: `begin` of its group, `shape` in that, `hint` of its way. All 0: nothing. */
struct memo_hints {
	uint64_t begin, shape, hint;
};

/*
 * When `in` begins with a head that is like one that is kept: its length, `ret` but for what
 * body_decide() fills in, and the `framing` that needs. Else 0, and nothing is written.
 */
size_t memo_find_like(enum side side, struct str in, const struct memo_hints *hints,
		      struct framing *framing, struct message *ret);
/* `whole` is a head that was read, and `head` what it says; its likeness is set when it is kept. */
void memo_keep(enum side side, struct str whole, struct head *head);
