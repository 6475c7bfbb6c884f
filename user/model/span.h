/* SPDX-License-Identifier: Apache-2.0 */
/*
 * span.h - one side of one exchange, as OpenTelemetry's span.
 *
 * A span lives while it is observed: exporters that keep it copy it. Its texts
 * borrow from the exchange or from span->scratch, which is dropped with it.
 */
#pragma once

#include "user/base/buf.h"
#include "user/model/attribute.h"
#include "user/model/trace_context.h"

enum span_kind { SPAN_INTERNAL = 1, SPAN_SERVER, SPAN_CLIENT, SPAN_PRODUCER, SPAN_CONSUMER };
enum span_status { STATUS_UNSET, STATUS_OK, STATUS_ERROR };

enum { SPAN_ATTRIBUTES = 40, SPAN_LINKS = 8, SPAN_EVENTS = 8, EVENT_ATTRIBUTES = 3 };

/* Another span that this one may belong to, and how sure that is: 0 to 1. */
struct span_link {
	uint8_t trace_id[TRACE_ID_BYTES], span_id[SPAN_ID_BYTES];
	double confidence; /* the attribute sonde.link.confidence */
};

/* What happened to it at one moment. Its texts are literals. */
struct span_event {
	struct str name;
	uint64_t unix_ns;
	size_t attribute_count;
	struct attribute attributes[EVENT_ATTRIBUTES];
};

struct resource;
struct metric_group;
struct routes;

/* What the metrics of an exchange are made from, whatever its protocol. */
struct measures {
	uint64_t duration_ns;
	uint64_t first_byte_ns; /* from the same start to the answer's first byte; 0: no answer */
	int64_t asking_body_bytes, answering_body_bytes; /* -1: not known */
};

struct span {
	struct trace_context context; /* its own ids, flags and trace state */
	uint8_t parent_id[SPAN_ID_BYTES];
	bool has_parent, parent_is_remote;
	bool has_context;  /* its trace id came with the request */
	bool has_decision; /* whether it is sampled came with the request: context.flags */
	bool sampled;
	enum span_kind kind;
	struct str name;
	uint64_t start_unix_ns, end_unix_ns;
	enum span_status status;
	/* Empty: no error. Set before describe() when the exchange itself failed. */
	struct str error_type;
	const struct resource *resource;
	/* of its service, for protocols that have paths; NULL: none of its own */
	struct routes *routes;
	struct measures measures;
	const struct metric_group *metrics;	  /* what to count it under; NULL: nothing */
	bool hide_from_metrics, hide_from_traces; /* http.ignore */
	/* No exporter takes it: only what is counted by is filled, the attributes of its group. */
	bool counted_only;
	const struct span_link *links;	 /* borrowed */
	size_t link_count;		 /* at most SPAN_LINKS */
	uint32_t links_dropped;		 /* past those */
	const struct span_event *events; /* borrowed, in order of time */
	size_t event_count;		 /* at most SPAN_EVENTS */
	uint32_t events_dropped;	 /* past those */
	/* For texts that describe() makes. It reserves up to the limit first: texts in it never move. */
	struct buf *scratch;
	size_t attribute_count;
	uint32_t attributes_dropped;		      /* past SPAN_ATTRIBUTES */
	struct attribute attributes[SPAN_ATTRIBUTES]; /* last: span_copy() makes room for some */
};

/* Where the next attribute goes, NULL when there are enough. */
static inline struct attribute *span_room(struct span *span)
{
	if (span->attribute_count < SPAN_ATTRIBUTES)
		return &span->attributes[span->attribute_count++];
	span->attributes_dropped++;
	return NULL;
}

static inline void span_add(struct span *span, struct attribute attribute)
{
	struct attribute *to = span_room(span);

	if (to)
		*to = attribute;
}

static inline void span_add_text(struct span *span, struct str key, struct str text)
{
	span_add(span, attribute_text(key, text));
}

static inline void span_add_int(struct span *span, struct str key, int64_t number)
{
	span_add(span, attribute_int(key, number));
}

const struct attribute *span_find(const struct span *span, struct str key);
/*
 * A copy that borrows nothing but literals, its links, its resource and its metrics' group, with a
 * reference to the resource; of its attributes there is only room for those that it has. It has no
 * scratch.
 */
struct span *span_copy(const struct span *span);
void span_free(struct span *span);

static inline struct attribute span_link_confidence(const struct span_link *link)
{
	return (struct attribute){ .key = STR("sonde.link.confidence"),
				   .type = ATTRIBUTE_DOUBLE,
				   .real = link->confidence };
}
/* "SERVER", "CLIENT", ... */
const char *span_kind_name(enum span_kind kind);
