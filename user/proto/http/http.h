/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - what a request and its answer mean, whichever version carried them.
 *
 * A parser of one version of HTTP fills a message's texts and numbers by the
 * names below; http_describe() turns two of them into a span by OpenTelemetry's
 * semantic conventions 1.44. Texts are as on the wire, without the spaces
 * around them; a folded value still has its line breaks.
 */
#pragma once

#include <assert.h>

#include "user/model/series.h"
#include "user/proto/proto.h"

enum { HTTP_CAPTURED = 4 }; /* request headers that http.headers may name */

enum http_text {
	HTTP_METHOD,
	HTTP_TARGET,
	HTTP_HOST,
	HTTP_USER_AGENT,
	HTTP_TRACEPARENT,
	HTTP_TRACESTATE, /* a list: see lists.h */
	HTTP_BAGGAGE,	 /* the same; only where http_reads_baggage() */
	HTTP_B3,
	HTTP_B3_TRACE_ID,
	HTTP_B3_SPAN_ID,
	HTTP_B3_PARENT_ID,
	HTTP_B3_SAMPLED,
	HTTP_FORWARDED,
	HTTP_X_FORWARDED_FOR,
	HTTP_X_FORWARDED_PROTO,
	HTTP_X_FORWARDED_HOST,
	HTTP_UPGRADE,
	HTTP_CAPTURE, /* the first of HTTP_CAPTURED, in the order of http_options.headers */
	HTTP_TEXTS = HTTP_CAPTURE + HTTP_CAPTURED,
};

enum http_number {
	HTTP_STATUS,
	HTTP_VERSION, /* 10, 11, 20, 30; 0: the head was cut before it */
	HTTP_FLAGS,
	HTTP_GENERATION, /* which http_configure() the captured headers belong to */
	HTTP_NUMBERS,
};

enum http_flag {
	HTTP_TRACEPARENT_TWICE = 1 << 0, /* more than one: none counts */
	HTTP_B3_DEBUG = 1 << 1,		 /* X-B3-Flags: 1 */
	HTTP_GATEWAY =
		1 << 2, /* a web server asks in another's name: its host is not who is asked */
};

static_assert((int)HTTP_TEXTS <= (int)MESSAGE_TEXTS, "HTTP's texts fit a message");
static_assert((int)HTTP_NUMBERS <= (int)MESSAGE_NUMBERS, "HTTP's numbers fit a message");

struct http_ignore {
	struct str pattern; /* a pattern of model/route.h, matched with route and path */
	bool traces, metrics;
};

/* All is kept by reference until the next http_configure(). */
struct http_options {
	const struct str *known_methods; /* NULL: the conventions' ten */
	size_t known_method_count;
	const struct str *headers; /* to capture, lower case; what may not be shown is left out */
	size_t header_count;
	const struct http_ignore *ignore;
	size_t ignore_count;
	struct routes *routes; /* for spans that bring none; NULL: no route */
	bool ignore_traceparent, ignore_b3;
	/* Keys of baggage that become attributes; "user.*" is every one that begins with "user." */
	const struct str *baggage;
	size_t baggage_count;
};

/* Why a member of baggage did not become an attribute. */
enum http_baggage_drop {
	BAGGAGE_INVALID, /* it is no member */
	BAGGAGE_LIMIT,	 /* past what is looked at, or no room */
	BAGGAGE_TAKEN,	 /* the span has such an attribute, or its key is for sonde to set */
	BAGGAGE_SECRET,	 /* its key is one that carries secrets */
	BAGGAGE_DROPS,
};

/* Set at start and when the configuration is read again. NULL: as if never called. */
void http_configure(const struct http_options *options);

/* For parsers: 1 + the index of the captured header of this name, or 0. */
unsigned int http_captured(struct str name);
/* What captured headers begin with, bit (letter & 31): cheap to ask before a name is cut out. */
uint32_t http_captured_letters(void);
int32_t http_generation(void);
/* Is the header baggage to be kept? */
bool http_reads_baggage(void);

/* Since the process began. */
uint64_t http_baggage_dropped(enum http_baggage_drop why);
const char *http_baggage_drop_name(enum http_baggage_drop why);

/* What every version's proto has of them. */
void http_describe(const struct message *question, const struct message *answer, struct span *span);
bool http_route_path(const struct message *question, struct span *span, struct str *ret);
void http_context(const struct message *question, struct span *span);
bool http_exports_spans(const struct message *question, const struct message *answer);

extern const struct metric_group http_server_group, http_client_group;
