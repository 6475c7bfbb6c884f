/* SPDX-License-Identifier: Apache-2.0 */
/* line.h - a span as one line: for people, or as JSON for programs. */
#pragma once

#include "user/base/buf.h"

struct span;

/* LIMIT_SPAN_TEXT_BYTES, each byte escaped as \u001b, and the keys. */
enum { LINE_BYTES = 128 << 10 };

/*
 * Append one line, newline included: "12:34:56.789    1.234 ms  shop  server  GET /x  200".
 * Times are the zone's. Control characters become "?" and bytes that are not
 * UTF-8 U+FFFD. -ENOSPC past the buffer's limit; what was appended is then to be dropped.
 */
int line_text(struct buf *to, const struct span *span, bool colors);
/* The same as one JSON object; bytes that are not UTF-8 become U+FFFD. */
int line_json(struct buf *to, const struct span *span);
