/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource.h - the instance of a service that spans and series belong to.
 *
 * OpenTelemetry's resource, shared by all processes of one instance (the master
 * of nginx and its workers). Counted references: the process table holds one
 * for each process, each series and kept span holds one. `ended_ns` is when its
 * last process ended, 0 while one lives; series stay for limit.ended-series after.
 */
#pragma once

#include "user/model/attribute.h"

enum { RESOURCE_ATTRIBUTES = 32 };

struct resource {
	size_t references;
	uint32_t id; /* never used again while sonde runs */
	uint64_t ended_ns;
	bool replaced; /* another one has its name and instance now: its series go at once */
	struct str service_name, service_namespace, service_instance; /* among the attributes too */
	size_t attribute_count;
	struct attribute attributes[RESOURCE_ATTRIBUTES];
	char *texts; /* owned: what the attributes' texts point into */
	/* Of its service, a reference, and the user's rule that they are by: worker/routing.h's. */
	struct routes *routes;
	const void *routes_rule;
};

/*
 * A copy of `attributes`, their keys and texts, with one reference. At most
 * RESOURCE_ATTRIBUTES of them, the first; texts are cut at LIMIT_ATTRIBUTE_BYTES
 * between characters.
 */
struct resource *resource_new(const struct attribute *attributes, size_t count);
struct resource *resource_ref(const struct resource *r);
void resource_unref(struct resource *r);
/* Do its series go now? They stay for `keep_ns` after its end, unless another one replaced it. */
bool resource_is_over(const struct resource *r, uint64_t now_ns, uint64_t keep_ns);
/* Is this its telemetry.sdk.language? NULL is of none. */
bool resource_speaks(const struct resource *r, struct str language);
