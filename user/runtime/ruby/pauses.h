/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.h - what the kinds of ruby.h are called by users. */
#pragma once

#include "user/runtime/ruby/ruby.h"
#include "user/runtime/runtime.h"

void ruby_describe(const struct record_pause *record, struct pause *ret);
