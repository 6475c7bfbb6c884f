/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - mirrors user/process/files.c */
#include "user/process/files.h"
#include "tests/test.h"
#include "user/config/config.h"

TEST(what_was_not_opened_is_no_descriptor)
{
	static const int fds[] = { 7, 8 };
	struct process_files files = process_files_new(NULL, 0, 0);

	for (size_t i = 0; i < PROCESS_FILES; i++)
		CHECK(files.fds[i] == -1);
	CHECK(!files.exe && !files.comm && !files.port_count && !files.open);
	files = process_files_new(fds, 2, 1U << FILE_CGROUP | 1U << FILE_STAT | 1U << FILE_MAPS);
	CHECK(files.fds[FILE_ENVIRON] == -1 && files.fds[FILE_CGROUP] == 7);
	CHECK(files.fds[FILE_STAT] == 8 && files.fds[FILE_MAPS] == -1);
}

TEST(maps_are_opened_only_where_spans_are_held_back_for_it)
{
	struct config config = { .trace.beside_sdk = BESIDE_SDK_JOIN };

	CHECK(process_files_wanted(&config) == (PROCESS_FILES_ALL & ~(1U << FILE_MAPS)));
	config.trace.beside_sdk = BESIDE_SDK_SUPPRESS;
	CHECK(process_files_wanted(&config) == PROCESS_FILES_ALL);
}
