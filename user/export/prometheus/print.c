/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/print.h"

#include "user/base/limits.h"
#include "user/export/prometheus/stream.h"

void prometheus_print(const struct collectors *collectors, uint64_t now_ns, FILE *to)
{
	struct scrape scrape;
	struct stream stream;
	struct answer answer;
	char block[4096];
	ssize_t len;

	scrape_begin(&scrape, &format_text, LIMIT_SCRAPE_BYTES);
	collectors_collect(collectors, now_ns, &scrape.sink);
	scrape_end(&scrape, &answer);
	scrape_free(&scrape);
	stream_init(&stream, answer, false);
	while ((len = stream_read(&stream, block, sizeof(block))) > 0)
		fwrite(block, 1, (size_t)len, to);
	stream_free(&stream);
}
