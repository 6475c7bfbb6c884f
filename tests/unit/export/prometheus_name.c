/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus_name.c - mirrors user/export/prometheus/name.c and number.c */
#include <math.h>

#include "tests/test.h"
#include "user/export/prometheus/name.h"
#include "user/export/prometheus/number.h"

static const struct {
	const char *name, *unit;
	enum metric_kind kind;
	const char *want, *want_unit;
} names[] = {
	{ "http.server.request.duration", "s", METRIC_HISTOGRAM,
	  "http_server_request_duration_seconds", "seconds" },
	{ "http.server.active_requests", "{request}", METRIC_UPDOWN, "http_server_active_requests",
	  "" },
	{ "http.server.request.body.size", "By", METRIC_HISTOGRAM,
	  "http_server_request_body_size_bytes", "bytes" },
	{ "process.cpu.time", "s", METRIC_COUNTER, "process_cpu_time_seconds_total", "seconds" },
	{ "process.cpu.utilization", "1", METRIC_GAUGE, "process_cpu_utilization_ratio", "ratio" },
	{ "process.cpu.utilization", "1", METRIC_UPDOWN, "process_cpu_utilization", "" },
	{ "hit.ratio.now", "1", METRIC_GAUGE, "hit_now_ratio", "ratio" },
	{ "sonde.lost", "{record}", METRIC_COUNTER, "sonde_lost_total", "" },
	{ "sonde.total.lost", "1", METRIC_COUNTER, "sonde_lost_total", "" },
	{ "sonde.build_info", NULL, METRIC_GAUGE, "sonde_build_info", "" },
	{ "disk.speed", "By/s", METRIC_GAUGE, "disk_speed_bytes_per_second", "bytes_per_second" },
	{ "requests", "{request}/s", METRIC_GAUGE, "requests_per_second", "per_second" },
	{ "wait.seconds", "s", METRIC_GAUGE, "wait_seconds", "seconds" },
	{ "a..b--c__d", "", METRIC_GAUGE, "a_b_c_d", "" },
	{ "2xx", "", METRIC_COUNTER, "_2xx_total", "" },
	{ "queue:depth", "foo bar", METRIC_GAUGE, "queue:depth_foo_bar", "foo_bar" },
	{ "memory", "MiBy", METRIC_GAUGE, "memory_mebibytes", "mebibytes" },
};

TEST(metric_names_are_translated_by_the_compatibility_rules)
{
	EACH(i, names) {
		struct metric m = { .name = names[i].name,
				    .unit = names[i].unit,
				    .kind = names[i].kind };
		struct metric_name got;

		metric_name_of(&m, &got);
		CHECK(!strcmp(got.name, names[i].want));
		CHECK(!strcmp(got.unit, names[i].want_unit));
	}
}

TEST(a_metric_name_that_is_too_long_is_cut_and_no_more)
{
	char long_name[1000];
	struct metric m = { .name = long_name, .unit = long_name };
	struct metric_name got;

	memset(long_name, 'x', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	metric_name_of(&m, &got);
	CHECK(strlen(got.name) < NAME_BYTES && strlen(got.unit) < UNIT_BYTES);
}

static const struct {
	struct str key, want;
} labels[] = {
	{ STR("http.request.method"), STR("http_request_method") },
	{ STR("a..b"), STR("a_b") },
	{ STR("7up"), STR("key_7up") },
	{ STR("h\xc3\xa9llo"), STR("h_llo") },
	{ STR("__x"), STR("_x") },
};

TEST(label_names_are_translated)
{
	EACH(i, labels) {
		struct buf got = buf_new(64);

		CHECK(!label_name_add(&got, labels[i].key));
		CHECK(str_eq(buf_str(&got), labels[i].want));
		buf_free(&got);
	}
}

static const struct {
	double value;
	const char *value_text, *bound_text, *canonical_text;
} numbers[] = {
	{ 0, "0", "0", "0.0" },
	{ 1, "1", "1", "1.0" },
	{ -2.5, "-2.5", "-2.5", "-2.5" },
	{ 10, "10", "10", "10.0" },
	{ 0.1, "0.1", "0.1", "0.1" },
	{ 0.0005, "0.0005", "0.0005", "0.0005" },
	{ 0.00001, "1e-05", "1e-05", "1e-05" },
	{ 1.0 / 3, "0.3333333333333333", "0.3333333333333333", "0.3333333333333333" },
	{ 0.1 + 0.2, "0.30000000000000004", "0.30000000000000004", "0.30000000000000004" },
	{ 1048576, "1048576", "1.048576e+06", "1.048576e+06" },
	{ 123456, "123456", "123456", "123456.0" },
	{ 1234567.5, "1234567.5", "1.2345675e+06", "1.2345675e+06" },
	{ 1e300, "1e+300", "1e+300", "1e+300" },
	{ 5e-324, "5e-324", "5e-324", "5e-324" },
	{ INFINITY, "+Inf", "+Inf", "+Inf" },
	{ -INFINITY, "-Inf", "-Inf", "-Inf" },
	{ NAN, "NaN", "NaN", "NaN" },
};

TEST(numbers_are_as_short_as_reads_back_the_same)
{
	EACH(i, numbers) {
		struct buf value = buf_new(64), bound = buf_new(64), canonical = buf_new(64);

		number_add(&value, numbers[i].value);
		number_add_bound(&bound, numbers[i].value, false);
		number_add_bound(&canonical, numbers[i].value, true);
		CHECK(str_eq(buf_str(&value), str_of(numbers[i].value_text)));
		CHECK(str_eq(buf_str(&bound), str_of(numbers[i].bound_text)));
		CHECK(str_eq(buf_str(&canonical), str_of(numbers[i].canonical_text)));
		buf_free(&value);
		buf_free(&bound);
		buf_free(&canonical);
	}
}
