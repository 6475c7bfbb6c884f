/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - what is counted of requests. Semantic conventions 1.44, "HTTP metrics". */
#include "user/base/mem.h"
#include "user/proto/http/http.h"

static const double size_bounds_bytes[] = {
	0, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 8388608,
};

static const struct histogram_bounds sizes = {
	.at = size_bounds_bytes,
	.count = ARRAY_SIZE(size_bounds_bytes),
};

/* Sum and count alone. */
static const struct histogram_bounds unbounded = { .count = 0 };

#define DURATION(name_, help_)                                                                     \
	{                                                                                          \
		.name = (name_), .unit = "s", .help = (help_), .kind = METRIC_HISTOGRAM,           \
		.bounds = &request_duration_bounds                                                 \
	}
#define SIZE(name_, help_)                                                                         \
	{                                                                                          \
		.name = (name_), .unit = "By", .help = (help_), .kind = METRIC_HISTOGRAM,          \
		.bounds = &sizes                                                                   \
	}

const struct metric_group http_server_group = {
	.name = "http server",
	.metrics = {
		DURATION("http.server.request.duration",
			 "From the request being ready to be read to the last byte of its answer."),
		DURATION("sonde.http.server.first_byte",
			 "From the request being ready to be read to the first byte of its answer."),
		SIZE("http.server.request.body.size", "Bytes of request bodies, as sent."),
		SIZE("http.server.response.body.size", "Bytes of response bodies, as sent."),
	},
	.measures = {
		MEASURE_DURATION,
		MEASURE_FIRST_BYTE,
		MEASURE_ASKING_BODY,
		MEASURE_ANSWERING_BODY,
	},
	.keys = {
		STR("http.request.method"),
		STR("url.scheme"),
		STR("http.response.status_code"),
		STR("http.route"),
		STR("error.type"),
		STR("network.protocol.version"),
	},
	.active = { .name = "http.server.active_requests", .unit = "{request}",
		    .help = "Requests that are being served.", .kind = METRIC_UPDOWN },
	.active_keys = 2,
	.oldest = { .name = "sonde.http.server.oldest_active", .unit = "s",
		    .help = "How long the oldest request that is being served has been.",
		    .kind = METRIC_GAUGE },
	.delay = { .name = "sonde.http.server.request.delay", .unit = "s",
		   .help = "What the time of requests went to; over all causes it is their duration.",
		   .kind = METRIC_HISTOGRAM, .bounds = &unbounded },
	.delay_key = STR("http.route"),
};

const struct metric_group http_client_group = {
	.name = "http client",
	.metrics = {
		DURATION("http.client.request.duration",
			 "From the first byte of the request to the last byte of its answer."),
		SIZE("http.client.request.body.size", "Bytes of request bodies, as sent."),
		SIZE("http.client.response.body.size", "Bytes of response bodies, as received."),
	},
	.measures = {
		MEASURE_DURATION,
		MEASURE_ASKING_BODY,
		MEASURE_ANSWERING_BODY,
	},
	.keys = {
		STR("http.request.method"),
		STR("server.address"),
		STR("server.port"),
		STR("http.response.status_code"),
		STR("error.type"),
		STR("network.protocol.version"),
	},
	.active = { .name = "http.client.active_requests", .unit = "{request}",
		    .help = "Requests that wait for their answer.", .kind = METRIC_UPDOWN },
	.active_keys = 3,
};
