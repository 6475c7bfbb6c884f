/* SPDX-License-Identifier: Apache-2.0 */
#include "user/runtime/ruby/pauses.h"

void ruby_describe(const struct record_pause *record, struct pause *ret)
{
	*ret = (struct pause){ .is_collection = true };
	if (record->kind == RUBY_MARK)
		ret->kind = STR("mark");
	else if (record->kind == RUBY_SWEEP)
		ret->kind = STR("sweep");
	else if (record->kind == RUBY_GC)
		ret->kind = STR("gc");
}
