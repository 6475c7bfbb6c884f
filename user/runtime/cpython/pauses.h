/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.h - what the kinds of cpython.h are called by users. */
#pragma once

#include "user/runtime/cpython/cpython.h"
#include "user/runtime/runtime.h"

void cpython_describe(const struct record_pause *record, struct pause *ret);
