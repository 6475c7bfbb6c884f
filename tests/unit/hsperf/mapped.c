/* SPDX-License-Identifier: Apache-2.0 */
/* mapped.c - mirrors user/hsperf/mapped.c */
#include "user/hsperf/mapped.h"

#include <errno.h>
#include <stdio.h>

#include "tests/test.h"
#include "user/base/mem.h"

#define LINE(path) "7f00-7f01 rw-s 00000000 08:01 4711    " path "\n"

static const struct {
	const char *maps;
	uint32_t pid;
	const char *want; /* NULL: not found */
} rows[] = {
	{ LINE("/tmp/hsperfdata_app/1"), 1, "/tmp/hsperfdata_app/1" },
	{ "7f00-7f01 r-xp 0 08:01 1  \n" LINE("/lib/libjvm.so") LINE("/tmp/hsperfdata_a b/77"), 77,
	  "/tmp/hsperfdata_a b/77" },
	/* A tool that looks at another JVM. */
	{ LINE("/tmp/hsperfdata_app/8") LINE("/tmp/hsperfdata_app/9"), 9, "/tmp/hsperfdata_app/9" },
	{ LINE("/tmp/hsperfdata_app/8"), 9, NULL },
	{ LINE("/tmp/hsperfdata_app/19"), 9, NULL },
	{ LINE("/tmp/hsperfdata_app/9 (deleted)"), 9, NULL },
	{ LINE("/tmp/hsperfdata_app/sub/9"), 9, NULL },
	{ LINE("/tmp/hsperfdata_app"), 9, NULL },
	{ LINE("/tmp/other/9"), 9, NULL },
	{ LINE("/srv/tmp/hsperfdata_app/9"), 9, NULL },
	{ "7f00-7f01 rw-s 00000000 08:01 4711 /tmp/hsperfdata_app/9", 9, NULL }, /* cut */
	{ "", 9, NULL },
};

TEST(a_jvm_is_asked_where_its_own_file_is)
{
	EACH(i, rows) {
		FILE *maps = tmpfile();
		char path[64] = "untouched";
		int got;

		fputs(rows[i].maps, maps);
		fflush(maps);
		got = hsperf_mapped(fileno(maps), rows[i].pid, path, sizeof(path));
		fclose(maps);
		CHECK(got == (rows[i].want ? 0 : -ENOENT));
		CHECK(!strcmp(path, rows[i].want ? rows[i].want : "untouched"));
	}
}

TEST(a_path_for_which_there_is_no_room_is_none)
{
	FILE *maps = tmpfile();
	char path[sizeof("/tmp/hsperfdata_app/1") - 1] = "";

	fputs(LINE("/tmp/hsperfdata_app/1"), maps);
	fflush(maps);
	CHECK(hsperf_mapped(fileno(maps), 1, path, sizeof(path)) == -ENOENT && !path[0]);
	CHECK(hsperf_mapped(-1, 1, path, sizeof(path)) == -ENOENT);
	fclose(maps);
}
