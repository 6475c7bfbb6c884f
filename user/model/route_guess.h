/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route_guess.h - does a segment of a path name a kind of thing, or one thing?
 *
 * Yes to numbers, dates, UUIDs, long hex, tokens, e-mail addresses, words with
 * many digits in them, and to bytes that have no place in a URL. No to words as
 * people write them into routes: v1, oauth2, s3, index.html, getUserById2.
 * What it misses the limit of children catches.
 */
#pragma once

#include "user/base/str.h"

bool route_is_identifier(struct str segment);
