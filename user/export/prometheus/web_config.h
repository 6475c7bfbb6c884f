/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_config.h - web.config.file: TLS, users and headers of the web listener.
 *
 * The schema is exporter-toolkit's, so that people use the file they have:
 * https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
 * Reading a text opens nothing: files that it names are read by tls.h.
 * `http2` is understood and makes no difference: HTTP/1.1 is what is spoken.
 */
#pragma once

#include <stdint.h>

#include "user/config/config.h"

enum client_auth {
	CLIENT_AUTH_NONE,
	CLIENT_AUTH_REQUEST,
	CLIENT_AUTH_REQUIRE_ANY,
	CLIENT_AUTH_VERIFY_IF_GIVEN,
	CLIENT_AUTH_REQUIRE_AND_VERIFY,
};

/* Sent with each answer when set. */
enum web_header {
	HEADER_STRICT_TRANSPORT_SECURITY,
	HEADER_CONTENT_TYPE_OPTIONS,
	HEADER_FRAME_OPTIONS,
	HEADER_XSS_PROTECTION,
	HEADER_CONTENT_SECURITY_POLICY,
	WEB_HEADERS,
};

enum { TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3, TLS_VERSIONS };

/* Entries of a list of choices: places in web_ciphers or web_curves. */
enum { WEB_CHOICES = 32 };

struct choice_list {
	uint8_t at[WEB_CHOICES];
	size_t count;
};

/* A name of Go's and what GnuTLS calls its parts. */
struct web_choice {
	const char *name;
	const char *priority;
};

extern const struct web_choice web_ciphers[], web_curves[]; /* ended by a NULL name */

struct web_user {
	char *name, *hash; /* bcrypt */
};

struct web_config {
	bool tls;				     /* tls_server_config says anything */
	char *cert, *key, *client_ca;		     /* PEM, inline; NULL: not given */
	char *cert_file, *key_file, *client_ca_file; /* as written */
	int client_auth, min_version, max_version;
	struct text_list allowed_sans;
	struct choice_list ciphers, curves;
	bool prefer_server_ciphers, http2;
	char *headers[WEB_HEADERS];
	struct web_user *users;
	size_t user_count;
	uint64_t rate_interval_ns; /* 0: no limit */
	uint64_t rate_burst;
};

const char *web_header_name(enum web_header header);

/*
 * Read the text of a file named `name`. On failure -EINVAL, `error` says where
 * and what ("web.yml:3:5: ..."), and `ret` is untouched.
 */
int web_config_parse(struct str text, const char *name, struct web_config **ret,
		     struct config_error *error);
void web_config_free(struct web_config *config);
