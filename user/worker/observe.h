/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe.h - from an exchange that is over to what is told of it.
 *
 *	exchange -> its row of series.h: counted at once
 *	         -> a span, where one is wanted or its calls must be known -> trace.h -> exporters
 *
 * Where no exporter takes spans, the exchanges of a program that makes calls go through the trace
 * all the same: what a request waited for downstream is known there.
 */
#pragma once

#include "user/worker/pipeline.h"

/* `context` is the pipeline; called by exchanges and by the trace. */
void observe_exchange(void *context, const struct exchange *x);
/* A span's place in its trace is known. */
void observe_traced(void *context, const struct traced *traced);
