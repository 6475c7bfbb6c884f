/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fastcgi.h - what the parts of the FastCGI parser share; nobody else includes it.
 *
 * Sections are of the FastCGI Specification 1.0.
 */
#pragma once

#include "user/proto/http/http.h"

/* 8. Types up to DATA belong to a request, those after it to the connection. */
enum fastcgi_type {
	FASTCGI_BEGIN = 1,
	FASTCGI_ABORT,
	FASTCGI_END,
	FASTCGI_PARAMS,
	FASTCGI_STDIN,
	FASTCGI_STDOUT,
	FASTCGI_STDERR,
	FASTCGI_DATA,
	FASTCGI_GET_VALUES,
	FASTCGI_GET_VALUES_RESULT,
	FASTCGI_UNKNOWN_TYPE,
};

enum fastcgi_role { FASTCGI_RESPONDER = 1, FASTCGI_AUTHORIZER, FASTCGI_FILTER };

enum {
	FASTCGI_VERSION = 1,
	FASTCGI_HEAD_BYTES = 8,
	FASTCGI_BEGIN_BYTES = 8, /* content of BEGIN_REQUEST and of END_REQUEST */
};

/* 3.3: one record by its head. */
struct fastcgi_record {
	enum fastcgi_type type;
	uint16_t id; /* of its request; 0: of the connection */
	uint32_t content;
	uint32_t whole; /* bytes with its head and padding */
};

/* The record that `in` begins with: 1 (however little of it is there), PARSE_MORE, PARSE_BAD. */
int fastcgi_record_read(struct str in, struct fastcgi_record *ret);

/* What is there of the record's content; `in` begins with the record. */
static inline struct str fastcgi_content(struct str in, const struct fastcgi_record *record)
{
	return str_first(str_after(in, FASTCGI_HEAD_BYTES), record->content);
}

/*
 * A record between messages that no exchange is made of: the end of an input that was long
 * enough, an abort, what one end asks of the other's limits. Writes all of `ret`.
 */
ssize_t fastcgi_aside(const struct fastcgi_record *record, struct message *ret);

/* proto->parse() of either side. */
ssize_t fastcgi_question(struct str in, bool cut, struct message *ret);
ssize_t fastcgi_answer(struct str in, bool cut, struct message *ret);

/*
 * proto->step(): `left` begins as what is left of the record in hand; of a question, to which
 * fastcgi_input() is added, also as how long the input is.
 */
ssize_t fastcgi_step(struct body_state *state, struct str in);
bool fastcgi_skip(struct body_state *state, uint64_t bytes);
bool fastcgi_ended(enum side side, struct str tail);
uint64_t fastcgi_input(uint64_t bytes, bool is_filter);

/* proto->guess(). */
enum guess fastcgi_guess(struct str in);
