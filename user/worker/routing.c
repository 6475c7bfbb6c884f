/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/routing.h"

#include "user/base/mem.h"
#include "user/proto/http/http.h"

struct routing {
	const struct config *config;
	struct routes *common;
	struct routes **services; /* one an entry of config->services; NULL: the common ones */
	struct str *methods, *headers;
	struct http_ignore *ignore;
	struct http_options http;
};

/* Patterns were checked with the configuration; one that fails now is left out with the rest. */
static struct routes *routes_of(const struct text_list *patterns, bool guess)
{
	_cleanup_(freep) struct str *each = xcalloc(patterns->count, sizeof(*each));
	struct routes *routes = NULL;

	for (size_t i = 0; i < patterns->count; i++)
		each[i] = str_of(patterns->at[i]);
	if (routes_new(each, patterns->count, guess, &routes))
		routes_new(NULL, 0, guess, &routes);
	return routes;
}

static struct str *texts_of(const struct text_list *list)
{
	struct str *texts = xcalloc(list->count, sizeof(*texts));

	for (size_t i = 0; i < list->count; i++)
		texts[i] = str_of(list->at[i]);
	return texts;
}

static void configure_http(struct routing *r)
{
	const struct config *c = r->config;

	r->methods = texts_of(&c->http.known_methods);
	r->headers = texts_of(&c->http.headers);
	r->ignore = xcalloc(c->http.ignore_count, sizeof(*r->ignore));
	for (size_t i = 0; i < c->http.ignore_count; i++)
		r->ignore[i] = (struct http_ignore){ .pattern = str_of(c->http.ignore[i].route),
						     .traces = c->http.ignore[i].traces,
						     .metrics = c->http.ignore[i].metrics };
	r->http = (struct http_options){
		.known_methods = c->http.known_methods.count ? r->methods : NULL,
		.known_method_count = c->http.known_methods.count,
		.headers = r->headers,
		.header_count = c->http.headers.count,
		.ignore = r->ignore,
		.ignore_count = c->http.ignore_count,
		.routes = r->common,
	};
	http_configure(&r->http);
}

struct routing *routing_new(const struct config *config)
{
	struct routing *r = xcalloc(1, sizeof(*r));

	r->config = config;
	r->common = routes_of(&config->http.route, config->http.route_guess);
	r->services = xcalloc(config->service_count, sizeof(*r->services));
	for (size_t i = 0; i < config->service_count; i++)
		if (config->services[i].routes.count)
			r->services[i] =
				routes_of(&config->services[i].routes, config->http.route_guess);
	configure_http(r);
	return r;
}

void routing_free(struct routing *r)
{
	if (!r)
		return;
	http_configure(NULL);
	for (size_t i = 0; i < r->config->service_count; i++)
		routes_free(r->services[i]);
	routes_free(r->common);
	free(r->services);
	free(r->methods);
	free(r->headers);
	free(r->ignore);
	free(r);
}

struct routes *routing_routes(const struct routing *r, const struct process *process)
{
	struct routes *own = NULL;

	if (process && process->service)
		own = r->services[process->service - r->config->services];
	return own ? own : r->common;
}

const struct sampler *routing_sampler(const struct routing *r, const struct process *process)
{
	if (process && process->service && process->service->has_sampler)
		return &process->service->sampler;
	return &r->config->trace.sampler;
}

uint64_t routing_collapsed(const struct routing *r)
{
	uint64_t sum = routes_collapsed(r->common);

	for (size_t i = 0; i < r->config->service_count; i++)
		if (r->services[i])
			sum += routes_collapsed(r->services[i]);
	return sum;
}
