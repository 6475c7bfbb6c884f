/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - how far anything may grow, each with its reason.
 *
 * Hitting a limit moves a counter that is exported. Those that a user may set
 * are the defaults of `limit.*` options (config/options.c) and end in _DEFAULT.
 */
#pragma once

/* OpenTelemetry's cardinality limit: 2,000 sets of attributes a metric and service. */
#define LIMIT_SERIES_DEFAULT 2000
/* Of all services together: five full ones are an answer of 290 MB to a scrape, as text. */
#define LIMIT_SERIES_TOTAL_DEFAULT 10000
/* Prometheus marks a series stale after 5 minutes without a sample. */
#define LIMIT_ENDED_SERIES_DEFAULT_S 300
/* A head longer than this is rare and mostly cookies; nothing ships more (HEAD_BYTES). */
#define LIMIT_HEAD_BYTES_DEFAULT 8192
/* Connections kept in the worker: 100,000 of 200 bytes are 20 MB. */
#define LIMIT_CONNECTIONS_DEFAULT 100000
/* Exchanges open at once, all connections together. */
#define LIMIT_EXCHANGES_DEFAULT 100000
/* Questions of one connection that wait for an answer (pipelining). */
#define LIMIT_PIPELINE 128
/* Processes known at once; a busy host runs some thousands. */
#define LIMIT_PROCESSES_DEFAULT 20000
/* Event loops followed at once, 900 bytes each that are there from the start; a busy host runs some hundreds. */
#define LIMIT_LOOPS_DEFAULT 1024
/* Spans that wait for their place, 1.5 KiB each; half as many, 400 bytes each, were given out. */
#define LIMIT_TRACE_SPANS_DEFAULT 16384
/* Different children of one path segment before it becomes {id}; a CRUD API has fewer. */
#define LIMIT_ROUTE_CHILDREN 32
/* Nodes of the tree of guessed routes of one service. */
#define LIMIT_ROUTE_NODES 4096
/* Services with guessed routes of their own: 32 KB each before the first. */
#define LIMIT_ROUTE_SERVICES 256
/* OTLP spans waiting: the SDK's default is 2,048 a process; a host has many. */
#define LIMIT_EXPORT_QUEUE_SPANS_DEFAULT 16384
/* One span's texts on the way to an exporter. */
#define LIMIT_SPAN_TEXT_BYTES 16384
/* The value of one attribute; longer ones are cut. */
#define LIMIT_ATTRIBUTE_BYTES 4096
/* One answer to a scrape, as it is kept; 10,000 series of four histograms are 21 to 27 MB. */
#define LIMIT_SCRAPE_BYTES (64 << 20)
/* An OTLP answer that is longer is refused (specification: 4 MiB). */
#define LIMIT_OTLP_ANSWER_BYTES (4 << 20)
/* An OTLP request before compression (specification: 64 MiB). */
#define LIMIT_OTLP_REQUEST_BYTES (64 << 20)
/* A configuration file; a thousand services are 100 KB. */
#define LIMIT_CONFIG_BYTES (1 << 20)
/* What is read of a process's environ, cmdline, cgroup or package.json. */
#define LIMIT_PROC_FILE_BYTES (128 << 10)
/* Of its maps, of which the target says how long they are: 40,000 lines, 50 ms. */
#define LIMIT_MAPS_BYTES (4 << 20)
/* Executable files of one process that are opened; a Python service with its extensions maps 150. */
#define LIMIT_READER_OPENS 256
