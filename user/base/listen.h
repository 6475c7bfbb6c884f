/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.h - the sockets that the worker serves, opened before privileges go:
 * those of web.listen-address, and the one that `sonde explain` and `sonde top` ask.
 */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

/* A listening socket at "host:port", "[::1]:port" or ":port", or negative errno. */
int listen_at(const char *address);

/*
 * The abstract unix address of the running agent, in this network namespace; it
 * leaves nothing behind. Anybody may take the name first, so who asks looks whose it is.
 */
socklen_t inspect_address(struct sockaddr_un *ret);
/* A listening socket there, or negative errno. */
int inspect_open(void);
