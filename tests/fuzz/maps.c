/* SPDX-License-Identifier: Apache-2.0 */
/* maps.c - any bytes as /proc/PID/maps: what is taken lies in order, and places as instructions. */
#include <stdlib.h>

#include "user/base/maps.h"
#include "user/probes/instruction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct mapping m;

	for (size_t before = size; take_mapping(&in, &m) == 1; before = in.len) {
		if (in.len >= before || m.start >= m.end)
			abort();
		if (!mapping_has(&m, m.offset, m.end - m.start) ||
		    mapping_has(&m, m.offset, m.end - m.start + 1))
			abort();
	}
	for (size_t at = 0; at <= size && at < 64; at++)
		if (instruction_begins(data, size, at, false) && at >= size)
			abort();
	return 0;
}
