/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - one code point at a time, as RFC 3629 has it: shortest form, no surrogates. */
#pragma once

#include "user/base/str.h"

/* Take one code point. False, and nothing taken, when `in` does not begin with a valid one. */
bool take_code_point(struct str *in, uint32_t *ret);

/* Valid UTF-8 without control characters (C0, DEL, C1)? */
bool utf8_is_plain(struct str text);
