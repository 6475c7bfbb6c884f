/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - a finished body on its way to a client, compressed as it goes if asked for. */
#pragma once

#include <zlib.h>

#include "user/export/prometheus/scrape.h"

struct stream {
	struct body body; /* owned */
	size_t piece, offset;
	bool gzip, finished;
	z_stream deflate;
};

/* Takes the body. -ENOMEM when zlib has none; the body is then the caller's still. */
int stream_init(struct stream *s, struct body body, bool gzip);
void stream_free(struct stream *s);
/* Up to `size` next bytes (`size` > 0); 0 at the end. Negative errno when zlib fails. */
ssize_t stream_read(struct stream *s, char *to, size_t size);
