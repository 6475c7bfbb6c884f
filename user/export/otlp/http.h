/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - POST a body and say what came back, without blocking: libcurl's
 * multi interface on sonde's loop.
 *
 * A post is one endpoint with one request at a time; its connection is kept. It
 * follows no redirect, uses no proxy, verifies certificates, speaks http and
 * https only, and never connects to a link-local address that a name led it to
 * (a cloud's metadata service). Headers and body of an answer are bounded, the
 * body after decompression. Certificates are read again when their files change.
 */
#pragma once

#include "user/base/buf.h"
#include "user/export/otlp/answer.h"

struct loop;
struct otlp_target;
struct http_client;
struct http_post;

/* Called once for each started request; the answer's body is borrowed. May start the next. */
typedef void http_done(void *owner, const struct http_answer *answer);

struct http_client *http_client_new(struct loop *loop);
/* All its posts have gone before. */
void http_client_free(struct http_client *client);

/* The target outlives the post. NULL with `*error` set if it cannot be used. */
struct http_post *http_post_new(struct http_client *client, const struct otlp_target *target,
				http_done *done, void *owner, const char **error);
/*
 * The body is borrowed until `done`, which comes after `timeout_ms` at the latest. 0 or
 * negative errno; `done` is then not called.
 */
int http_post_start(struct http_post *post, struct str body, uint64_t timeout_ms);
/* Also ends a request that is under way; `done` is then not called. */
void http_post_free(struct http_post *post);
