/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.c - any bytes as a question: no crash, and never more taken than there are or may be. */
#include <stdint.h>
#include <stdlib.h>

#include "user/worker/inspect_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inspect_request request = { .pid = UINT32_MAX };
	ssize_t used = inspect_parse((struct str){ (const char *)data, size }, &request);

	if (used > (ssize_t)size || used > INSPECT_REQUEST_BYTES)
		abort();
	if (used <= 0 && request.pid != UINT32_MAX)
		abort();
	if (used > 0 && request.question == INSPECT_EXPLAIN && !request.pid)
		abort();
	if (used == INSPECT_MORE && size >= INSPECT_REQUEST_BYTES)
		abort();
	return 0;
}
