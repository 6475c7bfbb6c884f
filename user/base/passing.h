/* SPDX-License-Identifier: Apache-2.0 */
/* passing.h - messages of one size over a SOCK_SEQPACKET pair, with descriptors beside them. */
#pragma once

#include <stddef.h>

enum { PASSING_FDS = 32 };

/* 0, or negative errno (-EAGAIN: the other end does not read). The descriptors stay the caller's. */
int passing_send(int fd, const void *message, size_t size, const int *fds, size_t count);

/*
 * One message and its descriptors, which are the caller's then (close-on-exec). `*count` is the
 * room of `fds` and becomes how many came. 1 for a message, 0 when the other end is closed, or
 * negative errno (-EAGAIN: nothing waits, -EBADMSG: it is of another size).
 */
int passing_receive(int fd, void *ret, size_t size, int *fds, size_t *count);
