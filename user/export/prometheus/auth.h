/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.h - basic authentication against bcrypt hashes. RFC 7617.
 *
 * A hash of cost 10 takes about 50 ms, so the loop does not wait for it (checker.h),
 * what was once checked is remembered (64 answers, by a keyed hash, good and bad),
 * and new passwords are checked at most four a second after a burst of eight.
 */
#pragma once

#include "user/base/buf.h"
#include "user/base/loop.h"
#include "user/export/prometheus/web_config.h"

enum auth_result {
	AUTH_OK,
	AUTH_DENIED,
	AUTH_WAIT, /* ask again with the same header when told */
	AUTH_BUSY, /* too many new passwords: later */
};

struct auth;

/* Called from the loop when a password was checked: who was told to wait may ask again. */
typedef void auth_checked(void *context);

struct auth *auth_new(struct loop *loop, auth_checked *checked, void *context);
void auth_free(struct auth *a);

/* Whether a request with this Authorization header may go on. Any bytes. `now_ns` is monotonic. */
enum auth_result auth_check(struct auth *a, const struct web_config *config, struct str header,
			    uint64_t now_ns);

/* Take "Basic BASE64" apart into `scratch`, which the results borrow from. False if it is none. */
bool auth_parse(struct str header, struct buf *scratch, struct str *ret_user,
		struct str *ret_password);
