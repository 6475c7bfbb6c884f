/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_value.h - the two things that may stand behind a key: values, and the list of services. */
#pragma once

#include "user/config/reader.h"

/*
 * Take the value at hand (a scalar, a sequence, a mapping) into the option, or
 * into a field of `rule` where that is not NULL. `line` is its key's.
 */
int yaml_value_read(struct reader *reader, const struct option *option, struct service_rule *rule,
		    size_t line);
/* Take the list of services at hand. */
int yaml_services_read(struct reader *reader);
