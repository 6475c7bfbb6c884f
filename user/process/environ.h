/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environ.h - the few variables of a watched process that sonde looks at.
 * OpenTelemetry, "Environment Variable Specification" and "Resource SDK".
 */
#pragma once

#include "user/base/buf.h"

/* The value of one variable in "KEY=value\0..." text; empty when it is not set. */
struct str environ_find(struct str environ, struct str key);

/*
 * Take the next "key=value" of OTEL_RESOURCE_ATTRIBUTES, both trimmed, the value
 * as it stands. Members that are none are stepped over. False at the end.
 */
bool take_resource_attribute(struct str *in, struct str *key, struct str *value);

/* Append `text` with "%41" as "A". What is no escape, and "%00", stays as it is. */
int percent_decode(struct str text, struct buf *ret);

/* Append one resource attribute's decoded value; nothing when it is not among them. */
void resource_attribute_find(struct str environ, struct str key, struct buf *ret);
