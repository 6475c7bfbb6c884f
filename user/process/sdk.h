/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sdk.h - what shows that a program sends spans of its own.
 *
 * A trace context that it made itself shows it of one call (trace/header.c). These show it of
 * the process, of its server's spans too. What goes out by gRPC or TLS is not read: there the
 * port alone tells, and it may be metrics or logs that go there.
 *
 * A stranger must not be able to make a sign, for it may hide a whole program. A connection to
 * one of those ports is a sign where the process spoke first on it: who connects to it may do so
 * from any port. Of one that was open before sonde began it is not known who spoke first; it is a
 * sign where the process does not listen on its own port of it, as far as its facts say, and that
 * is one that connections are made from, 32768 or higher. Of a process that was itself sent spans
 * a POST of spans is no sign. What is relayed without being read (a proxy of gRPC, of TLS) still
 * makes SDK_OTLP_PORT of the relay.
 */
#pragma once

#include <stdbool.h>

#include "user/base/str.h"

enum sdk_sign {
	SDK_NONE,
	SDK_CONTEXT,   /* it publishes its resource as a mapping named OTEL_CTX: OTEP 4719 */
	SDK_OTLP_HTTP, /* a POST of its to .../v1/traces was taken: OTLP 1.x, "OTLP/HTTP Request" */
	SDK_OTLP_PORT, /* it speaks HTTP/2 or TLS to a port of OTLP's, sdk_is_port() */
	SDK_SIGNS,
};

/* "otel_ctx", ...; empty for SDK_NONE. */
struct str sdk_sign_name(enum sdk_sign sign);
/* "it publishes an OTEL_CTX", ...; empty for SDK_NONE. */
const char *sdk_sign_sentence(enum sdk_sign sign);
/* SDK_NONE for what is no name of one. */
enum sdk_sign sdk_sign_find(struct str name);

/* The default ports of OTLP/gRPC and OTLP/HTTP, 4317 and 4318. */
bool sdk_is_port(uint16_t port);

/* What FACT_SDK says where there were more mappings than are looked at: no name of a sign. */
#define SDK_MAPS_CUT STR("maps_cut")

/*
 * What the mappings that /proc/PID/maps lists say, as FACT_SDK has it: "otel_ctx" where one is
 * an OTEL_CTX, SDK_MAPS_CUT where none is in the first LIMIT_MAPS_BYTES and more follow. Empty
 * for -1, and on any error.
 */
struct str sdk_find_context(int maps);
