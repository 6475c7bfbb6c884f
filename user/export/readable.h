/* SPDX-License-Identifier: Apache-2.0 */
/* readable.h - files that exporters read: they do so as the worker's user, not as root. */
#pragma once

#include <stddef.h>

/* Why `path` was not read, by its errno, and where permission lacks what to do about it. */
void unreadable_say(const char *path, int error, char *ret, size_t size);

/* 0, or -EACCES and the like with `ret` filled; a path that is NULL is readable. */
int readable_check(const char *path, char *ret, size_t size);
