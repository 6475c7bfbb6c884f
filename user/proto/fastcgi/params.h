/* SPDX-License-Identifier: Apache-2.0 */
/*
 * params.h - name-value pairs as they come in pieces; nobody but question.c and params.c
 * includes it.
 *
 *	0b 04  SCRIPT_NAME  /k/b        lengths of 1 byte, or of 4 with the top bit set
 *
 * A name or a value that is split over two pieces is stepped over: texts borrow, and can
 * be no longer than a piece.
 */
#pragma once

#include "user/proto/http/http.h"

enum params_stage { PARAMS_LENGTHS, PARAMS_NAME, PARAMS_VALUE };

/* All zero at the stream's start. */
struct params {
	enum params_stage stage;
	uint8_t lengths[8]; /* of name and value, one after the other, as they came */
	uint8_t lengths_seen;
	bool split;    /* the name or value in hand began in an earlier piece */
	uint32_t left; /* of it */
	uint32_t value_bytes;
	struct str name; /* empty: it was split */
	struct str part; /* a value's beginning, up to where its piece ended */
};

/*
 * The next pair of `piece`, which loses it. False: the piece is used up. The parts of a pair
 * that is split over pieces are empty.
 */
bool params_take(struct params *p, struct str *piece, struct str *ret_name, struct str *ret_value);

/* Is nothing of a pair left open? */
static inline bool params_are_whole(const struct params *p)
{
	return p->stage == PARAMS_LENGTHS && !p->lengths_seen;
}
