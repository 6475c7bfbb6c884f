/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redact.h - what must never leave the worker.
 * OpenTelemetry semantic conventions 1.44, "url.full" and "url.query".
 * What finds no room is left out whole: -ENOSPC, and `ret` is as long as before.
 */
#pragma once

#include "user/base/buf.h"

/* Append `query` with the values of signature keys replaced by REDACTED. -ENOSPC when full. */
int redact_query(struct str query, struct buf *ret);

/* Append a URL with "user:password@" as "REDACTED:REDACTED@" and its query redacted. */
int redact_url(struct str url, struct buf *ret);

/* Append `text` as valid UTF-8 without control characters, U+FFFD for each byte that is neither. */
int redact_text(struct str text, struct buf *ret);

/* May this request header be put on a span? Never Authorization, Cookie and their like. */
bool redact_header_allowed(struct str name);
