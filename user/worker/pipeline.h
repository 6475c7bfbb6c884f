/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline.h - from bytes of a ring or a tape to spans and metrics, one way.
 *
 *	bytes -> event_check -> tape -> exchanges -> span -> series, exporters
 *	                             -> processes (who is it?)
 *	                             -> pauses -> series, events of spans
 *
 * The live worker and `sonde replay` run the same pipeline; only the source of
 * records differs. Nothing here asks the kernel for anything.
 */
#pragma once

#include "user/base/random.h"
#include "user/config/config.h"
#include "user/event/tape.h"
#include "user/exchange/exchange.h"
#include "user/export/exporter.h"
#include "user/model/ledger.h"
#include "user/model/series.h"
#include "user/pause/pauses.h"
#include "user/process/process.h"
#include "user/trace/trace.h"
#include "user/worker/graph.h"
#include "user/worker/recall.h"

enum { EXPORTERS_MAX = 8 };

/* follows_set() of the process with that id. */
typedef void follow_set(void *context, uint32_t tgid, uint32_t mask, uint32_t flags);

struct pipeline_options {
	const struct config *config;
	verdict_set *verdict; /* NULL: nobody to tell */
	heads_set *heads;     /* the same */
	follow_set *follow;   /* the same */
	void *context;
	struct tape_writer *tape; /* NULL: none; stays the caller's */
	uint64_t seed;		  /* 0: from the system */
};

struct pipeline {
	const struct config *config;
	struct buf watch_flags; /* what is watched, as config_watch_flags() has it */
	struct ledger ledger;
	struct collectors collectors;
	struct processes *processes;
	struct resource
		*unknown; /* of processes without facts: past limit.processes, or not on a tape */
	struct exchanges *exchanges;
	struct trace *trace;
	struct series *series;
	struct pauses *pauses;
	struct graph *graph; /* NULL: service.graph is off */
	struct random random;
	struct tape_writer *tape;
	struct buf scratch; /* texts of the span that is being made */
	struct routing *routing;
	struct active *active;
	struct delayed_table *delayed;
	struct unread_table *unread; /* by process, of its life */
	const struct jvms *jvms;     /* the worker's; NULL: none are read */
	int64_t unix_offset_ns;
	uint64_t read_ns;   /* when the newest record of the kernel half was made */
	uint64_t traced_ns; /* when the trace was settled last */
	struct export_context export_context; /* what the exporters were given */
	const struct exporter *exporters[EXPORTERS_MAX];
	void *exporter_selves[EXPORTERS_MAX];
	size_t exporter_count;
	bool exports_spans; /* one of them takes spans */
	struct recall recall;
	verdict_set *verdict;
	heads_set *heads;
	follow_set *follow;
	void *verdict_context;
	uint64_t
		unsampled; /* spans that the sampler left out; it is asked where spans are exported */
	uint64_t suppressed; /* sampled spans of programs that send their own: trace.beside-sdk */
	uint64_t attributes_cut; /* of spans: limit.attribute-bytes */
	uint64_t facts_refused;	 /* records about processes that said nothing that can be read */
};

struct pipeline *pipeline_new(const struct pipeline_options *options);
void pipeline_free(struct pipeline *p);

/* Start the exporters of the table that are configured. -EINVAL with `error` set when one cannot. */
int pipeline_export(struct pipeline *p, const struct export_context *context, const char **error);

/* Take one record's bytes, aligned to 8; what is no record is counted. */
void pipeline_take(struct pipeline *p, struct str bytes);
/* The same of a record that event_check() gave, and of bytes that it said are none. */
void pipeline_take_record(struct pipeline *p, const struct record *record);
void pipeline_refuse(struct pipeline *p);

/* Fill a span from an exchange, without ids; it borrows from both and from the scratch. */
void pipeline_span(struct pipeline *p, const struct exchange *x, struct span *span);

/*
 * All records up to `now_ns` were taken: what waits for others, records or spans, need not wait
 * longer than it should. Where some are left to be read, that is `read_ns` and not the time of day.
 */
void pipeline_settle(struct pipeline *p, uint64_t now_ns);

/* Nothing more comes: give out the spans that wait for others. */
void pipeline_finish(struct pipeline *p);
/* Let the exporters send what they hold. */
void pipeline_flush(struct pipeline *p);

/*
 * Is the process known that a record speaks of, or refused for good? If not, its
 * facts are on their way: the caller leaves the record in the ring for a moment.
 */
bool pipeline_knows(struct pipeline *p, struct process_id process);
