/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h - what a receiver's answer means for what was sent.
 * https://opentelemetry.io/docs/specs/otlp/ "OTLP/HTTP Response".
 */
#pragma once

#include "user/base/str.h"

enum { ANSWER_MESSAGE_BYTES = 256 };

/* What came back, of which nothing can be trusted. */
struct http_answer {
	int status; /* 0: none came */
	bool too_large;
	bool is_protobuf, is_json; /* by Content-Type */
	struct str body;
	int64_t retry_after_ns; /* -1: not asked for */
	const char *failure;	/* why there is no status, in words; NULL if there is one */
};

enum fate {
	FATE_ACCEPTED,
	FATE_PARTIAL,	 /* accepted but for `rejected`; or all of it, and a warning in `message` */
	FATE_RETRY,	 /* 429, 502, 503, 504, no answer */
	FATE_REFUSED,	 /* any other status */
	FATE_UNREADABLE, /* a success that is not an answer of OTLP, or too long to be one */
	FATES,
};

struct judgement {
	enum fate fate;
	uint64_t rejected;
	char message[ANSWER_MESSAGE_BYTES]; /* the receiver's words, cut; empty if there are none */
};

void answer_judge(const struct http_answer *answer, struct judgement *ret);
/* "accepted", "partial", "retried", "refused", "unreadable" */
const char *fate_name(enum fate fate);
