/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exporter.h - what takes spans and metrics out of sonde.
 *
 * An exporter sees spans and metrics and knows no protocol. To add one: write
 * export/<name>/ that ends in `const struct exporter exporter_<name>`, and add
 * it to the table in export/exporters.c. It runs inside the worker's loop,
 * without privileges, and never blocks, but for who reads a tape.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct ledger;
struct loop;
struct span;
struct collectors;

/* What an exporter may use; all of it outlives the exporter. */
struct export_context {
	const struct config *config;
	struct loop *loop;
	struct collectors *collectors; /* to ask for metrics, and to add its own numbers to */
	struct ledger *ledger;	       /* for the export stage */
	const int *listeners;	       /* listening sockets of web.listen-address, in its order */
	size_t listener_count;
	bool (*ready)(void *owner); /* for /-/ready: is capture running? */
	void *owner;
	uint64_t started_unix_ns;
	bool may_wait; /* a tape is read, as fast as its spans are written */
};

struct exporter {
	const char *name;
	/*
	 * The files that it will read again while it runs and the ports that it will
	 * connect to, for the worker's jail: asked once, before new(). May be NULL.
	 */
	void (*paths)(const struct config *config, void (*each)(void *context, const char *path),
		      void *context);
	void (*ports)(const struct config *config, void (*each)(void *context, uint16_t port),
		      void *context);
	/* Does it connect to a host by its name? Asked as those. May be NULL. */
	bool (*resolves)(const struct config *config);
	/* NULL with `*error` NULL: not configured. NULL with `*error` set: it cannot work, and why. */
	void *(*new)(const struct export_context *context, const char **error);
	/* Does it take spans, as it is configured? NULL: whenever there is a span(). */
	bool (*takes_spans)(const void *self);
	/* A sampled span; borrowed for the call. May be NULL. */
	void (*span)(void *self, const struct span *span);
	/* Send what is left, now; `done` is asked until it says true or time is up. May be NULL. */
	void (*flush)(void *self);
	bool (*done)(void *self);
	void (*free)(void *self);
};

/* In the order started, ended by NULL. */
extern const struct exporter *const exporters[];
