/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prometheus.c - metrics for those who come and ask.
 *
 *	collectors -> scrape (families) -> format (text, OpenMetrics, protobuf) -> stream -> web
 *
 * Spans are of no interest here: their exemplars come with the metrics.
 */
#include "user/export/prometheus/web.h"

static void prometheus_paths(const struct config *config,
			     void (*each)(void *context, const char *path), void *context)
{
	if (config->web.config_file)
		web_settings_paths(config->web.config_file, each, context);
}

static void *prometheus_new(const struct export_context *context, const char **error)
{
	struct web *web;

	*error = NULL;
	if (!context->listener_count)
		return NULL;
	web = web_new(context, error);
	if (web)
		collectors_add(context->collectors, &web->self);
	return web;
}

/* Collectors outlive exporters: ours must not be asked again. */
static void collector_remove(struct collectors *all, struct collector *gone)
{
	for (struct collector **at = &all->first; *at; at = &(*at)->next)
		if (*at == gone) {
			*at = gone->next;
			if (all->last == &gone->next)
				all->last = at;
			return;
		}
}

static void prometheus_free(void *self)
{
	struct web *web = self;

	collector_remove(web->context->collectors, &web->self);
	web_free(web);
}

const struct exporter exporter_prometheus = {
	.name = "prometheus",
	.paths = prometheus_paths,
	.new = prometheus_new,
	.free = prometheus_free,
};
