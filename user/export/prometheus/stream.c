/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/stream.h"

#include <errno.h>

/* Fast rather than small: metrics are so repetitive that level 1 already takes nine tenths away. */
enum { LEVEL = 1, WINDOW_OF_GZIP = 15 + 16, MEMORY = 8 };

int stream_init(struct stream *s, struct body body, bool gzip)
{
	*s = (struct stream){ .body = body, .gzip = gzip };
	if (gzip && deflateInit2(&s->deflate, LEVEL, Z_DEFLATED, WINDOW_OF_GZIP, MEMORY,
				 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	return 0;
}

void stream_free(struct stream *s)
{
	if (s->gzip)
		deflateEnd(&s->deflate);
	body_free(&s->body);
}

/* What is left of the first piece that is not used up; empty at the end. */
static struct str next_bytes(struct stream *s)
{
	while (s->piece < s->body.count && s->offset == s->body.pieces[s->piece].len) {
		buf_free(&s->body.pieces[s->piece]);
		s->piece++;
		s->offset = 0;
	}
	if (s->piece == s->body.count)
		return (struct str){};
	return str_after(buf_str(&s->body.pieces[s->piece]), s->offset);
}

static ssize_t read_plain(struct stream *s, char *to, size_t size)
{
	size_t len = 0;

	while (len < size) {
		struct str part = str_first(next_bytes(s), size - len);

		if (!part.len)
			break;
		memcpy(to + len, part.at, part.len);
		len += part.len;
		s->offset += part.len;
	}
	return (ssize_t)len;
}

static ssize_t read_gzip(struct stream *s, char *to, size_t size)
{
	z_stream *z = &s->deflate;

	z->next_out = (Bytef *)to;
	z->avail_out = size > UINT32_MAX ? UINT32_MAX : (uInt)size;
	while (z->avail_out && !s->finished) {
		struct str part = str_first(next_bytes(s), UINT32_MAX);
		int status;

		z->next_in = (Bytef *)part.at;
		z->avail_in = (uInt)part.len;
		status = deflate(z, part.len ? Z_NO_FLUSH : Z_FINISH);
		s->offset += part.len - z->avail_in;
		if (status == Z_STREAM_END)
			s->finished = true;
		else if (status != Z_OK)
			return -EIO;
	}
	return (ssize_t)((char *)z->next_out - to);
}

ssize_t stream_read(struct stream *s, char *to, size_t size)
{
	return s->gzip ? read_gzip(s, to, size) : read_plain(s, to, size);
}
