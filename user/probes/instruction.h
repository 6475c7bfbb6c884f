/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instruction.h - does an instruction begin where somebody says so?
 *
 * A breakpoint inside of one would change what the program does. From the beginning of the function,
 * instruction after instruction, the place must be reached.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INSTRUCTION_BYTES = 15 /* at most: Intel's manual, volume 2, 2.3.11 */ };

/*
 * `text` begins `before` bytes before the place; `len` is all there is. `nop`: it must be one, as at
 * the site of a USDT.
 */
bool instruction_begins(const uint8_t *text, size_t len, size_t before, bool nop);
