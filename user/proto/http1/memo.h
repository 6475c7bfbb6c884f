/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memo.h - lines of heads that came before; nobody but head.c includes it.
 *
 *	GET /users/7 HTTP/1.1        read each time
 *	Host: shop                 \
 *	User-Agent: curl/7          > remembered: the same bytes say the same
 *	(empty line)               /
 *
 * Clients send the same fields with each request of a connection, and servers
 * the same answer many times within a second. What lines say depends on nothing
 * but their bytes and on which headers are captured, so lines that are the
 * same, byte for byte to the end of the empty one, are not read again. A place
 * whose lines do not come again is looked at ever more seldom, so that traffic
 * that never repeats itself pays next to nothing.
 */
#pragma once

#include "user/proto/http1/http1.h"

enum { MEMO_SLOT_BITS = 6, MEMO_SLOTS = 1 << MEMO_SLOT_BITS, MEMO_BYTES = 512 };

struct memo {
	int64_t generation; /* the http_configure() that says what is captured */
	struct framing framing;
	uint32_t seen;
	int16_t status, version; /* of an answer, else 0 */
	uint16_t len;		 /* 0: nothing is here */
	uint8_t flags;
	uint8_t in_vain; /* how often in a row nobody found what was remembered */
	uint8_t pass;	 /* so many more heads go by without a look */
	bool found;
	struct {
		uint16_t at, len;
	} texts[HTTP_TEXTS];
	char bytes[MEMO_BYTES];
};

extern struct memo memos[SIDES][MEMO_SLOTS];

/* Where the lines that begin `in` would be; NULL when a look is not worth it. */
static inline struct memo *memo_of(enum side side, struct str in)
{
	uint64_t first, middle;
	struct memo *memo;

	if (in.len < 2 * sizeof(first))
		return NULL;
	memcpy(&first, in.at, sizeof(first));
	memcpy(&middle, in.at + in.len / 2, sizeof(middle));
	first = (first + middle * 3 + in.len) * UINT64_C(0x9e3779b97f4a7c15);
	memo = &memos[side][first >> (64 - MEMO_SLOT_BITS)];
	if (!memo->pass)
		return memo;
	memo->pass--;
	return NULL;
}

/* Add to `head` what the lines say that begin `in`; their length, or 0 when they are not known. */
size_t memo_find(struct memo *memo, struct str in, struct head *head);
/* `lines` were not known; `head` says what they say, and what a question's first line does. */
void memo_keep(struct memo *memo, struct str lines, const struct head *head);
