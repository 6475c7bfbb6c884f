/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/print.h"

#include "user/base/limits.h"
#include "user/export/prometheus/scrape.h"

int prometheus_print(const struct collectors *collectors, uint64_t now_ns, FILE *to)
{
	struct scrape scrape;
	struct body body;
	int error;

	scrape_begin(&scrape, &format_text, LIMIT_SCRAPE_BYTES);
	collectors_collect(collectors, now_ns, &scrape.sink);
	error = scrape_end(&scrape, &body);
	if (!error) {
		for (size_t i = 0; i < body.count; i++)
			if (body.pieces[i].len)
				fwrite(body.pieces[i].at, 1, body.pieces[i].len, to);
		body_free(&body);
	}
	scrape_free(&scrape);
	return error;
}
