/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest_return.h - may a function's return be probed at all?
 *
 * From Linux 6.11 on a probed return on x86-64 enters the kernel by a system call of its own. A
 * program's seccomp filter knows nothing of it, and until 6.14 (and what was mended in 6.12 and 6.13)
 * was asked nevertheless: it would end the program. So a child of ours under such a filter goes first.
 */
#pragma once

#include "user/capture/capture.h"

/* 0: it came through; -EPERM: it was ended by that; another negative errno: it cannot be told. */
int selftest_return(struct capture *c);
