/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.h - what tls_server_config asks for, as GnuTLS has it.
 *
 * One struct tls is one state of the files; it is shared by the connections that
 * began under it and outlives a change of the files for as long as they last.
 */
#pragma once

#include <gnutls/gnutls.h>

#include "user/export/prometheus/web_config.h"

struct tls;

/* Read a whole file of at most LIMIT_CONFIG_BYTES. -EINVAL with `error` filled. */
int file_read(const char *path, char **ret, size_t *ret_len, struct config_error *error);

/*
 * Read certificate, key and client CA as `config` names them, relative to the
 * directory `directory`. -EINVAL with `error` filled, `ret` untouched.
 */
int tls_new(const struct web_config *config, const char *directory, struct tls **ret,
	    struct config_error *error);
struct tls *tls_ref(struct tls *tls);
void tls_unref(struct tls *tls);

/* Make a fresh server session use these certificates, versions and demands on the client. */
int tls_attach(struct tls *tls, gnutls_session_t session);
