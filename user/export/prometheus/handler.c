/* SPDX-License-Identifier: Apache-2.0 */
/* handler.c - a request and its answer: who may ask, what for, and the scrape itself. */
#include <errno.h>
#include <math.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/export/prometheus/landing.h"
#include "user/export/prometheus/negotiate.h"
#include "user/export/prometheus/stream.h"
#include "user/export/prometheus/web.h"

enum { HEADER_BYTES = 4096, BLOCK_BYTES = 32 << 10 };

/* Unless the file says otherwise: nothing here is to be run, framed or guessed. */
static const char *const default_headers[WEB_HEADERS] = {
	[HEADER_CONTENT_TYPE_OPTIONS] = "nosniff",
	[HEADER_FRAME_OPTIONS] = "deny",
	[HEADER_CONTENT_SECURITY_POLICY] = "default-src 'none'",
};

struct request {
	struct web *web;
	struct MHD_Connection *mhd;
	bool head; /* HEAD: no body follows */
	unsigned code;
	struct MHD_Response *response; /* NULL: there is no memory for one */
	bool waits;		       /* for its password to be checked; no answer yet */
};

static void add_header(struct request *r, const char *name, const char *value)
{
	if (r->response)
		MHD_add_response_header(r->response, name, value);
}

static void answer_text(struct request *r, unsigned code, const char *type, struct str text)
{
	r->code = code;
	r->response =
		MHD_create_response_from_buffer(text.len, (void *)text.at, MHD_RESPMEM_MUST_COPY);
	add_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
}

static void answer_line(struct request *r, unsigned code, const char *line)
{
	answer_text(r, code, "text/plain; charset=utf-8", str_of(line));
}

static void refuse(struct request *r, enum refusal why, unsigned code, const char *line)
{
	r->web->refused[why]++;
	answer_line(r, code, line);
}

struct wanted_header {
	const char *name;
	struct buf *all;
};

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *key,
				   const char *value)
{
	struct wanted_header *w = context;

	(void)kind;
	if (value && !strcasecmp(key, w->name)) {
		if (w->all->len)
			buf_add_byte(w->all, ',');
		buf_add(w->all, str_of(value));
	}
	return MHD_YES;
}

/* All values of a header, as one list: RFC 9110, section 5.2. What does not fit is left out. */
static struct buf header_all(const struct request *r, const char *name)
{
	struct buf all = buf_new(HEADER_BYTES);
	struct wanted_header w = { name, &all };

	MHD_get_connection_values(r->mhd, MHD_HEADER_KIND, take_header, &w);
	return all;
}

/* exporter-toolkit's token bucket: `burst` at once, then one each interval. */
static bool rate_allows(struct web *web, uint64_t now_ns)
{
	const struct web_config *c = web->settings->config;

	if (!c->rate_interval_ns)
		return true;
	web->rate_left += (double)(now_ns - web->rate_refilled_ns) / (double)c->rate_interval_ns;
	web->rate_left = fmin(web->rate_left, (double)c->rate_burst);
	web->rate_refilled_ns = now_ns;
	if (web->rate_left < 1)
		return false;
	web->rate_left--;
	return true;
}

/* Until the password is checked the connection does nothing, and the loop goes on. */
static void wait_for_check(struct request *r)
{
	struct connection *c = web_connection(r->mhd);

	c->waiting = r->mhd;
	MHD_suspend_connection(r->mhd);
	r->waits = true;
}

/* False when the answer is made already, or will be. `again`: it was told to wait before. */
static bool admitted(struct request *r, bool again)
{
	struct web *web = r->web;
	uint64_t now = monotonic_ns();
	const char *credentials;
	enum auth_result result;

	if (!again && !rate_allows(web, now)) {
		refuse(r, REFUSED_RATE, MHD_HTTP_TOO_MANY_REQUESTS, "too many requests\n");
		return false;
	}
	credentials =
		MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	result = auth_check(web->auth, web->settings->config, str_of(credentials), now);
	if (result == AUTH_WAIT) {
		wait_for_check(r);
	} else if (result == AUTH_BUSY) {
		refuse(r, REFUSED_CHECKS, MHD_HTTP_SERVICE_UNAVAILABLE,
		       "too many new passwords, try again later\n");
		add_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	} else if (result == AUTH_DENIED) {
		refuse(r, REFUSED_CREDENTIALS, MHD_HTTP_UNAUTHORIZED, "unauthorized\n");
		add_header(r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic realm=\"sonde\"");
	}
	return result == AUTH_OK;
}

/* A scrape's answer while it is sent. */
struct sending {
	struct web *web;
	struct stream stream;
	size_t bytes;
};

static ssize_t send_more(void *sending, uint64_t position, char *to, size_t size)
{
	struct sending *s = sending;
	ssize_t len = stream_read(&s->stream, to, size);

	(void)position;
	if (len < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return len ? len : MHD_CONTENT_READER_END_OF_STREAM;
}

static void sending_free(void *sending)
{
	struct sending *s = sending;

	s->web->scrapes_open--;
	s->web->bytes_open -= s->bytes;
	stream_free(&s->stream);
	free(s);
}

/* How long the rest of the answer is; nothing is left of it. */
static uint64_t drain(struct stream *stream)
{
	char block[BLOCK_BYTES];
	uint64_t bytes = 0;
	ssize_t len;

	while ((len = stream_read(stream, block, sizeof(block))) > 0)
		bytes += (uint64_t)len;
	return bytes;
}

/* Takes the answer. MHD ends a chunked answer to HEAD with the last chunk: that one has a length. */
static void answer_scrape(struct request *r, struct answer answer, const struct wanted *wanted,
			  bool gzip)
{
	struct sending *s = xcalloc(1, sizeof(*s));
	char type[256];

	s->web = r->web;
	s->bytes = answer.bytes;
	r->web->scrapes_open++;
	r->web->bytes_open += answer.bytes;
	if (stream_init(&s->stream, answer, gzip))
		abort();
	r->code = MHD_HTTP_OK;
	r->response =
		MHD_create_response_from_callback(r->head ? drain(&s->stream) : MHD_SIZE_UNKNOWN,
						  BLOCK_BYTES, send_more, s, sending_free);
	if (!r->response) {
		sending_free(s);
		return;
	}
	snprintf(type, sizeof(type), "%s%s", wanted->format->content_type,
		 wanted->escaping ? "; escaping=underscores" : "");
	add_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	add_header(r, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
	if (gzip)
		add_header(r, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
}

static void scrape(struct web *web, const struct format *format, struct answer *ret)
{
	uint64_t start = monotonic_ns();
	struct scrape s;

	scrape_begin(&s, format, LIMIT_SCRAPE_BYTES);
	collectors_collect(web->context->collectors, start, &s.sink);
	scrape_end(&s, ret);
	for (size_t i = 0; i < DROPS; i++)
		web->dropped[i] += s.dropped[i];
	scrape_free(&s);
	web->last_scrape_s = (double)(monotonic_ns() - start) / NS_PER_S;
}

static void get_metrics(struct request *r)
{
	struct web *web = r->web;
	uint32_t most = web->context->config->web.max_requests; /* 0: no limit */
	_cleanup_(buf_free) struct buf accept = header_all(r, MHD_HTTP_HEADER_ACCEPT);
	_cleanup_(buf_free) struct buf encoding = header_all(r, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	struct wanted wanted;
	struct answer answer;

	if (most && web->scrapes_open >= most) {
		refuse(r, REFUSED_REQUESTS, MHD_HTTP_SERVICE_UNAVAILABLE,
		       "too many scrapes at once (web.max-requests), try again later\n");
		return;
	}
	if (web->bytes_open > WEB_ANSWERS_BYTES) {
		refuse(r, REFUSED_MEMORY, MHD_HTTP_SERVICE_UNAVAILABLE,
		       "too many answers wait to be read, try again later\n");
		return;
	}
	negotiate_format(buf_str(&accept), &wanted);
	scrape(web, wanted.format, &answer);
	answer_scrape(r, answer, &wanted, negotiate_gzip(buf_str(&encoding)));
}

static void get_healthy(struct request *r)
{
	answer_line(r, MHD_HTTP_OK, "sonde is healthy\n");
}

static void get_ready(struct request *r)
{
	const struct export_context *c = r->web->context;

	if (!c->ready || c->ready(c->owner))
		answer_line(r, MHD_HTTP_OK, "sonde is ready\n");
	else
		answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "sonde is not ready\n");
}

static void get_landing(struct request *r)
{
	_cleanup_(buf_free) struct buf page = buf_new(LANDING_BYTES);

	landing_add(&page, str_of(r->web->context->config->web.telemetry_path));
	answer_text(r, MHD_HTTP_OK, "text/html; charset=utf-8", buf_str(&page));
}

static const struct {
	const char *path;
	void (*get)(struct request *r);
} routes[] = {
	{ "/-/healthy", get_healthy },
	{ "/-/ready", get_ready },
	{ "/", get_landing },
};

static bool is_reading(const char *method)
{
	return !strcmp(method, MHD_HTTP_METHOD_GET) || !strcmp(method, MHD_HTTP_METHOD_HEAD);
}

static void route(struct request *r, const char *url, const char *method)
{
	const char *telemetry = r->web->context->config->web.telemetry_path;
	void (*get)(struct request *) = NULL;

	if (!strcmp(url, telemetry))
		get = get_metrics;
	for (size_t i = 0; i < ARRAY_SIZE(routes) && !get; i++)
		if (!strcmp(url, routes[i].path))
			get = routes[i].get;
	if (!get) {
		answer_line(r, MHD_HTTP_NOT_FOUND, "not found\n");
	} else if (!is_reading(method)) {
		answer_line(r, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
		add_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	} else {
		get(r);
	}
}

static void add_security_headers(struct request *r)
{
	for (int i = 0; i < WEB_HEADERS; i++) {
		const char *value = r->web->settings->config->headers[i];

		value = value ? value : default_headers[i];
		if (value)
			add_header(r, web_header_name(i), value);
	}
}

enum MHD_Result web_request(void *listener, struct MHD_Connection *mhd, const char *url,
			    const char *method, const char *version, const char *upload,
			    size_t *upload_len, void **state)
{
	static char head_seen, waited;
	struct request r = { .web = ((struct listener *)listener)->web,
			     .mhd = mhd,
			     .head = !strcmp(method, MHD_HTTP_METHOD_HEAD) };
	enum MHD_Result result;

	(void)version;
	(void)upload;
	(void)upload_len;
	/* MHD closes a connection that is answered at the first call: right for uploads alone. */
	if (!*state && is_reading(method)) {
		*state = &head_seen;
		return MHD_YES;
	}
	web_settings_refresh(r.web->settings);
	if (admitted(&r, *state == &waited))
		route(&r, url, method);
	if (r.waits) {
		*state = &waited;
		return MHD_YES;
	}
	if (!r.response)
		return MHD_NO;
	add_security_headers(&r);
	result = MHD_queue_response(mhd, r.code, r.response);
	MHD_destroy_response(r.response);
	web_count_answer(r.web, r.code);
	return result;
}
