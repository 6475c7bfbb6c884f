/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web.h - the web listener: libmicrohttpd inside our loop, one daemon a listening socket.
 *
 *	web.c      sockets, connections and their deadlines
 *	handler.c  a request and its answer
 *	self.c     what the listener counts about itself
 */
#pragma once

#include <microhttpd.h>

#include "user/base/loop.h"
#include "user/export/exporter.h"
#include "user/export/prometheus/auth.h"
#include "user/export/prometheus/scrape.h"
#include "user/export/prometheus/web_settings.h"

/* Why something was refused. */
enum refusal {
	REFUSED_SLOW,	     /* a request or its answer took too long: the connection was closed */
	REFUSED_IDLE,	     /* a kept connection was closed to make room for another */
	REFUSED_REQUESTS,    /* web.max-requests */
	REFUSED_MEMORY,	     /* answers that wait to be sent hold WEB_ANSWERS_BYTES */
	REFUSED_RATE,	     /* rate_limit */
	REFUSED_CREDENTIALS, /* wrong or none */
	REFUSED_CHECKS,	     /* more new passwords than are checked in a while */
	REFUSALS,
};

enum {
	WEB_CONNECTIONS = 256,
	WEB_HEAD_BYTES = 16 << 10, /* memory of a connection: a request's head fits or is refused */
	WEB_ANSWERS_BYTES = 128 << 20, /* two answers of the greatest size */
	WEB_CODES = 8,
};

struct connection {
	struct connection *next, **at;
	int fd;
	bool idle;	      /* between two requests */
	uint64_t deadline_ns; /* of what it does now: to ask, to take the answer, to ask again */
	struct tls *tls;      /* under which it began; NULL: plain */
	struct MHD_Connection *waiting; /* suspended until a password is checked; or NULL */
};

struct listener {
	struct web *web;
	struct MHD_Daemon *daemon;
	struct watch watch;
};

struct web {
	const struct export_context *context;
	struct web_settings *settings;
	struct auth *auth;
	struct listener *listeners;
	size_t listener_count;
	struct timer again; /* MHD has more to do */
	struct timer sweep; /* looks for passed deadlines while there are connections */
	struct connection *connections;
	size_t connection_count;
	size_t scrapes_open, bytes_open;
	double rate_left;
	uint64_t rate_refilled_ns;
	uint64_t answered[WEB_CODES], refused[REFUSALS], dropped[DROPS];
	double last_scrape_s;
	struct collector self;
};

/* NULL with `*error` set when it cannot listen or its file is bad. */
struct web *web_new(const struct export_context *context, const char **error);
void web_free(struct web *web);

/* handler.c: called by MHD with a whole head. `listener` is the context. */
enum MHD_Result web_request(void *listener, struct MHD_Connection *connection, const char *url,
			    const char *method, const char *version, const char *upload,
			    size_t *upload_len, void **state);

/* The connection's own state; NULL when there is none. */
struct connection *web_connection(struct MHD_Connection *connection);

/* self.c */
extern const unsigned web_codes[WEB_CODES];
void web_count_answer(struct web *web, unsigned code);
/* The collector of web->self. */
void web_collect(void *web, uint64_t now_ns, struct metric_sink *sink);
