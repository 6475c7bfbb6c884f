/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/ledger.h"

#include <assert.h>

#include "user/base/mem.h"

static const char *const stages[] = {
	[STAGE_HOOK] = "hook", [STAGE_RING] = "ring",	  [STAGE_EXCHANGE] = "exchange",
	[STAGE_SPAN] = "span", [STAGE_EXPORT] = "export",
};
static_assert(ARRAY_SIZE(stages) == STAGES, "each stage has a name");

/* Every cause of loss: where, and what it is called. */
static const struct {
	enum stage stage;
	const char *reason;
} losses[] = {
	[LOSS_HOOK_MISSED] = { STAGE_HOOK, "missed" },
	[LOSS_HOOK_NO_STORAGE] = { STAGE_HOOK, "no_storage" },
	[LOSS_RING_FULL] = { STAGE_RING, "full" },
	[LOSS_RING_INVALID] = { STAGE_RING, "invalid" },
	[LOSS_RING_WORKER_DIED] = { STAGE_RING, "worker_died" },
	[LOSS_RING_FATAL] = { STAGE_RING, "fatal" },
	[LOSS_EXCHANGE_GAP] = { STAGE_EXCHANGE, "gap" },
	[LOSS_EXCHANGE_LIMIT] = { STAGE_EXCHANGE, "limit" },
	[LOSS_EXCHANGE_UNREAD] = { STAGE_EXCHANGE, "unread" },
	[LOSS_EXCHANGE_DROPPED] = { STAGE_EXCHANGE, "dropped" },
	[LOSS_EXCHANGE_WORKER_DIED] = { STAGE_EXCHANGE, "worker_died" },
	[LOSS_EXCHANGE_SHUTDOWN] = { STAGE_EXCHANGE, "shutdown" },
	[LOSS_SPAN_WORKER_DIED] = { STAGE_SPAN, "worker_died" },
	[LOSS_EXPORT_QUEUE] = { STAGE_EXPORT, "queue_full" },
	[LOSS_EXPORT_REJECTED] = { STAGE_EXPORT, "rejected" },
	[LOSS_EXPORT_REFUSED] = { STAGE_EXPORT, "refused" },
	[LOSS_EXPORT_TIMEOUT] = { STAGE_EXPORT, "timeout" },
	[LOSS_EXPORT_TOO_LARGE] = { STAGE_EXPORT, "too_large" },
	[LOSS_EXPORT_WORKER_DIED] = { STAGE_EXPORT, "worker_died" },
	[LOSS_EXPORT_SHUTDOWN] = { STAGE_EXPORT, "shutdown" },
};
static_assert(ARRAY_SIZE(losses) == LOSSES, "each loss has a stage and a name");

enum stage loss_stage(enum loss loss)
{
	return losses[loss].stage;
}

const char *stage_name(enum stage stage)
{
	return stages[stage];
}

const char *loss_name(enum loss loss)
{
	return losses[loss].reason;
}

static uint64_t inside(const struct ledger *l, enum stage stage)
{
	return l->inside[stage] ? l->inside[stage](l->inside_context[stage]) : 0;
}

int64_t ledger_residual(const struct ledger *l, enum stage stage)
{
	uint64_t residual = l->in[stage] - l->out[stage] - inside(l, stage);

	for (int loss = 0; loss < LOSSES; loss++)
		if (losses[loss].stage == stage)
			residual -= l->lost[loss];
	return (int64_t)residual;
}

static void give(struct metric_sink *sink, enum stage stage, const char *reason, uint64_t value)
{
	const struct attribute attributes[] = {
		attribute_text(STR("stage"), str_of(stages[stage])),
		attribute_text(STR("reason"), str_of(reason)),
	};
	const struct sample sample = {
		.attributes = attributes,
		.attribute_count = reason ? 2 : 1,
		.value = (double)value,
	};

	sink->sample(sink, &sample);
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	static const struct metric in = { "sonde.in", "{item}", "What came to a stage of sonde.",
					  METRIC_COUNTER },
				   out = { "sonde.out", "{item}",
					   "What a stage of sonde passed on.", METRIC_COUNTER },
				   lost = { "sonde.lost", "{item}",
					    "What a stage of sonde lost, and why.",
					    METRIC_COUNTER },
				   kept = { "sonde.inside", "{item}",
					    "What a stage of sonde holds now.", METRIC_UPDOWN };
	const struct ledger *l = context;

	(void)now_ns;
	sink->metric(sink, &in);
	for (int stage = 0; stage < STAGES; stage++)
		give(sink, stage, NULL, l->in[stage]);
	sink->metric(sink, &out);
	for (int stage = 0; stage < STAGES; stage++)
		give(sink, stage, NULL, l->out[stage]);
	sink->metric(sink, &lost);
	for (int loss = 0; loss < LOSSES; loss++)
		give(sink, losses[loss].stage, losses[loss].reason, l->lost[loss]);
	sink->metric(sink, &kept);
	for (int stage = 0; stage < STAGES; stage++)
		give(sink, stage, NULL, inside(l, stage));
}

void ledger_init(struct ledger *l)
{
	*l = (struct ledger){
		.collector = { .name = "ledger", .context = l, .collect = collect },
	};
}
