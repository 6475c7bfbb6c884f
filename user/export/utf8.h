/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - texts from outside, made valid before they leave.
 *
 * A receiver may refuse a whole request for one bad byte. Valid UTF-8 is RFC
 * 3629's: shortest form, no surrogates, at most U+10FFFF.
 */
#pragma once

#include "user/base/str.h"

/* What a byte that is not valid becomes, U+FFFD; so a text grows threefold at most. */
enum { UTF8_GROWTH = 3 };

/* Length of the longest valid start of `s`. */
size_t utf8_valid_length(struct str s);
/* Write `s` made valid to `to`, which has room for UTF8_GROWTH * s.len; returns the end. */
char *utf8_put(char *to, struct str s);
