/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/stream.h"

#include <errno.h>

/* Fast rather than small: metrics are so repetitive that level 1 already takes nine tenths away. */
enum { LEVEL = 1, WINDOW_OF_GZIP = 15 + 16, MEMORY = 8 };

/* A piece is a family's head or the lines of one sample: labels on 67 of them, escaped. */
#define PIECE_BYTES ((size_t)67 * (2 * LABELS_BYTES + 4096))

int stream_init(struct stream *s, struct answer answer, bool gzip)
{
	*s = (struct stream){ .answer = answer, .text = buf_new(PIECE_BYTES), .gzip = gzip };
	if (gzip && deflateInit2(&s->deflate, LEVEL, Z_DEFLATED, WINDOW_OF_GZIP, MEMORY,
				 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	return 0;
}

void stream_free(struct stream *s)
{
	if (s->gzip)
		deflateEnd(&s->deflate);
	buf_free(&s->text);
	answer_free(&s->answer);
}

/* The family that is sent now: its head, then its samples. False when nothing is left of it. */
static bool next_of_family(struct stream *s, struct family *f)
{
	const struct format *format = s->answer.format;

	if (!s->headed) {
		s->headed = true;
		s->kept = buf_str(&f->body);
		if (f->samples)
			format->head(f, &s->text);
		s->waiting = buf_str(&s->text);
	} else if (s->kept.len && format->expand) {
		format->expand(f, &s->kept, &s->text);
		s->waiting = buf_str(&s->text);
	} else if (s->kept.len) {
		s->waiting = s->kept;
		s->kept = (struct str){};
	} else {
		return false;
	}
	return true;
}

/* What is not read yet of the piece at hand, or the next one; empty at the end. */
static struct str next_bytes(struct stream *s)
{
	while (!s->waiting.len && !s->ended) {
		struct family *f;

		buf_clear(&s->text);
		if (s->family == s->answer.count) {
			s->waiting = s->answer.format->tail;
			s->ended = true;
			break;
		}
		f = s->answer.families[s->family];
		if (next_of_family(s, f))
			continue;
		buf_free(&f->body);
		s->headed = false;
		s->family++;
	}
	return s->waiting;
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
		s->waiting = str_after(s->waiting, part.len);
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
		s->waiting = str_after(s->waiting, part.len - z->avail_in);
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
