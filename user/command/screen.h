/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen.h - the terminal while something is shown on all of it.
 *
 * The alternate screen is left, and keys echo again, when it ends, by a signal
 * as well. Where standard output is no terminal, nothing of this happens.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A terminal is ours from here until screen_end(). */
void screen_begin(void);
void screen_end(void);

/* Lines of the terminal; 0: there is none. */
unsigned screen_lines(void);
/* Are colours and bold wanted? (https://no-color.org) */
bool screen_wants_colors(void);

enum screen_event { SCREEN_TIME, SCREEN_RESIZED, SCREEN_QUIT };

/* Wait until `until_ns` (monotonic), a change of size, or q, Ctrl-C or SIGTERM. */
enum screen_event screen_wait(uint64_t until_ns);
