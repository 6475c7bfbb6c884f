/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - the half without privileges: rings in, spans and metrics out.
 *
 * One thread, one loop. It locks itself up (jail.h) before it reads the first
 * byte of anybody else.
 */
#pragma once

#include "user/config/config.h"

/* Descriptors in the order of enum worker_file; of the last ones, `rings` are rings. Exit status. */
int worker_run(const struct config *config, const int *fds, size_t count, size_t rings);
