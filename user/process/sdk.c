/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/sdk.h"

#include <unistd.h>

#include "user/base/limits.h"
#include "user/base/mem.h"

enum { PIECE = 4096, MARK_MAX = 32 };

static const struct {
	struct str name;
	const char *sentence;
} signs[SDK_SIGNS] = {
	[SDK_NONE] = { {}, "" },
	[SDK_CONTEXT] = { STR("otel_ctx"), "it publishes an OTEL_CTX" },
	[SDK_OTLP_HTTP] = { STR("otlp_http"), "it has posted to /v1/traces" },
	[SDK_OTLP_PORT] = { STR("otlp_port"), "it speaks to a port of OTLP's" },
};

/* How the kernel names such a mapping: by prctl(PR_SET_VMA), of shared memory, a memfd. */
static const struct str marks[] = {
	STR(" [anon:OTEL_CTX]\n"),
	STR(" [anon_shmem:OTEL_CTX]\n"),
	STR(" /memfd:OTEL_CTX (deleted)\n"),
};

struct str sdk_sign_name(enum sdk_sign sign)
{
	return signs[sign].name;
}

const char *sdk_sign_sentence(enum sdk_sign sign)
{
	return signs[sign].sentence;
}

enum sdk_sign sdk_sign_find(struct str name)
{
	for (enum sdk_sign i = SDK_NONE + 1; i < SDK_SIGNS; i++)
		if (str_eq(signs[i].name, name))
			return i;
	return SDK_NONE;
}

bool sdk_is_port(uint16_t port)
{
	return port == 4317 || port == 4318;
}

static bool has_mark(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (memmem(text, len, marks[i].at, marks[i].len))
			return true;
	return false;
}

struct str sdk_find_context(int maps)
{
	char text[MARK_MAX + PIECE];
	size_t kept = 0; /* the end of the piece before, which a mark may begin in */
	off_t at = 0;
	ssize_t got;

	if (maps < 0)
		return (struct str){};
	while ((got = pread(maps, text + kept, PIECE, at)) > 0) {
		size_t len = kept + (size_t)got;

		if (at >= LIMIT_MAPS_BYTES)
			return SDK_MAPS_CUT;
		if (has_mark(text, len))
			return sdk_sign_name(SDK_CONTEXT);
		at += got;
		kept = len < MARK_MAX ? len : MARK_MAX;
		memmove(text, text + len - kept, kept);
	}
	return (struct str){};
}
