/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/pipeline.c - bytes become records of a few processes, most of which
 * nothing is known of, in any order of times and with small limits: each span is
 * counted, no duration is longer than all of it took, and pauses hit what they overlap.
 * Inputs of odd length have an exporter that takes spans.
 *
 *	byte 0   which wire, which direction, what happens
 *	then     how much, or text
 */
#include "user/worker/pipeline.h"
#include "tests/unit/exchange/build.c"
#include "tests/unit/exchange/lineproto.c"
#include "user/base/mem.h"

enum { WIRES = 4, PROCESSES = 3 };

/* No two times of one input lie further apart. */
#define LONGEST_NS (UINT64_C(1) << 40)

enum act {
	ACT_OP,
	ACT_HTTP,
	ACT_PASS,
	ACT_LATE,
	ACT_FACTS,
	ACT_TIME,
	ACT_END,
	ACT_ANNOUNCE,
	ACT_COLLECT,
	ACT_PAUSE,
	ACTS
};

struct fuzzed {
	struct rig rig;
	struct wire wires[WIRES];
	struct pipeline *pipeline;
	uint64_t skew_ns; /* the next record's turn began so much earlier */
	double drawn;	  /* requests on edges, of the last collection */
};

static uint8_t byte(struct str *in)
{
	struct str one;

	return take(in, 1, &one) ? (uint8_t)one.at[0] : 0;
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void take_record(void *context, const struct record *record)
{
	struct fuzzed *f = context;
	struct record_turn *r = (struct record_turn *)(void *)record;

	if (record->type == RECORD_BYTES && f->skew_ns) {
		r->turn.first_ns -= f->skew_ns;
		r->turn.arrived_ns = r->turn.first_ns - f->skew_ns;
		f->skew_ns = 0;
	}
	pipeline_take_record(f->pipeline, record);
}

static void text_op(struct fuzzed *f, struct wire *w, enum direction d, struct str *in)
{
	size_t len = byte(in);
	struct str text;

	take(in, len < in->len ? len : in->len, &text);
	build_op(&f->rig, w, d, text.at ? text.at : "", text.len);
}

static void http_op(struct fuzzed *f, struct wire *w, enum direction d, struct str *in)
{
	static const char *const texts[] = {
		"GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
		"POST /b HTTP/1.1\r\nContent-Length: 9\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nHTTP/",
		"HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
	};
	const char *text = texts[byte(in) % ARRAY_SIZE(texts)];

	build_op(&f->rig, w, d, text, strlen(text));
}

static void facts(struct fuzzed *f, struct wire *w, struct str *in)
{
	static const struct str known[] = {
		STR("event=seen\0name=a\0exe=/a\0instance=1\0"),
		STR("event=seen\0name=b\0exe=/b\0"),
		STR("event=exit\0"),
		STR("event=fork\0"),
	};
	_Alignas(8) char room[sizeof(struct record_process) + 64] = {};
	struct record_process *r = (struct record_process *)(void *)room;
	uint8_t which = byte(in) % ARRAY_SIZE(known);

	r->head = (struct record){ .type = RECORD_PROCESS,
				   .size = (uint32_t)(sizeof(*r) + known[which].len),
				   .at_ns = f->rig.now_ns,
				   .process = w->process };
	memcpy(r->payload, known[which].at, known[which].len);
	pipeline_take_record(f->pipeline, &r->head);
}

static void time_goes(struct fuzzed *f, struct str *in)
{
	uint8_t how = byte(in);

	if (how & 1)
		f->skew_ns = UINT64_C(1) << (how >> 3);
	else
		f->rig.now_ns += UINT64_C(1) << (how >> 3);
}

static void end(struct fuzzed *f, struct wire *w, struct str *in)
{
	uint64_t cookie = w->cookie;

	build_close(&f->rig, w, byte(in) & 1);
	wire_begin(w, cookie);
	w->process.tgid = 1 + byte(in) % PROCESSES;
}

/* Of somebody's address, or as one end of a connection of which another wire is the other. */
static void announce(struct fuzzed *f, struct wire *w, struct str *in)
{
	static const uint16_t families[] = { FAMILY_INET, FAMILY_INET6, FAMILY_UNIX, 77 };
	uint32_t number = (uint32_t)(w - f->wires);
	uint8_t who = byte(in);
	struct record_connection r = {
		.head = { .type = RECORD_CONNECTION,
			  .size = sizeof(r),
			  .process = w->process,
			  .cookie = w->cookie },
		.family = families[who % ARRAY_SIZE(families)],
		.remote_port = who,
		.remote = { [15] = who },
	};

	if (who & 0x80) {
		r.first[RECEIVED] = 1000 + number;
		r.first[SENT] = 1000 + (number ^ 1);
	}
	take_record(f, &r.head);
}

/* Of whatever runtime, and as long as may be. */
static void pause_(struct fuzzed *f, struct wire *w, struct str *in)
{
	struct record_pause r = {
		.head = { .type = RECORD_PAUSE,
			  .size = sizeof(r),
			  .at_ns = f->rig.now_ns,
			  .process = w->process },
		.began_ns = f->rig.now_ns - (UINT64_C(1) << (byte(in) >> 2)),
		.runtime = byte(in),
		.kind = byte(in),
		.detail = byte(in),
	};
	struct str text = {};

	r.thread = r.detail & 1 ? w->thread : 0;
	if (in->len)
		take(in, byte(in) % sizeof(r.text) % (in->len + 1), &text);
	if (text.len)
		memcpy(r.text, text.at, text.len);
	take_record(f, &r.head);
}

/* An exporter that believes nothing. */
static void see_span(void *self, const struct span *span)
{
	uint64_t before_ns = 0;

	(void)self;
	require(span->event_count <= SPAN_EVENTS);
	require(!span->events_dropped || span->event_count == SPAN_EVENTS);
	for (size_t i = 0; i < span->event_count; i++) {
		const struct span_event *event = &span->events[i];

		require(event->unix_ns >= before_ns && event->unix_ns < span->end_unix_ns);
		require(event->attributes[2].real >= 0 && event->attributes[0].text.len);
		before_ns = event->unix_ns;
	}
}

static void free_nothing(void *self)
{
	(void)self;
}

static void see_row(void *context, const struct resource *resource,
		    const struct attribute *attributes, size_t count,
		    const struct metric_group *group, size_t metric,
		    const struct histogram *histogram)
{
	(void)attributes;
	(void)count;
	require(resource->service_name.len && histogram->sum >= 0);
	if (!group->name)
		return; /* not of requests */
	if (group->measures[metric] == MEASURE_DURATION)
		*(uint64_t *)context += histogram->count;
	if (group->measures[metric] <= MEASURE_FIRST_BYTE)
		require(histogram->sum <= (double)histogram->count * (double)LONGEST_NS / 1e9);
}

/* Requests on all edges of the service graph. */
struct drawing {
	struct metric_sink sink;
	bool draws;
	double requests;
};

static struct drawing *sink_of(struct metric_sink *sink)
{
	return (struct drawing *)sink;
}

static void see_metric(struct metric_sink *sink, const struct metric *metric)
{
	require(metric->name[0]);
	sink_of(sink)->draws = !strcmp(metric->name, "sonde.service.requests");
}

static void see_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct drawing *d = sink_of(sink);

	require(sample->histogram || sample->value >= 0);
	if (d->draws)
		d->requests += sample->value;
}

static void collect(struct fuzzed *f)
{
	struct drawing d = { .sink = { see_metric, see_sample } };

	collectors_collect(&f->pipeline->collectors, f->rig.now_ns, &d.sink);
	require(d.requests >= f->drawn);
	f->drawn = d.requests;
}

static void act(struct fuzzed *f, struct str *in)
{
	uint8_t what = byte(in);
	struct wire *w = &f->wires[what & 3];
	enum direction d = what >> 2 & 1;

	switch ((enum act)((what >> 3) % ACTS)) {
	case ACT_LATE:
		w->late = true;
		http_op(f, w, d, in);
		return;
	case ACT_OP:
		text_op(f, w, d, in);
		return;
	case ACT_HTTP:
		http_op(f, w, d, in);
		return;
	case ACT_PASS:
		build_op(&f->rig, w, d, NULL, byte(in));
		return;
	case ACT_FACTS:
		facts(f, w, in);
		return;
	case ACT_TIME:
		time_goes(f, in);
		return;
	case ACT_END:
		end(f, w, in);
		return;
	case ACT_ANNOUNCE:
		announce(f, w, in);
		return;
	case ACT_PAUSE:
		pause_(f, w, in);
		return;
	default:
		collect(f);
	}
}

/* Limits as small as they may be. */
static struct config *read_config(void)
{
	const struct str text = STR("limit: {series: 4, ended-series: 24h, head-bytes: 512, "
				    "connections: 3, exchanges: 20, processes: 2, "
				    "attribute-bytes: 32}\n");
	struct config_error error;
	struct config *config;

	require(!config_read_text(text, "limits", &config, &error));
	return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct exporter exporter = { .span = see_span, .free = free_nothing };
	static struct config *config;
	static struct fuzzed f;
	struct str in = { (const char *)data, size };
	uint64_t counted = 0, observed;

	if (!config)
		config = read_config();
	rig_begin(&f.rig, NULL);
	f.rig.now_ns = 2 * LONGEST_NS;
	f.pipeline = pipeline_new(&(struct pipeline_options){ .config = config, .seed = 1 });
	f.pipeline->exporters[f.pipeline->exporter_count++] = &exporter;
	f.pipeline->exports_spans = size & 1;
	f.rig.take = take_record;
	f.rig.take_context = &f;
	f.skew_ns = 0;
	f.drawn = 0;
	for (uint64_t i = 0; i < WIRES; i++) {
		wire_begin(&f.wires[i], 7 + i);
		f.wires[i].process.tgid = (uint32_t)(1 + i % PROCESSES);
	}
	for (int acts = 0; in.len && acts < 100; acts++)
		act(&f, &in);
	pipeline_finish(f.pipeline);
	series_each(f.pipeline->series, see_row, &counted);
	observed = f.pipeline->ledger.out[STAGE_SPAN];
	require(counted <= observed);
	collect(&f);
	require(f.drawn <= (double)observed);
	require(!ledger_residual(&f.pipeline->ledger, STAGE_EXCHANGE));
	pipeline_free(f.pipeline);
	require(rig_end(&f.rig));
	return 0;
}
