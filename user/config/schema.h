/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h - an option's value as JSON schema, draft 2020-12. */
#pragma once

#include "user/config/option.h"

/* The caller owns the reference. */
json_t *schema_of_option(const struct option *option);
