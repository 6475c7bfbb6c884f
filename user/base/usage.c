/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/mem.h"

/* Fields of /proc/PID/stat, counted from the state, which follows the name. */
enum { USER_TICKS = 11, SYSTEM_TICKS = 12, START_TICKS = 19, RESIDENT_PAGES = 21, FIELDS };

static void read_fields(const char *folder, uint64_t ret[FIELDS])
{
	char path[48], text[1024], *at;
	_cleanup_(closep) int fd = -1;
	ssize_t got;

	snprintf(path, sizeof(path), "%s/stat", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[got > 0 ? got : 0] = '\0';
	at = strrchr(text, ')');
	for (size_t i = 0; i < FIELDS && at; i++) {
		at = strchr(at + 1, ' ');
		ret[i] = at ? strtoull(at + 1, NULL, 10) : 0;
	}
}

static uint64_t count_files(const char *folder)
{
	const struct dirent *entry;
	uint64_t count = 0;
	char path[48];
	DIR *files;

	snprintf(path, sizeof(path), "%s/fd", folder);
	files = opendir(path);
	while (files && (entry = readdir(files)))
		count += entry->d_name[0] != '.';
	if (files)
		closedir(files);
	return count;
}

struct usage usage_of(pid_t pid)
{
	uint64_t field[FIELDS] = {}, tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	char folder[32] = "/proc/self";

	if (pid)
		snprintf(folder, sizeof(folder), "/proc/%d", pid);
	read_fields(folder, field);
	return (struct usage){
		.cpu_us = (field[USER_TICKS] + field[SYSTEM_TICKS]) * tick_ns / 1000,
		.resident_bytes = field[RESIDENT_PAGES] * (uint64_t)sysconf(_SC_PAGESIZE),
		.open_files = count_files(folder),
		.started_unix_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME) +
				   field[START_TICKS] * tick_ns,
	};
}
