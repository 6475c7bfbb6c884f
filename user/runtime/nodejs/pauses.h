/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.h - what the kinds of nodejs.h are called by users. */
#pragma once

#include "user/runtime/nodejs/nodejs.h"
#include "user/runtime/runtime.h"

void nodejs_describe(const struct record_pause *record, struct pause *ret);
