/* SPDX-License-Identifier: Apache-2.0 */
/* services.h - the list `services`: rules that name what is watched. */
#pragma once

#include "user/config/option.h"

/* Each new process is compared with each rule. */
#define LIMIT_SERVICES 1000

/* Add an empty rule, or NULL when there are LIMIT_SERVICES. */
struct service_rule *services_add(struct config *config);
/* Is the field set in this rule? */
bool service_has(const struct service_rule *rule, const struct option *field);
void services_free(struct config *config);
/* As YAML; `where` is what set them. */
void services_print(const struct config *config, const char *where, FILE *to);
json_t *services_schema(void);
