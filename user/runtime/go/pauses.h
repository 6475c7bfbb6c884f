/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.h - what the kinds of go.h are called by users. */
#pragma once

#include "user/runtime/go/go.h"
#include "user/runtime/runtime.h"

void go_describe(const struct record_pause *record, struct pause *ret);
