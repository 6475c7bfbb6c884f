/* SPDX-License-Identifier: Apache-2.0 */
/* web_request.c - any bytes as Accept, Accept-Encoding and Authorization. */
#include <stdlib.h>

#include "user/export/prometheus/auth.h"
#include "user/export/prometheus/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size }, user, password;
	struct buf scratch = buf_new(4096);
	struct wanted wanted = {};

	negotiate_format(in, &wanted);
	if (!wanted.format)
		abort();
	negotiate_gzip(in);
	if (auth_parse(in, &scratch, &user, &password) &&
	    user.len + 1 + password.len != scratch.len)
		abort();
	buf_free(&scratch);
	return 0;
}
