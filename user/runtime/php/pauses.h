/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.h - PHP's search for cycles among what it counts references of. */
#pragma once

#include "user/runtime/runtime.h"

enum php_kind { PHP_CYCLES = 1 };

void php_describe(const struct record_pause *record, struct pause *ret);
