/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - a scrape's answer on its way to a client: expanded, and compressed if asked for. */
#pragma once

#include <zlib.h>

#include "user/export/prometheus/scrape.h"

struct stream {
	struct answer answer; /* owned */
	size_t family;	      /* that is sent now; answer.count: all are sent */
	bool headed, ended;
	struct str kept;    /* of that family, not sent yet */
	struct buf text;    /* what the last piece became */
	struct str waiting; /* of that piece, not read yet */
	bool gzip, finished;
	z_stream deflate;
};

/* Takes the answer. -ENOMEM when zlib has none; the answer is then the caller's still. */
int stream_init(struct stream *s, struct answer answer, bool gzip);
void stream_free(struct stream *s);
/* Up to `size` next bytes (`size` > 0); 0 at the end. Negative errno when zlib fails. */
ssize_t stream_read(struct stream *s, char *to, size_t size);
