/* SPDX-License-Identifier: Apache-2.0 */
/* self.c - what the web listener counts about itself; every series from the start, at 0. */
#include <assert.h>
#include <bpf/libbpf.h>
#include <sys/utsname.h>

#include "user/base/mem.h"
#include "user/export/prometheus/web.h"

static const struct metric build_info = {
	.name = "sonde.build_info",
	.unit = "",
	.help = "What this sonde was built from.",
	.kind = METRIC_GAUGE,
};
static const struct metric scrape_duration = {
	.name = "sonde.scrape.duration",
	.unit = "s",
	.help = "Time that it took to make the last answer to a scrape.",
	.kind = METRIC_GAUGE,
};
static const struct metric requests = {
	.name = "sonde.web.requests",
	.unit = "{request}",
	.help = "Requests to the web listener, by status code.",
	.kind = METRIC_COUNTER,
};
static const struct metric rejected = {
	.name = "sonde.web.rejected",
	.unit = "{request}",
	.help = "Requests and connections that the web listener refused, by reason.",
	.kind = METRIC_COUNTER,
};
static const struct metric dropped = {
	.name = "sonde.scrape.dropped",
	.unit = "{sample}",
	.help = "Samples that an answer could not hold, by reason.",
	.kind = METRIC_COUNTER,
};
static const struct metric reloads = {
	.name = "sonde.web.config.reloads",
	.unit = "{reload}",
	.help = "Times that web.config.file or a file that it names changed, by result.",
	.kind = METRIC_COUNTER,
};

/* The last one stands for all others. */
const unsigned web_codes[WEB_CODES] = { 200, 401, 404, 405, 429, 500, 503, 0 };

static const char *const refusal_names[] = {
	[REFUSED_SLOW] = "slow",
	[REFUSED_IDLE] = "idle",
	[REFUSED_REQUESTS] = "max_requests",
	[REFUSED_MEMORY] = "memory",
	[REFUSED_RATE] = "rate_limit",
	[REFUSED_CREDENTIALS] = "credentials",
	[REFUSED_CHECKS] = "password_checks",
};

static_assert(ARRAY_SIZE(refusal_names) == REFUSALS, "a name for each reason");

void web_count_answer(struct web *web, unsigned code)
{
	size_t i = 0;

	while (i < WEB_CODES - 1 && web_codes[i] != code)
		i++;
	web->answered[i]++;
}

static void give(struct metric_sink *sink, const struct web *web, struct attribute attribute,
		 double value)
{
	sink->sample(sink, &(struct sample){
				   .attributes = &attribute,
				   .attribute_count = 1,
				   .start_unix_ns = web->context->started_unix_ns,
				   .value = value,
			   });
}

static void collect_build(struct metric_sink *sink)
{
	struct utsname host = {};
	struct attribute attributes[4] = {
		attribute_text(STR("version"), STR(SONDE_VERSION)),
		attribute_text(STR("compiler"), STR(__VERSION__)),
		attribute_text(STR("libbpf"), str_of(libbpf_version_string())),
	};

	uname(&host);
	attributes[3] = attribute_text(STR("arch"), str_of(host.machine));
	sink->metric(sink, &build_info);
	sink->sample(sink, &(struct sample){ .attributes = attributes,
					     .attribute_count = ARRAY_SIZE(attributes),
					     .value = 1 });
}

static void collect_requests(struct metric_sink *sink, const struct web *web)
{
	sink->metric(sink, &requests);
	for (size_t i = 0; i < WEB_CODES; i++) {
		struct attribute code = attribute_int(STR("code"), web_codes[i]);

		if (!web_codes[i])
			code = attribute_text(STR("code"), STR("other"));
		give(sink, web, code, (double)web->answered[i]);
	}
}

void web_collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	const struct web *web = context;

	(void)now_ns;
	collect_build(sink);
	sink->metric(sink, &scrape_duration);
	sink->sample(sink, &(struct sample){ .value = web->last_scrape_s });
	collect_requests(sink, web);
	sink->metric(sink, &rejected);
	for (size_t i = 0; i < REFUSALS; i++)
		give(sink, web, attribute_text(STR("reason"), str_of(refusal_names[i])),
		     (double)web->refused[i]);
	sink->metric(sink, &dropped);
	for (size_t i = 0; i < DROPS; i++)
		give(sink, web, attribute_text(STR("reason"), str_of(drop_name(i))),
		     (double)web->dropped[i]);
	sink->metric(sink, &reloads);
	give(sink, web, attribute_text(STR("result"), STR("success")),
	     (double)web->settings->reloads);
	give(sink, web, attribute_text(STR("result"), STR("failure")),
	     (double)web->settings->failures);
}
