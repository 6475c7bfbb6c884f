/* SPDX-License-Identifier: Apache-2.0 */
/* readings.c - mirrors user/export/otlp/{readings,peer}.c: metrics on their way to a receiver. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/test.h"
#include "tests/unit/export/otlp/receiver.h"
#include "user/base/clock.h"
#include "user/export/otlp/delta.h"
#include "user/export/otlp/metrics.pb-c.h"
#include "user/export/otlp/peer.h"
#include "user/export/otlp/readings.h"
#include "user/model/metric.h"

#define STATUS(line) "HTTP/1.1 " line "\r\nContent-Length: 0\r\n\r\n"

static const struct step accepted = { DEED_ANSWER, STATUS("200 OK") };

struct rig {
	struct receiver receiver;
	struct otlp_target target;
	struct loop *loop;
	struct http_client *client;
	struct collectors collectors;
	struct collector collector;
	struct readings readings;
	double value; /* of the one counter */
	bool silent, still;
	size_t series; /* besides the counter's own */
	unsigned asked;
};

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	static const struct metric metric = { "m", "{x}", "help", METRIC_COUNTER, NULL };
	struct rig *rig = context;
	struct sample sample = {};

	(void)now_ns;
	rig->asked++;
	if (!rig->still)
		rig->value++;
	sample.value = rig->value;
	if (rig->silent)
		return;
	sink->metric(sink, &metric);
	sink->sample(sink, &sample);
	for (size_t i = 0; i < rig->series; i++) {
		struct attribute number = attribute_int(STR("number"), (int64_t)i);

		sample.attributes = &number;
		sample.attribute_count = 1;
		sink->sample(sink, &sample);
	}
}

static void rig_begin(struct rig *rig, const struct step *steps, size_t count,
		      enum temporality temporality)
{
	static const struct retry_policy slow = { 3600 * NS_PER_S, 3600 * NS_PER_S,
						  7200 * NS_PER_S };
	const char *error = NULL;

	*rig = (struct rig){ .loop = loop_new() };
	receiver_start(&rig->receiver, steps, count);
	rig->target = (struct otlp_target){ .endpoint = rig->receiver.url, .timeout_ms = 10000 };
	rig->client = http_client_new(rig->loop);
	rig->collector = (struct collector){ .context = rig, .collect = collect };
	collectors_init(&rig->collectors);
	collectors_add(&rig->collectors, &rig->collector);
	rig->readings = (struct readings){
		.sender = { .target = &rig->target, .loop = rig->loop, .policy = slow },
		.collectors = &rig->collectors,
		.interval_ns = 5 * NS_PER_MS,
		.temporality = temporality,
	};
	if (readings_init(&rig->readings, rig->client, &error))
		abort();
}

static void rig_end(struct rig *rig)
{
	readings_free(&rig->readings);
	http_client_free(rig->client);
	loop_free(rig->loop);
	receiver_stop(&rig->receiver);
}

/* Run until `*counter` is at least `least`, or drained; the deadline is met only when broken. */
static bool rig_until(struct rig *rig, const uint64_t *counter, uint64_t least)
{
	uint64_t late_ns = monotonic_ns() + 20 * NS_PER_S;

	while (counter ? *counter < least : !readings_drained(&rig->readings)) {
		if (monotonic_ns() > late_ns)
			return false;
		loop_once(rig->loop, 1);
	}
	return true;
}

/* The counter in the receiver's last request; it has ended. */
static long last_value(const struct rig *rig)
{
	Sonde__Otlp__MetricsRequest *request = sonde__otlp__metrics_request__unpack(
		NULL, rig->receiver.request_len - rig->receiver.head_len,
		(const uint8_t *)rig->receiver.request + rig->receiver.head_len);
	long value;

	if (!request)
		return -1;
	value = request->resource_metrics[0]
			->scope_metrics[0]
			->metrics[0]
			->sum->data_points[0]
			->as_int;
	sonde__otlp__metrics_request__free_unpacked(request, NULL);
	return value;
}

TEST(metrics_are_sent_again_and_again_and_once_at_the_end)
{
	struct rig rig;

	rig_begin(&rig, &accepted, 1, TEMPORALITY_CUMULATIVE);
	CHECK(rig_until(&rig, &rig.readings.points[POINTS_ACCEPTED], 3));
	readings_drain(&rig.readings);
	CHECK(rig_until(&rig, NULL, 0));
	rig_end(&rig);
	CHECK(rig.readings.points[POINTS_ACCEPTED] == rig.receiver.requests);
	CHECK(last_value(&rig) == (long)rig.value);
}

TEST(nothing_is_sent_where_there_is_nothing_to_say)
{
	struct rig rig;

	rig_begin(&rig, &accepted, 1, TEMPORALITY_CUMULATIVE);
	rig.silent = true;
	while (rig.asked < 3)
		loop_once(rig.loop, 1);
	readings_drain(&rig.readings);
	CHECK(readings_drained(&rig.readings));
	rig_end(&rig);
	CHECK(!rig.receiver.requests);
}

TEST(readings_that_wait_are_replaced_by_newer_ones)
{
	static const struct step steps[] = { { DEED_ANSWER, STATUS("503 No") }, accepted };
	struct rig rig;

	rig_begin(&rig, steps, 2, TEMPORALITY_CUMULATIVE);
	CHECK(rig_until(&rig, &rig.readings.points[POINTS_REPLACED], 2));
	CHECK(rig.receiver.requests == 1 && rig.readings.sender.state == SENDER_WAITING);
	readings_drain(&rig.readings);
	CHECK(rig_until(&rig, NULL, 0));
	rig_end(&rig);
	CHECK(rig.receiver.requests == 2 && rig.readings.points[POINTS_ACCEPTED] == 1);
	CHECK(last_value(&rig) == (long)rig.value);
}

TEST(growth_that_was_refused_is_part_of_the_next)
{
	static const struct step steps[] = { accepted,
					     { DEED_ANSWER, STATUS("400 No") },
					     accepted };
	struct rig rig;

	rig_begin(&rig, steps, 3, TEMPORALITY_DELTA);
	CHECK(rig_until(&rig, &rig.readings.points[POINTS_ACCEPTED], 2));
	rig_end(&rig);
	CHECK(rig.readings.points[POINTS_LOST] == 1);
	CHECK(rig.receiver.requests > 3 || last_value(&rig) == 2);
}

TEST(no_growth_is_nothing_to_say)
{
	struct rig rig;

	rig_begin(&rig, &accepted, 1, TEMPORALITY_DELTA);
	rig.still = true;
	rig.value = 5;
	while (rig.asked < 5)
		loop_once(rig.loop, 1);
	rig_end(&rig);
	CHECK(rig.receiver.requests == 1 && last_value(&rig) == 5);
}

TEST(differences_of_too_many_series_are_counted_as_lost)
{
	struct rig rig;

	rig_begin(&rig, &accepted, 1, TEMPORALITY_DELTA);
	rig.readings.interval_ns = 3600 * NS_PER_S;
	rig.series = DELTA_SERIES + 4;
	while (!rig.asked)
		loop_once(rig.loop, 1);
	rig_end(&rig);
	CHECK(rig.readings.points[POINTS_LOST] == 5);
}

TEST(a_dead_receiver_does_not_hold_up_the_end)
{
	static const struct step steps[] = { { DEED_RESET } };
	struct rig rig;

	rig_begin(&rig, steps, 1, TEMPORALITY_CUMULATIVE);
	CHECK(rig_until(&rig, &rig.readings.sender.answers[FATE_RETRY], 1));
	readings_drain(&rig.readings);
	CHECK(rig_until(&rig, NULL, 0));
	rig_end(&rig);
	CHECK(rig.readings.points[POINTS_LOST] == 1 && !rig.readings.points[POINTS_ACCEPTED]);
}

TEST(link_local_addresses_are_told)
{
	static const struct {
		const char *address;
		bool link_local;
	} rows[] = { { "169.254.169.254", true },
		     { "169.253.0.1", false },
		     { "127.0.0.1", false },
		     { "fe80::1", true },
		     { "::ffff:169.254.169.254", true },
		     { "::1", false },
		     { "fd00::1", false } };

	EACH(i, rows) {
		struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
		struct sockaddr_in four = { .sin_family = AF_INET };
		bool is_six = strchr(rows[i].address, ':');

		CHECK(inet_pton(is_six ? AF_INET6 : AF_INET, rows[i].address,
				is_six ? (void *)&six.sin6_addr : (void *)&four.sin_addr) == 1);
		CHECK(peer_is_link_local(is_six ? (struct sockaddr *)&six
						: (struct sockaddr *)&four) == rows[i].link_local);
	}
}

TEST(only_an_endpoint_written_as_an_address_may_be_link_local)
{
	struct peer_rule rule;

	CHECK(!peer_rule_init(&rule, "http://metadata.internal/v1/traces"));
	CHECK(!rule.link_local_allowed);
	CHECK(!peer_rule_init(&rule, "http://169.254.20.10:4318/") && rule.link_local_allowed);
	CHECK(!peer_rule_init(&rule, "https://[fe80::1]:4318/") && rule.link_local_allowed);
	CHECK(peer_rule_init(&rule, "file:///etc/passwd"));
}
