/* SPDX-License-Identifier: Apache-2.0 */
/* body.h - a request's body, put together piece by piece and compressed on the way if asked for. */
#pragma once

#include <zlib.h>

#include "user/base/buf.h"

struct resource;

struct body {
	struct buf to;
	z_stream deflate;
	bool gzip, failed;
};

void body_begin(struct body *body, bool gzip);
/* One ResourceSpans or ResourceMetrics with `items` in it. */
void body_add(struct body *body, const struct resource *resource, struct str items);
/* 0 with the bytes in `ret`, the caller's to free; -ENOSPC past LIMIT_OTLP_REQUEST_BYTES. */
int body_end(struct body *body, struct buf *ret);
