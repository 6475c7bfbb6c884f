/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.c - mirrors user/model/ledger.c. */
#include "user/model/ledger.h"
#include "tests/test.h"

static uint64_t five(void *context)
{
	(void)context;
	return 5;
}

TEST(the_sum_of_a_stage_comes_out_or_says_by_how_much_not)
{
	struct ledger l;

	ledger_init(&l);
	CHECK(ledger_residual(&l, STAGE_EXCHANGE) == 0);
	l.in[STAGE_EXCHANGE] = 100;
	l.out[STAGE_EXCHANGE] = 90;
	l.lost[LOSS_EXCHANGE_GAP] = 2;
	l.lost[LOSS_EXCHANGE_LIMIT] = 3;
	l.lost[LOSS_RING_FULL] = 1000; /* another stage's */
	CHECK(ledger_residual(&l, STAGE_EXCHANGE) == 5);
	l.inside[STAGE_EXCHANGE] = five;
	CHECK(ledger_residual(&l, STAGE_EXCHANGE) == 0);
	CHECK(ledger_residual(&l, STAGE_RING) == -1000);
}

TEST(every_stage_and_loss_has_a_name_and_no_two_losses_the_same)
{
	for (int s = 0; s < STAGES; s++)
		CHECK(stage_name(s) && *stage_name(s));
	for (int a = 0; a < LOSSES; a++) {
		CHECK(loss_name(a) && *loss_name(a) && loss_stage(a) < STAGES);
		for (int b = 0; b < a; b++)
			CHECK(loss_stage(a) != loss_stage(b) || strcmp(loss_name(a), loss_name(b)));
	}
}

struct lines {
	struct metric_sink sink;
	const struct metric *metric;
	char text[4096];
	int samples;
};

static void take_metric(struct metric_sink *sink, const struct metric *metric)
{
	((struct lines *)sink)->metric = metric;
}

static void take_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct lines *l = (struct lines *)sink;
	size_t len = strlen(l->text);

	l->samples++;
	len += (size_t)snprintf(l->text + len, sizeof(l->text) - len, "%s", l->metric->name);
	for (size_t i = 0; i < sample->attribute_count; i++)
		len += (size_t)snprintf(l->text + len, sizeof(l->text) - len, " %.*s=%.*s",
					STR_ARGS(sample->attributes[i].key),
					STR_ARGS(sample->attributes[i].text));
	snprintf(l->text + len, sizeof(l->text) - len, " %g\n", sample->value);
}

TEST(every_loss_is_exported_from_the_start)
{
	struct lines lines = { .sink = { take_metric, take_sample } };
	struct ledger l;

	ledger_init(&l);
	l.in[STAGE_HOOK] = 12;
	l.lost[LOSS_RING_FULL] = 3;
	l.inside[STAGE_SPAN] = five;
	l.collector.collect(l.collector.context, 0, &lines.sink);
	CHECK(lines.samples == 3 * STAGES + LOSSES);
	CHECK(strstr(lines.text, "sonde.in stage=hook 12\n"));
	CHECK(strstr(lines.text, "sonde.out stage=export 0\n"));
	CHECK(strstr(lines.text, "sonde.lost stage=ring reason=full 3\n"));
	CHECK(strstr(lines.text, "sonde.lost stage=export reason=shutdown 0\n"));
	CHECK(strstr(lines.text, "sonde.inside stage=span 5\n"));
	CHECK(strstr(lines.text, "sonde.inside stage=hook 0\n"));
}
