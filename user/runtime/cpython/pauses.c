/* SPDX-License-Identifier: Apache-2.0 */
#include "user/runtime/cpython/pauses.h"

#include "user/base/mem.h"

static struct str generation_name(uint64_t generation)
{
	static const struct str names[] = { STR("gen0"), STR("gen1"), STR("gen2") };

	return generation < ARRAY_SIZE(names) ? names[generation] : STR("collection");
}

void cpython_describe(const struct record_pause *record, struct pause *ret)
{
	*ret = (struct pause){};
	switch ((enum cpython_kind)record->kind) {
	case CPYTHON_GC:
		ret->kind = generation_name(record->detail);
		ret->is_collection = true;
		break;
	case CPYTHON_GC_ANY:
		ret->kind = STR("collection");
		ret->is_collection = true;
		break;
	case CPYTHON_GC_ASKED:
		ret->kind = record->detail == PAUSE_NO_DETAIL ? STR("") : STR("collection");
		ret->is_collection = true;
		break;
	case CPYTHON_GIL:
		ret->kind = STR("gil");
		break;
	}
}
