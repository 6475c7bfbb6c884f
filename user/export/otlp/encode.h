/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode.h - spans, attributes and resources as OTLP's bytes.
 *
 * Written by hand (wire.h) because a span is encoded for every request that is
 * sampled; the .proto files beside this one say what comes out.
 */
#pragma once

#include "user/base/buf.h"
#include "user/export/otlp/wire.h"

struct attribute;
struct resource;
struct span;

#define OTLP_SCOPE_NAME "sonde"
#define OTLP_SCHEMA_URL "https://opentelemetry.io/schemas/1.44.0"

/* Room that the attributes take at most, and the attributes as repeated `field`. */
size_t attributes_bound(const struct attribute *set, size_t count);
char *put_attributes(char *to, unsigned field, const struct attribute *set, size_t count);

/* Append `span` as one ScopeSpans.spans. -ENOSPC past the buffer's limit. */
int span_encode(struct buf *to, const struct span *span);

/*
 * Append the start of one ResourceSpans or ResourceMetrics (the numbers are the
 * same) that holds `items`, which are repeated field 2 of its only scope; the
 * items follow it, then envelope_end(). A NULL resource is sonde's own.
 */
int envelope_begin(struct buf *to, const struct resource *resource, size_t items_bytes);
int envelope_end(struct buf *to);
