/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/routing.h"

#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/model/resource.h"
#include "user/proto/http/http.h"

/* Guessed routes of one service; its resources have a reference each. */
struct served {
	struct served *next;
	const struct service_rule *rule;
	struct str name, namespace; /* in `texts` */
	struct routes *routes;
	char texts[];
};

struct routing {
	const struct config *config;
	struct routes *common; /* where nothing is guessed, and past LIMIT_ROUTE_SERVICES */
	struct served *services;
	size_t service_count;
	uint64_t collapsed, shared; /* collapsed: in routes that are gone */
	struct str *methods, *headers, *baggage;
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

/* Which headers of a trace are read. */
static void configure_context(struct routing *r)
{
	const struct word_list *names = &r->config->trace.propagators;

	r->http.ignore_traceparent = !word_list_has(names, PROPAGATOR_TRACECONTEXT);
	r->http.ignore_b3 =
		!word_list_has(names, PROPAGATOR_B3) && !word_list_has(names, PROPAGATOR_B3MULTI);
	r->http.baggage = r->baggage;
	if (word_list_has(names, PROPAGATOR_BAGGAGE))
		r->http.baggage_count = r->config->trace.baggage.count;
}

static void configure_http(struct routing *r)
{
	const struct config *c = r->config;

	r->methods = texts_of(&c->http.known_methods);
	r->headers = texts_of(&c->http.headers);
	r->baggage = texts_of(&c->trace.baggage);
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
	configure_context(r);
	http_configure(&r->http);
}

static void served_free(struct routing *r, struct served **at)
{
	struct served *gone = *at;

	*at = gone->next;
	r->collapsed += routes_collapsed(gone->routes);
	r->service_count--;
	routes_unref(gone->routes);
	free(gone);
}

static struct served *served_new(struct routing *r, const struct service_rule *rule,
				 const struct resource *resource)
{
	struct str name = resource->service_name, namespace = resource->service_namespace;
	struct served *s = xcalloc(1, sizeof(*s) + name.len + namespace.len);

	s->rule = rule;
	s->name = (struct str){ s->texts, name.len };
	s->namespace = (struct str){ s->texts + name.len, namespace.len };
	if (name.len)
		memcpy(s->texts, name.at, name.len);
	if (namespace.len)
		memcpy(s->texts + name.len, namespace.at, namespace.len);
	s->routes = routes_of(rule && rule->routes.count ? &rule->routes : &r->config->http.route,
			      r->config->http.route_guess);
	s->next = r->services;
	r->services = s;
	r->service_count++;
	return s;
}

/* Those whose resources are all gone go. */
static void served_sweep(struct routing *r)
{
	struct served **at = &r->services;

	while (*at)
		if (routes_unshared((*at)->routes))
			served_free(r, at);
		else
			at = &(*at)->next;
}

static bool has_patterns(const struct service_rule *rule)
{
	return rule && rule->routes.count;
}

/* The service's, or when there are too many one with the same patterns; NULL: the common ones. */
static struct served *served_find(struct routing *r, const struct service_rule *rule,
				  const struct resource *resource)
{
	struct served *same = NULL;

	served_sweep(r);
	for (struct served *s = r->services; s; s = s->next) {
		if (s->rule != rule)
			continue;
		if (str_eq(s->name, resource->service_name) &&
		    str_eq(s->namespace, resource->service_namespace))
			return s;
		same = s;
	}
	if (r->service_count < LIMIT_ROUTE_SERVICES || (has_patterns(rule) && !same))
		return served_new(r, rule, resource);
	r->shared++;
	return has_patterns(rule) ? same : NULL;
}

struct routing *routing_new(const struct config *config)
{
	struct routing *r = xcalloc(1, sizeof(*r));

	r->config = config;
	r->common = routes_of(&config->http.route, config->http.route_guess);
	configure_http(r);
	return r;
}

void routing_free(struct routing *r)
{
	if (!r)
		return;
	http_configure(NULL);
	while (r->services)
		served_free(r, &r->services);
	routes_unref(r->common);
	free(r->methods);
	free(r->headers);
	free(r->baggage);
	free(r->ignore);
	free(r);
}

struct routes *routing_choose(struct routing *r, const struct service_rule *rule,
			      struct resource *resource)
{
	bool own = r->config->http.route_guess || has_patterns(rule);
	struct served *served = own ? served_find(r, rule, resource) : NULL;

	routes_unref(resource->routes);
	resource->routes = routes_ref(served ? served->routes : r->common);
	resource->routes_rule = rule;
	return resource->routes;
}

const struct sampler *routing_sampler(const struct routing *r, const struct process *process)
{
	if (process && process->service && process->service->has_sampler)
		return &process->service->sampler;
	return &r->config->trace.sampler;
}

uint64_t routing_collapsed(const struct routing *r)
{
	uint64_t sum = r->collapsed + routes_collapsed(r->common);

	for (const struct served *s = r->services; s; s = s->next)
		sum += routes_collapsed(s->routes);
	return sum;
}

uint64_t routing_shared(const struct routing *r)
{
	return r->shared;
}
