/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.h - FastCGI by words, a record each:
 *
 *	"begin|params:REQUEST_METHOD=GET,REQUEST_URI=/a|params|stdin"
 *	"stderr:no such file|stdout+3:Status: 404 Not Found\n\nabc|end"
 *
 * A word is a type, "@ID" (1), "+PADDING" (0) and ":CONTENT". Of begin and end the content is a
 * number, the role (1) or the protocol's status (0); of params it is pairs. "raw:" is its content.
 */
#pragma once

#include "user/base/buf.h"
#include "user/proto/http/http.h"

extern const struct proto proto_fastcgi;

/* The bytes, on the heap, exactly as long as they are. */
struct str fastcgi_build(const char *words);
