/* SPDX-License-Identifier: Apache-2.0 */
#include "user/probes/rows.h"

#include <errno.h>

enum { GENERATION_SHIFT = 16 };

void rows_init(struct rows *r, struct probe *at)
{
	*r = (struct rows){ .at = at, .count = PROBES_MAX };
	for (size_t i = 0; i < PROBES_MAX; i++)
		r->free[i] = (uint16_t)i;
}

int rows_take(struct rows *r, size_t count, uint16_t *ret)
{
	if (count > r->count)
		return -ENOSPC;
	for (size_t i = 0; i < count; i++) {
		ret[i] = r->free[r->first];
		r->at[ret[i]].generation++;
		r->first = (r->first + 1) % PROBES_MAX;
		r->count--;
	}
	return 0;
}

void rows_act(struct rows *r, uint16_t row, enum probe_action action)
{
	__atomic_store_n(&r->at[row].action, (uint8_t)action, __ATOMIC_SEQ_CST);
}

void rows_set(struct rows *r, uint16_t row, const struct probe *meaning)
{
	struct probe *probe = &r->at[row];

	rows_act(r, row, 0);
	probe->runtime = meaning->runtime;
	probe->kind = meaning->kind;
	probe->scope = meaning->scope;
	probe->collects = meaning->collects;
	probe->value = meaning->value;
	probe->text = meaning->text;
	probe->hits = 0;
	rows_act(r, row, meaning->action);
}

uint64_t rows_cookie(const struct rows *r, uint16_t row)
{
	return row | (uint64_t)r->at[row].generation << GENERATION_SHIFT;
}

uint64_t rows_hits(const struct rows *r, uint16_t row)
{
	return __atomic_load_n(&r->at[row].hits, __ATOMIC_RELAXED);
}

void rows_give(struct rows *r, const uint16_t *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rows_act(r, rows[i], 0);
		r->free[(r->first + r->count++) % PROBES_MAX] = rows[i];
	}
}
