/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/stat.h"

#include "user/process/fact.h"

enum { STAT_STATE = 3, STAT_STARTED = 22, STATUS_FILE_ID = 4 };

/* The 22nd field; the second is in parentheses and may hold any character. */
uint64_t stat_started_ticks(struct str stat)
{
	const char *end = stat.len ? memrchr(stat.at, ')', stat.len) : NULL;
	struct str rest = {}, field;

	if (end)
		rest = str_trim(str_after(stat, (size_t)(end - stat.at) + 1));
	for (int i = STAT_STATE; take_part(&rest, ' ', &field); i++)
		if (i == STAT_STARTED)
			return fact_number(field);
	return 0;
}

/* What stands behind "KEY:\t" in a line of its own: numbers with tabs between them. */
static struct str status_find(struct str status, struct str key)
{
	struct str line, name;

	while (take_until(&status, '\n', &line))
		if (take_until(&line, ':', &name) && str_eq(name, key))
			return str_trim(line);
	return (struct str){};
}

/* "Uid" and "Gid": real, effective, saved, and of files. */
static bool file_id(struct str status, struct str key, uint32_t *ret)
{
	struct str numbers = status_find(status, key), number;

	for (int i = 1; take_part(&numbers, '\t', &number); i++)
		if (i == STATUS_FILE_ID) {
			*ret = (uint32_t)fact_number(number);
			return true;
		}
	return false;
}

bool status_parse(struct str status, struct process_status *ret)
{
	struct str numbers = status_find(status, STR("NSpid")), number = {};
	struct process_status s = {};

	if (!file_id(status, STR("Uid"), &s.file_uid) || !file_id(status, STR("Gid"), &s.file_gid))
		return false;
	while (take_part(&numbers, '\t', &number))
		;
	s.inner_pid = (uint32_t)fact_number(number);
	*ret = s;
	return true;
}
