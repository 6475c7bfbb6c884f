/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - what is left to a reader of files: to read what it has open, and to say one thing.
 *
 * No capability, no file to open, no process to touch, READER_BYTES more memory than it has, two
 * seconds of CPU. A call that is not allowed ends it.
 */
#pragma once

/* Lock this process up. 0 or negative errno. */
int confine_enter(void);
