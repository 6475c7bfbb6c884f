/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h - which headers are read; nobody but head.c and memo.c includes it. */
#pragma once

#include "user/proto/http1/http1.h"
#include "user/proto/http1/names.h"

/* Headers that are not kept as texts. */
enum { FIELD_NONE = -1, FIELD_LENGTH = HTTP_TEXTS, FIELD_CODING, FIELD_B3_FLAGS };

static inline int forwarded_field(struct str *rest)
{
	if (take_name(rest, STR("x-forwarded-for")))
		return HTTP_X_FORWARDED_FOR;
	if (take_name(rest, STR("x-forwarded-proto")))
		return HTTP_X_FORWARDED_PROTO;
	return take_name(rest, STR("x-forwarded-host")) ? HTTP_X_FORWARDED_HOST : FIELD_NONE;
}

static inline int x_b3_field(struct str *rest)
{
	if (take_name(rest, STR("x-b3-traceid")))
		return HTTP_B3_TRACE_ID;
	if (take_name(rest, STR("x-b3-spanid")))
		return HTTP_B3_SPAN_ID;
	if (take_name(rest, STR("x-b3-parentspanid")))
		return HTTP_B3_PARENT_ID;
	if (take_name(rest, STR("x-b3-sampled")))
		return HTTP_B3_SAMPLED;
	return take_name(rest, STR("x-b3-flags")) ? FIELD_B3_FLAGS : FIELD_NONE;
}

static inline int x_field(struct str *rest)
{
	return rest->len > 3 && rest->at[3] == '3' ? x_b3_field(rest) : forwarded_field(rest);
}

/* "b3" is too short for take_name(). */
static inline int b_field(struct str *rest)
{
	if (rest->len > 2 && rest->at[1] == '3' && (rest->at[2] == ':' || is_blank(rest->at[2]))) {
		*rest = str_after(*rest, 2);
		return HTTP_B3;
	}
	return http_reads_baggage() && take_name(rest, STR("baggage")) ? HTTP_BAGGAGE : FIELD_NONE;
}

static inline int trace_field(struct str *rest)
{
	if (take_name(rest, STR("traceparent")))
		return HTTP_TRACEPARENT;
	return take_name(rest, STR("tracestate")) ? HTTP_TRACESTATE : FIELD_NONE;
}

static inline int asking_field(struct str *rest)
{
	switch (rest->at[0] | 0x20) {
	case 'h':
		return take_name(rest, STR("host")) ? HTTP_HOST : FIELD_NONE;
	case 'u':
		if (take_name(rest, STR("user-agent")))
			return HTTP_USER_AGENT;
		return take_name(rest, STR("upgrade")) ? HTTP_UPGRADE : FIELD_NONE;
	case 'f':
		return take_name(rest, STR("forwarded")) ? HTTP_FORWARDED : FIELD_NONE;
	case 'x':
		return x_field(rest);
	case 't':
		return trace_field(rest);
	case 'b':
		return b_field(rest);
	default:
		return FIELD_NONE;
	}
}

/* Which header that we keep begins here, if any; `rest` is then what follows its name. */
static inline int take_field(struct str *rest, enum side side)
{
	switch (rest->at[0] | 0x20) {
	case 'c':
		return take_name(rest, STR("content-length")) ? FIELD_LENGTH : FIELD_NONE;
	case 't':
		if (take_name(rest, STR("transfer-encoding")))
			return FIELD_CODING;
		break;
	}
	return side == ASKING ? asking_field(rest) : FIELD_NONE;
}

/* The name that a line begins with, whatever it may be. */
static inline struct str line_name(struct str line)
{
	size_t len = 0;

	while (len < line.len && line.at[len] != ':' && !is_blank(line.at[len]))
		len++;
	return str_first(line, len);
}
