/* SPDX-License-Identifier: Apache-2.0 */
/*
 * describe.c - a question and its answer as a span.
 * OpenTelemetry semantic conventions 1.44, "HTTP spans", stable attributes.
 *
 * Every text that a peer chose passes text_clean() or a redaction before it is
 * put on the span. What is opt-in there (url.scheme and user_agent.original of
 * clients, ports of clients, sizes) is left out.
 */
#include "user/model/route.h"
#include "user/proto/http/options.h"
#include "user/proto/http/target.h"
#include "user/proto/http/text.h"

/* What is worked out once and used for several attributes. */
struct view {
	const struct message *question;
	struct span *span;
	struct target target;
	bool gateway;	   /* HTTP_GATEWAY */
	bool behind_proxy; /* a server's request, or a gateway's, that says who sent it on */
	struct str method; /* a known one, "_OTHER" else */
	struct str scheme; /* "http" or "https" */
	struct str path;   /* clean */
	struct str route;
};

static struct str header(const struct view *view, enum http_text which)
{
	return message_text(view->question, which);
}

static void add_clean(struct span *span, struct str key, struct str text)
{
	if (text.len)
		text = text_clean(span, text);
	if (text.len)
		span_add_text(span, key, text);
}

static void add_method(struct view *view)
{
	struct str sent = header(view, HTTP_METHOD);

	view->method = http_known_method(sent);
	if (view->method.len) {
		span_add_text(view->span, STR("http.request.method"), view->method);
		return;
	}
	view->method = STR("_OTHER");
	span_add_text(view->span, STR("http.request.method"), view->method);
	if (!view->span->counted_only)
		add_clean(view->span, STR("http.request.method_original"), sent);
}

static bool says_proxy(const struct view *view)
{
	return (view->span->kind == SPAN_SERVER || view->gateway) &&
	       (header(view, HTTP_FORWARDED).len || header(view, HTTP_X_FORWARDED_FOR).len ||
		header(view, HTTP_X_FORWARDED_PROTO).len ||
		header(view, HTTP_X_FORWARDED_HOST).len);
}

/* One of two words, whatever a peer writes. */
static struct str known_scheme(struct str scheme)
{
	if (str_eq_nocase(scheme, STR("https")))
		return STR("https");
	return str_eq_nocase(scheme, STR("http")) ? STR("http") : (struct str){};
}

/* That of the outermost proxy that says so, else the target's, else what we can read: http. */
static struct str find_scheme(const struct view *view)
{
	struct str scheme = {};

	if (view->behind_proxy) {
		scheme = known_scheme(forwarded_find(header(view, HTTP_FORWARDED), STR("proto")));
		if (!scheme.len)
			scheme = known_scheme(list_first(header(view, HTTP_X_FORWARDED_PROTO)));
	}
	if (!scheme.len && view->target.scheme.len)
		scheme = known_scheme(view->target.scheme);
	return scheme.len ? scheme : STR("http");
}

static void add_version(const struct view *view, const struct message *answer)
{
	int64_t version = view->question->numbers[HTTP_VERSION];

	if (!version && answer)
		version = answer->numbers[HTTP_VERSION];
	if (version == 10)
		span_add_text(view->span, STR("network.protocol.version"), STR("1.0"));
	else if (version == 11)
		span_add_text(view->span, STR("network.protocol.version"), STR("1.1"));
	else if (version)
		span_add_text(view->span, STR("network.protocol.version"),
			      version == 20 ? STR("2") : STR("3"));
}

/* Where the request was for, as the outermost proxy saw it. RFC 9112 3.2.2: a target's host wins. */
static struct str find_authority(const struct view *view)
{
	struct str authority = {};

	if (view->behind_proxy) {
		authority = forwarded_find(header(view, HTTP_FORWARDED), STR("host"));
		if (!authority.len)
			authority = list_first(header(view, HTTP_X_FORWARDED_HOST));
	}
	if (!authority.len)
		authority = view->target.authority;
	return authority.len ? authority : header(view, HTTP_HOST);
}

static void add_server(const struct view *view)
{
	bool named = !view->gateway || view->span->kind == SPAN_SERVER;
	struct host host = host_split(named ? find_authority(view) : (struct str){});
	const struct attribute *peer, *port;

	if (host.name.len) {
		add_clean(view->span, STR("server.address"), host.name);
		if (host.port < 0 && view->span->kind == SPAN_CLIENT)
			host.port = str_eq(view->scheme, STR("https")) ? 443 : 80;
		if (host.port > 0)
			span_add_int(view->span, STR("server.port"), host.port);
		return;
	}
	if (view->span->kind != SPAN_CLIENT)
		return;
	peer = span_find(view->span, STR("network.peer.address"));
	port = span_find(view->span, STR("network.peer.port"));
	if (peer)
		span_add_text(view->span, STR("server.address"), peer->text);
	if (port)
		span_add_int(view->span, STR("server.port"), port->number);
}

static void add_client(const struct view *view)
{
	struct str name = {};

	if (view->behind_proxy) {
		name = forwarded_find(header(view, HTTP_FORWARDED), STR("for"));
		if (!name.len)
			name = list_first(header(view, HTTP_X_FORWARDED_FOR));
		name = host_split(name).name;
	}
	if (name.len && !str_eq_nocase(name, STR("unknown"))) {
		add_clean(view->span, STR("client.address"), name);
	} else {
		const struct attribute *peer = span_find(view->span, STR("network.peer.address"));

		if (peer)
			span_add_text(view->span, STR("client.address"), peer->text);
	}
}

/* A client's whole URL. A host that no header gives is the peer. */
static void add_url_full(const struct view *view)
{
	const struct target *target = &view->target;
	struct str authority = find_authority(view), url;

	if (!authority.len)
		authority = text_peer(view->span);
	if (!authority.len)
		return;
	url = text_url(view->span, view->scheme, authority, target->path, target->query);
	if (url.len)
		span_add_text(view->span, STR("url.full"), url);
}

static void add_route(struct view *view)
{
	struct routes *routes = view->span->routes ? view->span->routes : http_default_routes();

	if (!routes || !view->path.len || view->path.at[0] != '/')
		return;
	view->route = routes_find(routes, view->path);
	if (view->route.len)
		span_add_text(view->span, STR("http.route"), view->route);
}

static void add_captured(const struct view *view)
{
	if (view->question->numbers[HTTP_GENERATION] != http_generation())
		return;
	for (unsigned int i = 0; i < HTTP_CAPTURED; i++) {
		struct attribute captured = { .type = ATTRIBUTE_TEXTS };

		if (!header(view, HTTP_CAPTURE + i).len)
			continue;
		captured.key = http_captured_key(i);
		captured.text = text_clean(view->span, header(view, HTTP_CAPTURE + i));
		if (captured.key.len && captured.text.len)
			span_add(view->span, captured);
	}
}

/* "Status": an error is an answer that says so, or one that did not come or was not whole. */
static void add_outcome(struct span *span, const struct message *answer)
{
	int64_t least = span->kind == SPAN_CLIENT ? 400 : 500;

	if (answer) {
		int64_t status = answer->numbers[HTTP_STATUS];

		span_add_int(span, STR("http.response.status_code"), status);
		if (status >= least)
			span->error_type = text_number(span, (uint64_t)status);
	} else if (!span->error_type.len) {
		span->error_type = STR("_OTHER");
	}
	if (span->error_type.len) {
		span->status = STATUS_ERROR;
		span_add_text(span, STR("error.type"), span->error_type);
	}
}

static void set_name(const struct view *view)
{
	struct str method = view->method;

	if (str_eq(method, STR("_OTHER")))
		method = STR("HTTP");
	view->span->name = method;
	if (view->route.len)
		view->span->name = text_pair(view->span, method, view->route);
}

/* What a server's metrics are not told apart by. */
static void add_server_details(const struct view *view)
{
	struct span *span = view->span;

	if (view->path.len || !view->target.path.len)
		span_add_text(span, STR("url.path"), view->path);
	if (view->target.query.len) {
		struct str query = text_query(span, view->target.query);

		if (query.len)
			span_add_text(span, STR("url.query"), query);
	}
	add_server(view);
	add_client(view);
	add_clean(span, STR("user_agent.original"), header(view, HTTP_USER_AGENT));
}

static void describe_server(struct view *view)
{
	view->span->metrics = &http_server_group;
	span_add_text(view->span, STR("url.scheme"), view->scheme);
	add_route(view);
	if (!view->span->counted_only)
		add_server_details(view);
}

static void describe_client(struct view *view)
{
	view->span->metrics = &http_client_group;
	add_server(view);
	if (!view->span->counted_only)
		add_url_full(view);
}

void http_describe(const struct message *question, const struct message *answer, struct span *span)
{
	struct view view = { .question = question, .span = span };

	text_reserve(span);
	view.gateway = question->numbers[HTTP_FLAGS] & HTTP_GATEWAY;
	view.behind_proxy = says_proxy(&view);
	view.target = target_split(header(&view, HTTP_TARGET), header(&view, HTTP_METHOD));
	view.scheme = find_scheme(&view);
	view.path = text_clean(span, view.target.path);
	add_method(&view);
	add_outcome(span, answer);
	add_version(&view, answer);
	if (span->kind == SPAN_CLIENT)
		describe_client(&view);
	else
		describe_server(&view);
	if (!span->counted_only) {
		add_captured(&view);
		http_add_baggage(question, span);
		set_name(&view);
	}
	if (!span->counted_only || http_hides_metrics)
		http_ignored(view.path, view.route, &span->hide_from_traces,
			     &span->hide_from_metrics);
}

bool http_route_path(const struct message *question, struct span *span, struct str *ret)
{
	struct str target = message_text(question, HTTP_TARGET);

	*ret = (struct str){};
	if (span->kind == SPAN_SERVER)
		*ret = text_clean(span,
				  target_split(target, message_text(question, HTTP_METHOD)).path);
	return !http_hides_metrics;
}
