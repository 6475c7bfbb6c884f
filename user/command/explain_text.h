/* SPDX-License-Identifier: Apache-2.0 */
/* explain_text.h - the object that `sonde explain` makes, for somebody who is tired. */
#pragma once

#include <jansson.h>
#include <stdio.h>

void explain_print(const json_t *root, FILE *to);
