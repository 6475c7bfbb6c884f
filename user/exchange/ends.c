/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/ends.h"

/* What `c` receives the other one sends, and its SYN may be in what it counted as sent. */
static bool is_other_end(const struct connection *c, const struct connection *other)
{
	uint32_t syn = c->first_byte[RECEIVED] - other->first_byte[SENT];

	return other != c && syn <= 1;
}

static struct connection *other_end(struct exchanges *x, const struct connection *c)
{
	for (uint32_t syn = 0; syn <= 1; syn++) {
		struct connection *other = table_find_u64(&x->ends, c->first_byte[SENT] + syn);

		if (other && is_other_end(c, other))
			return other;
	}
	return NULL;
}

static struct process_id process_of(const struct connection *c)
{
	return (struct process_id){ .started_ns = c->process_started_ns, .tgid = c->process_tgid };
}

void ends_learn(struct exchanges *x, struct connection *c)
{
	struct connection *other;

	if (!c->first_byte[RECEIVED] && !c->first_byte[SENT])
		return;
	other = other_end(x, c);
	if (other) {
		c->other = process_of(other);
		other->other = process_of(c);
		c->first_byte[SENT] = other->first_byte[RECEIVED];
		other->first_byte[SENT] = c->first_byte[RECEIVED];
	}
	table_put_u64(&x->ends, c->first_byte[RECEIVED], c);
}

void ends_forget(struct exchanges *x, struct connection *c)
{
	if (table_find_u64(&x->ends, c->first_byte[RECEIVED]) == c)
		table_remove_u64(&x->ends, c->first_byte[RECEIVED]);
}
