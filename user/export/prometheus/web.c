/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/web.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <sys/socket.h>

#include "user/base/clock.h"
#include "user/base/log.h"
#include "user/base/mem.h"

/* A head is whole this long after the connection was made, TLS handshake included. */
#define HEAD_NS (5 * NS_PER_S)
/* An answer is taken within this; Prometheus' scrape_timeout is 10 s. */
#define ANSWER_NS (60 * NS_PER_S)
/* The next request on a kept connection: longer than the usual scrape_interval of a minute. */
#define IDLE_NS	 (130 * NS_PER_S)
#define SWEEP_NS NS_PER_S

static void run(struct listener *l)
{
	MHD_UNSIGNED_LONG_LONG left_ms;
	uint64_t at_ns;

	MHD_run(l->daemon);
	if (MHD_get_timeout(l->daemon, &left_ms) != MHD_YES)
		return;
	/* 0: it has read or written a part and wants to go on, without an event. */
	at_ns = monotonic_ns() + left_ms * NS_PER_MS;
	if (!l->web->again.at_ns || at_ns < l->web->again.at_ns)
		loop_timer(l->web->context->loop, &l->web->again, at_ns);
}

static void on_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	run(container_of(watch, struct listener, watch));
}

static void on_again(struct timer *timer, uint64_t now_ns)
{
	struct web *web = container_of(timer, struct web, again);

	(void)now_ns;
	for (size_t i = 0; i < web->listener_count; i++)
		run(&web->listeners[i]);
}

/* MHD sees its end and lets go of it. */
static void connection_close(struct web *web, struct connection *c, enum refusal why)
{
	shutdown(c->fd, SHUT_RDWR);
	c->deadline_ns = 0;
	web->refused[why]++;
}

/* Close the one that has waited longest for its next request, so that new ones find room. */
static void make_room(struct web *web)
{
	struct connection *oldest = NULL;

	if (web->connection_count < WEB_CONNECTIONS / 4 * 3)
		return;
	for (struct connection *c = web->connections; c; c = c->next)
		if (c->idle && c->deadline_ns && (!oldest || c->deadline_ns < oldest->deadline_ns))
			oldest = c;
	if (oldest)
		connection_close(web, oldest, REFUSED_IDLE);
}

/* MHD's own timeout begins anew with each byte, so deadlines are kept here. */
static void on_sweep(struct timer *timer, uint64_t now_ns)
{
	struct web *web = container_of(timer, struct web, sweep);

	for (struct connection *c = web->connections; c; c = c->next)
		if (c->deadline_ns && now_ns >= c->deadline_ns)
			connection_close(web, c, REFUSED_SLOW);
	if (web->connections)
		loop_timer(web->context->loop, timer, now_ns + SWEEP_NS);
}

static void connection_begin(struct web *web, struct MHD_Connection *mhd, void **ret)
{
	const union MHD_ConnectionInfo *fd =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *session =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	struct connection *c = xcalloc(1, sizeof(*c));
	uint64_t now = monotonic_ns();

	c->fd = fd->connect_fd;
	c->deadline_ns = now + HEAD_NS;
	c->next = web->connections;
	c->at = &web->connections;
	if (c->next)
		c->next->at = &c->next;
	web->connections = c;
	web->connection_count++;
	make_room(web);
	*ret = c;
	if (!web->sweep.at_ns)
		loop_timer(web->context->loop, &web->sweep, now + SWEEP_NS);
	web_settings_refresh(web->settings);
	if (!web->settings->tls || !session)
		return;
	c->tls = tls_ref(web->settings->tls);
	if (tls_attach(c->tls, session->tls_session))
		shutdown(c->fd, SHUT_RDWR); /* no handshake without what was asked for */
}

static void connection_end(struct web *web, struct connection *c)
{
	web->connection_count--;
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	tls_unref(c->tls);
	free(c);
}

static void on_connection(void *listener, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct listener *l = listener;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		connection_begin(l->web, mhd, context);
	else if (*context)
		connection_end(l->web, TAKE_PTR(*context));
}

struct connection *web_connection(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void on_completed(void *listener, struct MHD_Connection *mhd, void **state,
			 enum MHD_RequestTerminationCode why)
{
	struct connection *c = web_connection(mhd);

	(void)listener;
	(void)state;
	(void)why;
	if (!c || !c->deadline_ns)
		return;
	c->deadline_ns = monotonic_ns() + IDLE_NS;
	c->idle = true;
}

static enum MHD_Result on_request(void *listener, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **state)
{
	struct connection *c = web_connection(mhd);

	if (c && c->deadline_ns) {
		c->deadline_ns = monotonic_ns() + ANSWER_NS;
		c->idle = false;
	}
	return web_request(listener, mhd, url, method, version, upload, upload_len, state);
}

static void on_log(void *listener, const char *format, va_list args)
{
	char text[256];
	struct str line = { text, 0 };

	(void)listener;
	vsnprintf(text, sizeof(text), format, args);
	line.len = strcspn(text, "\n");
	log_debug("web", "message=%s", log_value(line));
}

/* Never asked: tls_attach() puts our credentials in the place of MHD's. */
static int no_certificate(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
			  const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
			  gnutls_pcert_st **certificate, unsigned *certificate_count,
			  gnutls_privkey_t *key)
{
	(void)session;
	(void)names;
	(void)name_count;
	(void)algorithms;
	(void)algorithm_count;
	(void)certificate;
	(void)certificate_count;
	(void)key;
	return -1;
}

static int listener_open(struct listener *l, int fd)
{
	unsigned flags = MHD_USE_EPOLL | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME |
			 (l->web->settings->tls ? MHD_USE_TLS : 0);
	struct MHD_OptionItem plain[] = { { MHD_OPTION_END, 0, NULL } };
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)no_certificate },
		{ MHD_OPTION_END, 0, NULL },
	};
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* MHD closes what it was given */

	if (own < 0)
		return -errno;
	l->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, on_request, l, MHD_OPTION_EXTERNAL_LOGGER, on_log, l,
		MHD_OPTION_LISTEN_SOCKET, own, MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, l, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)WEB_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)WEB_HEAD_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
		l->web->settings->tls ? tls : plain, MHD_OPTION_END);
	if (!l->daemon) {
		close(own);
		return -EINVAL;
	}
	l->watch.ready = on_ready;
	l->watch.fd = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	return loop_watch(l->web->context->loop, &l->watch, EPOLLIN);
}

/* Each asks again: most were waiting for another password than the one that was checked. */
static void resume_all(struct web *web)
{
	for (struct connection *c = web->connections; c; c = c->next)
		if (c->waiting)
			MHD_resume_connection(TAKE_PTR(c->waiting));
}

static void on_password_checked(void *context)
{
	struct web *web = context;

	resume_all(web);
	for (size_t i = 0; i < web->listener_count; i++)
		run(&web->listeners[i]);
}

struct web *web_new(const struct export_context *context, const char **error)
{
	static struct config_error why;
	struct web *web = xcalloc(1, sizeof(*web));

	web->context = context;
	web->again.fired = on_again;
	web->sweep.fired = on_sweep;
	web->auth = auth_new(context->loop, on_password_checked, web);
	web->self = (struct collector){ .name = "web", .context = web, .collect = web_collect };
	web->listeners = xcalloc(context->listener_count, sizeof(struct listener));
	if (web_settings_new(context->config->web.config_file, &web->settings, &why)) {
		*error = why.text;
		web_free(web);
		return NULL;
	}
	web->rate_left = (double)web->settings->config->rate_burst;
	for (size_t i = 0; i < context->listener_count; i++) {
		web->listeners[i].web = web;
		web->listener_count++;
		if (listener_open(&web->listeners[i], context->listeners[i])) {
			*error = "the web listener cannot be started";
			web_free(web);
			return NULL;
		}
	}
	return web;
}

void web_free(struct web *web)
{
	struct loop *loop = web->context->loop;

	loop_timer(loop, &web->again, 0);
	resume_all(web); /* MHD ends none that is suspended */
	for (size_t i = 0; i < web->listener_count; i++) {
		if (!web->listeners[i].daemon)
			continue;
		loop_unwatch(loop, &web->listeners[i].watch);
		MHD_stop_daemon(web->listeners[i].daemon);
	}
	loop_timer(loop, &web->sweep, 0);
	free(web->listeners);
	web_settings_free(web->settings);
	auth_free(web->auth);
	free(web);
}
