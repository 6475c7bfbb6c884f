/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/landing.h"

static const char page[] = "<!DOCTYPE html>\n"
			   "<html lang=\"en\">\n"
			   "<head>\n"
			   "<meta charset=\"utf-8\">\n"
			   "<title>sonde</title>\n"
			   "</head>\n"
			   "<body>\n"
			   "<h1>sonde</h1>\n"
			   "<p>Measures running processes without changing them.</p>\n"
			   "<p>Version " SONDE_VERSION "</p>\n"
			   "<ul>\n"
			   "<li><a href=\"%.*s\">Metrics</a></li>\n"
			   "<li><a href=\"/-/healthy\">Health</a></li>\n"
			   "<li><a href=\"/-/ready\">Readiness</a></li>\n"
			   "</ul>\n"
			   "</body>\n"
			   "</html>\n";

static void add_escaped(struct buf *to, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c < ' ' || c > '~' || strchr("&<>\"'", c))
			buf_printf(to, "&#%d;", (unsigned char)c);
		else
			buf_add_byte(to, c);
	}
}

void landing_add(struct buf *to, struct str telemetry_path)
{
	struct buf path = buf_new(LANDING_BYTES / 2);

	add_escaped(&path, telemetry_path);
	buf_printf(to, page, STR_ARGS(path));
	buf_free(&path);
}
