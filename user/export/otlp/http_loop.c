/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/http_loop.h"

#include <errno.h>

#include "user/base/clock.h"
#include "user/base/loop.h"
#include "user/base/mem.h"
#include "user/export/otlp/http.h"

struct http_client {
	CURLM *multi;
	struct loop *loop;
	struct timer timer;
};

struct socket_watch {
	struct watch watch;
	struct http_client *client;
};

static void end_finished(struct http_client *client)
{
	struct http_transfer *transfer;
	CURLMsg *message;
	CURLcode result;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		result = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
		curl_multi_remove_handle(client->multi, message->easy_handle);
		transfer->end(transfer, result);
	}
}

static void act(struct http_client *client, curl_socket_t fd, int events)
{
	int running;

	curl_multi_socket_action(client->multi, fd, events, &running);
	end_finished(client);
}

static void on_ready(struct watch *watch, uint32_t events)
{
	struct socket_watch *socket = container_of(watch, struct socket_watch, watch);
	int what = 0;

	if (events & (EPOLLIN | EPOLLHUP))
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (events & EPOLLERR)
		what |= CURL_CSELECT_ERR;
	act(socket->client, watch->fd, what);
}

static void on_timer(struct timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	act(container_of(timer, struct http_client, timer), CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct http_client *client = context;
	uint64_t at_ns = 0;

	(void)multi;
	if (timeout_ms >= 0)
		at_ns = monotonic_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	loop_timer(client->loop, &client->timer, at_ns);
	return 0;
}

static uint32_t events_of(int what)
{
	return (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *assigned)
{
	struct http_client *client = context;
	struct socket_watch *socket = assigned;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket)
			loop_unwatch(client->loop, &socket->watch);
		free(socket);
		curl_multi_assign(client->multi, fd, NULL);
		return 0;
	}
	if (socket)
		return loop_rewatch(client->loop, &socket->watch, events_of(what)) ? -1 : 0;
	socket = xcalloc(1, sizeof(*socket));
	socket->client = client;
	socket->watch = (struct watch){ .fd = fd, .ready = on_ready };
	if (loop_watch(client->loop, &socket->watch, events_of(what))) {
		free(socket);
		return -1;
	}
	curl_multi_assign(client->multi, fd, socket);
	return 0;
}

struct http_client *http_client_new(struct loop *loop)
{
	struct http_client *client = xcalloc(1, sizeof(*client));

	client->loop = loop;
	client->timer.fired = on_timer;
	client->multi = curl_multi_init();
	if (!client->multi) {
		free(client);
		return NULL;
	}
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	return client;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	curl_multi_cleanup(client->multi);
	loop_timer(client->loop, &client->timer, 0);
	free(client);
}

int http_transfer_init(struct http_transfer *transfer, struct http_client *client,
		       void (*end)(struct http_transfer *transfer, CURLcode result))
{
	transfer->client = client;
	transfer->end = end;
	transfer->easy = curl_easy_init();
	if (!transfer->easy)
		return -ENOMEM;
	curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, (char *)transfer);
	return 0;
}

int http_transfer_start(struct http_transfer *transfer)
{
	return curl_multi_add_handle(transfer->client->multi, transfer->easy) ? -EIO : 0;
}

void http_transfer_free(struct http_transfer *transfer, bool busy)
{
	if (busy)
		curl_multi_remove_handle(transfer->client->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
}
