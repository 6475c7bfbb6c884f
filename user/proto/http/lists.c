/* SPDX-License-Identifier: Apache-2.0 */
#include "user/proto/http/lists.h"

static bool is_folded(struct str line)
{
	return line.len && (line.at[0] == ' ' || line.at[0] == '\t');
}

/* Step over the header's name at the front of a line. */
static bool take_header(struct str *line, struct str name)
{
	struct str rest = *line, found;

	if (!take_until(&rest, ':', &found) || !str_eq_nocase(str_trim(found), name))
		return false;
	*line = rest;
	return true;
}

bool list_value_take(struct list_walk *walk, struct str *ret)
{
	struct str line;

	while (take_part(&walk->rest, '\n', &line)) {
		/* The text begins behind the first one's name. */
		if (!walk->is_next)
			walk->inside = walk->is_next = true;
		else if (!is_folded(line))
			walk->inside = take_header(&line, walk->name);
		if (!walk->inside)
			continue;
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		*ret = str_trim(line);
		return true;
	}
	return false;
}
