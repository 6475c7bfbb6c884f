/* SPDX-License-Identifier: Apache-2.0 */
/* metric.c - mirrors user/model/metric.c. */
#include "user/model/metric.h"
#include "tests/test.h"

static char order[8];

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	(void)sink;
	if (now_ns == 7)
		strcat(order, context);
}

TEST(collectors_are_asked_in_the_order_added)
{
	struct collector a = { .context = "a", .collect = collect },
			 b = { .context = "b", .collect = collect };
	struct collectors all;
	struct metric_sink sink = {};

	order[0] = '\0';
	collectors_init(&all);
	collectors_collect(&all, 7, &sink);
	CHECK(!strcmp(order, ""));
	collectors_add(&all, &b);
	collectors_add(&all, &a);
	collectors_collect(&all, 7, &sink);
	CHECK(!strcmp(order, "ba"));
}
