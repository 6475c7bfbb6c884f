/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - what a user asked for, whole and checked.
 *
 * Options are one table (config/options.c): key, type, place in this struct,
 * bounds, default, help, and the OTEL_ variables that mean the same. Flags,
 * environment, file, `--help`, `config print` and `config schema` come from it.
 * Flag beats environment beats file beats default.
 *
 * Everything here is owned by the config. Lists are arrays with a count.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "user/base/buf.h"
#include "user/base/log.h"
#include "user/base/str.h"
#include "user/model/sampler.h"

struct text_list {
	char **at;
	size_t count;
};

/* Of words by number. */
struct word_list {
	int *at;
	size_t count;
};

struct number_list {
	uint32_t *at;
	size_t count;
};

/* 8080 or 8000-8099: both ends are included. */
struct port_range {
	uint16_t first, last;
};

struct port_list {
	struct port_range *at;
	size_t count;
};

/* "Name: value" or "name=value", for headers that are sent. */
struct pair {
	char *key, *value;
};

struct pair_list {
	struct pair *at;
	size_t count;
};

/* http.ignore: a route, and what of it nobody wants to see. */
struct ignore_rule {
	char *route;
	bool traces, metrics;
};

/* One entry of `services` (YAML only); a NULL or empty matcher matches everything. */
struct service_rule {
	char *exe, *cgroup; /* globs */
	struct port_list port;
	char *name, *namespace;
	struct text_list routes; /* NULL: the http.route list */
	bool has_sampler;
	struct sampler sampler;
};

/* Which hooks to use where there is a choice; ANY: the first that works. */
enum capture_flavour { CAPTURE_ANY, CAPTURE_TP_BTF, CAPTURE_FEXIT };

/* trace.propagators, by OTEL_PROPAGATORS' names; either B3 means both of its encodings. */
enum propagator {
	PROPAGATOR_TRACECONTEXT,
	PROPAGATOR_BAGGAGE,
	PROPAGATOR_B3,
	PROPAGATOR_B3MULTI,
	PROPAGATOR_NONE,
};

/* What becomes of calls that the program itself sends spans of. */
enum beside_sdk { BESIDE_SDK_JOIN, BESIDE_SDK_SUPPRESS };

enum console_format { CONSOLE_OFF, CONSOLE_TEXT, CONSOLE_JSON };

/* What of OTLP is set for each signal apart. */
enum otlp_signal { OTLP_TRACES, OTLP_METRICS, OTLP_SIGNALS };

struct otlp_target {
	char *endpoint; /* the whole URL, path included; NULL: this signal is not exported */
	struct pair_list headers;
	bool gzip;
	uint64_t timeout_ms;
	char *certificate, *client_certificate, *client_key; /* paths or NULL */
};

enum temporality { TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA, TEMPORALITY_LOWMEMORY };

struct config {
	char *config_file; /* NULL: none */

	struct {
		struct number_list pid;
		struct text_list exe, cgroup; /* globs */
		struct port_list port;
		bool all;
		struct text_list exclude_exe;
	} watch;

	struct service_rule *services;
	size_t service_count;

	struct {
		struct text_list route; /* patterns of model/route.h */
		struct ignore_rule *ignore;
		size_t ignore_count;
		struct text_list headers; /* lower case */
		bool route_guess;
		struct text_list known_methods; /* OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS */
	} http;

	struct {
		struct text_list listen_address; /* host:port; empty text: no listener */
		char *telemetry_path;
		char *config_file; /* exporter-toolkit's, or NULL */
		uint32_t max_requests;
	} web;

	struct {
		struct otlp_target target[OTLP_SIGNALS];
		/* OTEL_BSP_MAX_QUEUE_SIZE, _MAX_EXPORT_BATCH_SIZE */
		uint32_t queue_spans, batch_spans;
		uint64_t schedule_delay_ms;  /* OTEL_BSP_SCHEDULE_DELAY */
		uint64_t metric_interval_ms; /* OTEL_METRIC_EXPORT_INTERVAL */
		enum temporality temporality;
		bool exponential_histograms; /* ..._DEFAULT_HISTOGRAM_AGGREGATION */
	} otlp;

	struct {
		struct sampler sampler;
		uint64_t keep_slower_than_ms; /* 0: off */
		enum beside_sdk beside_sdk;
		bool keep_errors;
		struct word_list propagators; /* enum propagator */
		struct text_list baggage;     /* keys; one that ends with '*' is a prefix */
	} trace;

	struct {
		bool runtimes;
		bool jvm;
	} collect;

	bool service_graph;
	enum capture_flavour capture_flavour;
	enum console_format console;
	char *tape_record; /* path or NULL */

	enum log_level log_level;
	enum log_format log_format;

	struct {
		uint32_t series; /* a metric and service */
		uint32_t series_total;
		uint64_t ended_series_s;
		uint32_t head_bytes;
		uint32_t connections;
		uint32_t exchanges;
		uint32_t processes;
		uint32_t loops;
		uint64_t trace_wait_ms;
		uint32_t trace_spans;
		uint32_t attribute_bytes; /* OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT */
	} limit;

	/* worker.user: name or uid that the worker runs as; it exists and is not root. NULL: see help. */
	char *worker_user;
	bool sdk_disabled; /* OTEL_SDK_DISABLED: no OTLP */
};

/* What a user can act on: "sonde.yaml:3:7: unknown option wach.port; did you mean watch.port?" */
struct config_error {
	char text[512];
};

/*
 * Read options from all four places. `argv[0]` is skipped; `environment` is
 * NULL-terminated "KEY=value". On failure -EINVAL with `error` filled and `ret`
 * untouched. Things that the OpenTelemetry specification says to warn about and
 * ignore are logged and ignored.
 */
int config_read(int argc, char **argv, char **environment, struct config **ret,
		struct config_error *error);
/* The same from the text of a file alone, named `name` in errors; for fuzzing and checks. */
int config_read_text(struct str text, const char *name, struct config **ret,
		     struct config_error *error);
void config_free(struct config *config);

/*
 * --help's list of options; `config print`, of a config that config_read() gave,
 * with the origin of each value and secrets masked; JSON schema of the file.
 */
void config_help(FILE *to);
void config_print(const struct config *config, FILE *to);
void config_schema(FILE *to);

/* How a sonde that runs takes up an option that changed when it reads its configuration again. */
enum taken {
	TAKEN_BY_NEXT_WORKER, /* which begins at once, and counts from 0 */
	TAKEN_AT_ONCE,	      /* by the monitor; the worker goes on */
	TAKEN_AT_START,	      /* of another sonde: not at all */
};

/* Append the keys of the options that differ and are taken up so, separated by commas. */
void config_changes(const struct config *before, const struct config *now, enum taken taken,
		    struct buf *ret);
/* Append what watch.* says as flags, "--watch.port=80", each ended by a NUL. */
void config_watch_flags(const struct config *config, struct buf *ret);

/* Is anything chosen to be watched? */
bool config_watches(const struct config *config);

static inline bool word_list_has(const struct word_list *list, int word)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i] == word)
			return true;
	return false;
}

static inline bool port_list_has(const struct port_list *list, uint16_t port)
{
	for (size_t i = 0; i < list->count; i++)
		if (port >= list->at[i].first && port <= list->at[i].last)
			return true;
	return false;
}
