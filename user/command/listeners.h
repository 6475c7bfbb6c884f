/* SPDX-License-Identifier: Apache-2.0 */
/* listeners.h - for who does not know what to watch: who listens, and the option that chooses it. */
#pragma once

#include <stdio.h>

#include "user/config/config.h"

void listeners_print(const struct config *config, FILE *to);
