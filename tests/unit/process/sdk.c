/* SPDX-License-Identifier: Apache-2.0 */
/* sdk.c - mirrors user/process/sdk.c */
#include "user/process/sdk.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/test.h"
#include "user/base/limits.h"
#include "user/base/mem.h"

#define LINE "7f0000000000-7f0000001000 r--p 00000000 00:01 7 "

static struct str found(const char *before, size_t repeat, const char *text)
{
	int fd = memfd_create("maps", MFD_CLOEXEC);
	struct str ret;

	for (size_t i = 0; i < repeat; i++)
		if (write(fd, before, strlen(before)) < 0)
			abort();
	if (write(fd, text, strlen(text)) < 0)
		abort();
	ret = sdk_find_context(fd);
	close(fd);
	return ret;
}

static bool is_mapped(const char *before, size_t repeat, const char *text)
{
	return str_eq(found(before, repeat, text), STR("otel_ctx"));
}

TEST(each_way_to_name_the_mapping_is_known)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ LINE "                  [anon:OTEL_CTX]\n", true },
		{ LINE "                  [anon_shmem:OTEL_CTX]\n", true },
		{ LINE "                  /memfd:OTEL_CTX (deleted)\n", true },
		{ LINE "/memfd:OTEL_CTX2 (deleted)\n", false },
		{ LINE "/memfd:OTEL_CTX/2 (deleted)\n", false },
		{ LINE "/memfd:OTEL_CTX (deleted) (deleted)\n", false },
		{ LINE "/usr/lib/libOTEL_CTX.so\n", false },
		{ LINE "[anon:OTEL_CTX2]\n", false },
		{ LINE "[heap]\n", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK(is_mapped("", 0, rows[i].text) == rows[i].want);
	CHECK(!sdk_find_context(-1).len);
}

TEST(it_is_found_wherever_a_piece_ends)
{
	for (size_t i = 4000; i < 4200; i++)
		CHECK(is_mapped(".", i, LINE "/memfd:OTEL_CTX (deleted)\n"));
	CHECK(is_mapped(".", 100000, LINE "[anon:OTEL_CTX]\n"));
}

TEST(more_mappings_than_are_looked_at_are_said_to_be)
{
	static const char line[] = LINE "/some/where/a/library.so\n";
	const size_t inside = LIMIT_MAPS_BYTES / strlen(line) - 1;

	CHECK(is_mapped(line, inside, LINE "[anon:OTEL_CTX]\n"));
	CHECK(!found(line, inside, "").len);
	CHECK(str_eq(found(line, 2 * inside, LINE "[anon:OTEL_CTX]\n"), SDK_MAPS_CUT));
}

TEST(a_sign_has_a_name_and_a_sentence)
{
	for (enum sdk_sign i = SDK_NONE; i < SDK_SIGNS; i++) {
		CHECK(sdk_sign_find(sdk_sign_name(i)) == i);
		CHECK(!*sdk_sign_sentence(i) == (i == SDK_NONE));
	}
	CHECK(sdk_sign_find(SDK_MAPS_CUT) == SDK_NONE);
	CHECK(sdk_sign_find(STR("otel")) == SDK_NONE);
	CHECK(sdk_is_port(4317) && sdk_is_port(4318) && !sdk_is_port(4319));
}
