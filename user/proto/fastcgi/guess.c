/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guess.c - what FastCGI begins with: records whose heads leave little room for anything else.
 */
#include "user/base/mem.h"
#include "user/proto/fastcgi/fastcgi.h"

enum { SHAPE_BYTES = 16, OUTPUT_BYTES = 9, NAME_BYTES_MAX = 64 };

/* Each byte lies between two. */
struct shape {
	enum guess says;
	uint8_t len;
	bool has_id; /* that is not 0 */
	uint8_t least[SHAPE_BYTES], most[SHAPE_BYTES];
};

#define ANY 255

static const struct shape empty_input = {
	.says = GUESS_ASKING,
	.len = 8,
	.has_id = true,
	.least = { 1, FASTCGI_STDIN },
	.most = { 1, FASTCGI_STDIN, ANY, ANY },
};

static const struct shape output = {
	.says = GUESS_ANSWERING,
	.len = OUTPUT_BYTES,
	.has_id = true,
	.least = { 1, FASTCGI_STDOUT, 0, 0, 0, 0, 0, 0, 'A' },
	.most = { 1, FASTCGI_STDOUT, ANY, ANY, ANY, ANY, ANY, 0, 'z' },
};

static const struct shape shapes[] = {
	/* 8 bytes: one of three roles, one flag */
	{ .says = GUESS_ASKING,
	  .len = 16,
	  .has_id = true,
	  .least = { 1, FASTCGI_BEGIN, 0, 0, 0, 8, 0, 0, 0, 1 },
	  .most = { 1, FASTCGI_BEGIN, ANY, ANY, 0, 8, 0, 0, 0, 3, 1 } },
	/* names that the connection is asked for begin with FCGI_ */
	{ .says = GUESS_ASKING,
	  .len = 15,
	  .least = { 1, FASTCGI_GET_VALUES, 0, 0, 0, 0, 0, 0, 5, 0, 'F', 'C', 'G', 'I', '_' },
	  .most = { 1, FASTCGI_GET_VALUES, 0, 0, ANY, ANY, ANY, 0, 127, 0, 'F', 'C', 'G', 'I',
		    '_' } },
	{ .says = GUESS_ANSWERING,
	  .len = 15,
	  .least = { 1, FASTCGI_GET_VALUES_RESULT, 0, 0, 0, 0, 0, 0, 5, 0, 'F', 'C', 'G', 'I',
		     '_' },
	  .most = { 1, FASTCGI_GET_VALUES_RESULT, 0, 0, ANY, ANY, ANY, 0, 127, 127, 'F', 'C', 'G',
		    'I', '_' } },
	/* a program's exit status, and one of four reasons */
	{ .says = GUESS_ANSWERING,
	  .len = 13,
	  .has_id = true,
	  .least = { 1, FASTCGI_END, 0, 0, 0, 8 },
	  .most = { 1, FASTCGI_END, ANY, ANY, 0, 8, 7, 0, 0, 0, 0, ANY, 3 } },
	/* text for people */
	{ .says = GUESS_ANSWERING,
	  .len = 9,
	  .has_id = true,
	  .least = { 1, FASTCGI_STDERR, 0, 0, 0, 0, 0, 0, ' ' },
	  .most = { 1, FASTCGI_STDERR, ANY, ANY, ANY, ANY, ANY, 0, '~' } },
};

static enum guess shape_fits(const struct shape *shape, struct str in)
{
	const uint8_t *at = (const uint8_t *)in.at;

	for (size_t i = 0; i < shape->len && i < in.len; i++)
		if (at[i] < shape->least[i] || at[i] > shape->most[i])
			return GUESS_NO;
	if (shape->has_id && in.len > 3 && !at[2] && !at[3])
		return GUESS_NO;
	return in.len < shape->len ? GUESS_MORE : shape->says;
}

static bool is_name_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' ||
	       c == '_';
}

/* STDOUT begins with a header's name. */
static enum guess output_fits(struct str in)
{
	enum guess found = shape_fits(&output, in);

	for (size_t i = output.len; found == GUESS_ANSWERING; i++) {
		if (i >= OUTPUT_BYTES + NAME_BYTES_MAX)
			return GUESS_NO;
		if (i == in.len)
			return GUESS_MORE;
		if (in.at[i] == ':')
			break;
		if (!is_name_byte(in.at[i]))
			return GUESS_NO;
	}
	return found;
}

static enum guess beginning_fits(struct str in)
{
	enum guess best = output_fits(in);

	for (size_t i = 0; i < ARRAY_SIZE(shapes) && best <= GUESS_MORE; i++) {
		enum guess found = shape_fits(&shapes[i], in);

		if (found != GUESS_NO)
			best = found;
	}
	return best;
}

enum guess fastcgi_guess(struct str in)
{
	enum guess best = GUESS_MORE;

	/* php-fpm reads the end of a question's input after it has answered. */
	while (in.len && (best = shape_fits(&empty_input, in)) == GUESS_ASKING)
		in = str_after(in, empty_input.len);
	return in.len && best == GUESS_NO ? beginning_fits(in) : best;
}
