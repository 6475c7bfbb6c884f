/* SPDX-License-Identifier: Apache-2.0 */
#include "user/runtime/php/pauses.h"

void php_describe(const struct record_pause *record, struct pause *ret)
{
	*ret = (struct pause){ .is_collection = true };
	if (record->kind == PHP_CYCLES)
		ret->kind = STR("cycles");
}
