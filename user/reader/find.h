/* SPDX-License-Identifier: Apache-2.0 */
/* find.h - the runtimes in one file, and the places of their probes. */
#pragma once

#include "user/reader/reader.h"

/*
 * Add what is found in the image to the answer, as of file number `file`. False: nothing is. A
 * set of hooks is in the answer whole or not at all; one that could not be looked for, because
 * the file is broken or too large, or that the answer has no room for, counts as `refused`.
 */
bool find_runtimes(const struct image *image, uint16_t file, struct reader_answer *answer);
