/* SPDX-License-Identifier: Apache-2.0 */
#include "user/config/suggest.h"

enum {
	NAME_MAX_BYTES = 80, /* longer than any name there is */
	WORST_DISTANCE = 1000,
};

/* Insertions, deletions, replacements and swaps of neighbours between two names. */
static size_t edit_distance(struct str a, struct str b)
{
	size_t rows[3][NAME_MAX_BYTES + 1], *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b.len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t best = last[j - 1] + (a.at[i - 1] != b.at[j - 1]);

			best = last[j] + 1 < best ? last[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
			    a.at[i - 2] == b.at[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b.len];
}

/* Is it what stands behind some dot: "port" of "watch.port"? */
static bool is_tail(struct str known, struct str tail)
{
	return tail.len && tail.len < known.len && known.at[known.len - tail.len - 1] == '.' &&
	       str_eq(str_after(known, known.len - tail.len), tail);
}

void suggest(struct suggestion *suggestion, const char *name)
{
	struct str known = str_of(name), given = suggestion->given;
	/* A third of its letters may be wrong; past that it is another word. */
	size_t most = known.len / 3, distance = WORST_DISTANCE;

	if (!is_tail(known, given)) {
		if (known.len > NAME_MAX_BYTES || given.len > known.len + most ||
		    given.len + most < known.len)
			return;
		distance = edit_distance(given, known);
		if (distance > most)
			return;
	}
	if (suggestion->best && distance >= suggestion->distance)
		return;
	suggestion->best = name;
	suggestion->distance = distance;
}
