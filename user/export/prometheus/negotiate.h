/* SPDX-License-Identifier: Apache-2.0 */
/*
 * negotiate.h - which answer a scraper asked for. RFC 9110, sections 12.4.2, 12.5.1 and 12.5.3.
 *
 * Headers are any bytes; what is not understood is passed over.
 */
#pragma once

#include "user/export/prometheus/format.h"

struct wanted {
	const struct format *format; /* text 0.0.4 when nothing we have was asked for */
	bool escaping;		     /* the escaping parameter was offered: say what we did */
};

void negotiate_format(struct str accept, struct wanted *ret);

/* Was gzip asked for by name, and not liked less than none? */
bool negotiate_gzip(struct str accept_encoding);
