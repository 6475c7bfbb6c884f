/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_loop.h - libcurl's sockets and timer as watches and a timer of sonde's loop.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

struct http_client;

/* One easy handle; embedded in its owner. */
struct http_transfer {
	CURL *easy;
	struct http_client *client;
	/* Called once for each started transfer, from the loop. May start it again. */
	void (*end)(struct http_transfer *transfer, CURLcode result);
};

int http_transfer_init(struct http_transfer *transfer, struct http_client *client,
		       void (*end)(struct http_transfer *transfer, CURLcode result));
/* 0 or negative errno. `end` is called later, never from inside. */
int http_transfer_start(struct http_transfer *transfer);
/* `busy`: it was started and has not ended. */
void http_transfer_free(struct http_transfer *transfer, bool busy);
