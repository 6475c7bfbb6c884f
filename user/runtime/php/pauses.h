/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.h - what the kinds of php.h are called by users. */
#pragma once

#include "user/runtime/php/php.h"
#include "user/runtime/runtime.h"

void php_describe(const struct record_pause *record, struct pause *ret);
