/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - what http_describe() asks of the configuration; nobody else includes it. */
#pragma once

#include "user/proto/http/http.h"

/* Attribute key of a captured header; empty when there is none such. */
struct str http_captured_key(unsigned int which);
/* The known method that `method` is, else empty. Case matters. */
struct str http_known_method(struct str method);
struct routes *http_default_routes(void);
/* What of the question's baggage is wanted, as attributes behind those that are there. */
void http_add_baggage(const struct message *question, struct span *span);
bool http_reads_traceparent(void);
bool http_reads_b3(void);
/* Does trace.baggage name a member with this key? */
bool http_wants_baggage(struct str key);
/* Does a rule of http.ignore hide anything from metrics? */
extern bool http_hides_metrics;
/* Set what http.ignore hides of a path and its route, never unset. Either may be empty. */
void http_ignored(struct str path, struct str route, bool *traces, bool *metrics);
