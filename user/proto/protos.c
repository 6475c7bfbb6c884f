/* SPDX-License-Identifier: Apache-2.0 */
/* protos.c - the protocols that there are, in the order tried. One more is one line here. */
#include "user/proto/proto.h"

#define EACH_PROTO(row) row(proto_http1) row(proto_fastcgi)

#define DECLARE(name) extern const struct proto name;
#define LIST(name)    &name,

EACH_PROTO(DECLARE)

const struct proto *const protos[] = { EACH_PROTO(LIST) NULL };
