/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - a config that is being read, and where each value came from.
 *
 * Values arrive place by place, the highest first; settings_set() checks each
 * and keeps it unless a higher place spoke. settings_finish() fills in defaults
 * and works out what follows from several options together.
 */
#pragma once

#include "user/config/option.h"

/* A higher one wins. */
enum place { PLACE_NONE, PLACE_DEFAULT, PLACE_FILE, PLACE_OTEL, PLACE_ENVIRONMENT, PLACE_FLAG };

struct origin {
	enum place place;
	char *where;	 /* "flag", "environment SONDE_X", "sonde.yaml:3" */
	struct buf said; /* the texts that gave the value, each ended by a NUL */
};

enum otlp_compression { COMPRESSION_NONE, COMPRESSION_GZIP };

/* What is set under otlp, or under otlp.traces or otlp.metrics. */
struct otlp_options {
	char *endpoint;
	struct pair_list headers;
	enum otlp_compression compression;
	uint64_t timeout_ms;
	char *certificate, *client_certificate, *client_key;
	int protocol; /* there is one */
};

struct settings {
	struct config config; /* first: a config is freed and printed as the settings around it */
	struct otlp_options otlp, otlp_signal[OTLP_SIGNALS];
	uint64_t span_timeout_ms, metric_timeout_ms; /* 0: not set */
	int histogram;				     /* OTEL's word: 0 explicit, 1 exponential */
	struct origin *origins;			     /* by position in options[] */
	char *services_where;			     /* "sonde.yaml:3", or NULL */
};

/* Who says a value, for the origin and for errors. */
struct source {
	enum place place;
	const char *where; /* of struct origin */
	const char *who;   /* "--web.max-requests", "sonde.yaml:3:7: web.max-requests" */
};

struct settings *settings_new(void);
void settings_free(struct settings *settings);
/* What an OTEL_ variable says badly is logged and ignored, anything else is -EINVAL. */
int settings_set(struct settings *settings, const struct option *option, struct str text,
		 const struct source *source, struct config_error *error);
int settings_finish(struct settings *settings, struct config_error *error);
/* The place that gave the option with this field. */
enum place settings_place(const struct settings *settings, const void *field);

/* The three places; 0 or -EINVAL with `error`. */
int flags_read(struct settings *settings, int argc, char **argv, struct config_error *error);
int environment_read(struct settings *settings, char **environment, struct config_error *error);
int yaml_read(struct settings *settings, struct str text, const char *name,
	      struct config_error *error);

/* Work out config.otlp.target. */
int otlp_resolve(struct settings *settings, struct config_error *error);

/* "SONDE_WEB_LISTEN_ADDRESS" of "web.listen-address"; the caller frees. */
char *environment_name(const char *key);

/* Fill in an error; always returns -EINVAL. */
int config_fail(struct config_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
