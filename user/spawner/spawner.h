/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawner.h - the small process that makes workers.
 *
 * It is forked before anything is loaded and keeps CAP_SETUID and CAP_SETGID
 * only, so that the monitor can give both up and a dead worker can still be
 * replaced. It ends when the monitor's end of the pair closes, and its worker
 * is killed with it (PDEATHSIG).
 */
#pragma once

#include <sys/types.h>

#include "user/config/config.h"

/* What a worker does once it is one; its result is the exit status. */
typedef int worker_main(const struct config *config, const int *fds, size_t count, size_t rings);

/*
 * Fork the spawner. `ret` is the monitor's end. The pid, or negative errno. The
 * arguments are read again when the monitor says MESSAGE_RELOAD.
 */
pid_t spawner_start(const struct config *config, int argc, char **argv, worker_main *main,
		    int *ret);
