/* SPDX-License-Identifier: Apache-2.0 */
/* retry_after.c - any header value: a wait within a year, or none. */
#include <stdlib.h>

#include "user/base/clock.h"
#include "user/export/otlp/retry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t wait = -1;

	if (retry_after_parse((struct str){ (const char *)data, size }, 1700000000, &wait)) {
		if (wait < 0 || wait > 31536000 * (int64_t)NS_PER_S)
			abort();
	} else if (wait != -1) {
		abort();
	}
	return 0;
}
