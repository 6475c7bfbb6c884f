/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/metric.h"

void collectors_init(struct collectors *c)
{
	c->first = NULL;
	c->last = &c->first;
}

void collectors_add(struct collectors *c, struct collector *collector)
{
	collector->next = NULL;
	*c->last = collector;
	c->last = &collector->next;
}

void collectors_add_first(struct collectors *c, struct collector *collector)
{
	collector->next = c->first;
	c->first = collector;
	if (!collector->next)
		c->last = &collector->next;
}

void collectors_collect(const struct collectors *c, uint64_t now_ns, struct metric_sink *sink)
{
	for (const struct collector *one = c->first; one; one = one->next)
		one->collect(one->context, now_ns, sink);
}
