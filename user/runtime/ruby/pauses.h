/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.h - Ruby's collections: marking at once, sweeping in slices. */
#pragma once

#include "user/runtime/runtime.h"

enum ruby_kind { RUBY_MARK = 1, RUBY_SWEEP };

void ruby_describe(const struct record_pause *record, struct pause *ret);
