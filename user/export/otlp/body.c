/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/body.h"

#include <errno.h>

#include "user/base/limits.h"
#include "user/export/otlp/encode.h"

enum {
	GZIP_WINDOW = 15 + 16, /* the largest, with gzip's header */
	GZIP_MEMORY = 8,
	GZIP_PIECE = 16 << 10,
};

static void deflate_some(struct body *body, struct str in, int flush)
{
	z_stream *z = &body->deflate;
	int result;

	z->next_in = (Bytef *)in.at;
	z->avail_in = (uInt)in.len;
	do {
		z->next_out = (Bytef *)buf_reserve(&body->to, GZIP_PIECE);
		if (!z->next_out)
			return;
		z->avail_out = GZIP_PIECE;
		result = deflate(z, flush);
		body->to.len += GZIP_PIECE - z->avail_out;
	} while (result == Z_OK && !z->avail_out);
	if (result != (flush == Z_FINISH ? Z_STREAM_END : Z_OK) && result != Z_BUF_ERROR)
		body->failed = true;
}

static void body_write(struct body *body, struct str bytes)
{
	if (body->failed || body->to.full)
		return;
	if (body->gzip)
		deflate_some(body, bytes, Z_NO_FLUSH);
	else
		buf_add(&body->to, bytes);
}

void body_begin(struct body *body, bool gzip)
{
	*body = (struct body){ .to = buf_new(LIMIT_OTLP_REQUEST_BYTES), .gzip = gzip };
	/* The fastest level: spans repeat themselves, and sonde's time is the host's. */
	if (gzip && deflateInit2(&body->deflate, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
				 Z_DEFAULT_STRATEGY) != Z_OK)
		body->failed = true;
}

void body_add(struct body *body, const struct resource *resource, struct str items)
{
	struct buf around = buf_new(LIMIT_OTLP_REQUEST_BYTES);
	size_t head;

	if (envelope_begin(&around, resource, items.len))
		body->failed = true;
	head = around.len;
	if (envelope_end(&around))
		body->failed = true;
	body_write(body, str_first(buf_str(&around), head));
	body_write(body, items);
	body_write(body, str_after(buf_str(&around), head));
	buf_free(&around);
}

int body_end(struct body *body, struct buf *ret)
{
	if (body->gzip && !body->failed && !body->to.full)
		deflate_some(body, (struct str){ "", 0 }, Z_FINISH);
	if (body->gzip)
		deflateEnd(&body->deflate);
	if (body->failed || body->to.full) {
		buf_free(&body->to);
		return -ENOSPC;
	}
	*ret = body->to;
	return 0;
}
