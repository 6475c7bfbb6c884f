/* SPDX-License-Identifier: Apache-2.0 */
/* listen.h - the sockets of web.listen-address, opened before privileges go. */
#pragma once

#include "user/config/config.h"

enum { LISTENERS_MAX = 8 };

/* Returns how many were opened, or a negative errno with `error` saying which and why. */
int listeners_open(const struct text_list *addresses, int ret[LISTENERS_MAX], char *error,
		   size_t size);
