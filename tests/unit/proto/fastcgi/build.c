/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/fastcgi/build.h"

#include "tests/test.h"

static const struct {
	struct str name;
	char type;
} types[] = {
	{ STR("begin"), 1 },  { STR("abort"), 2 },   { STR("end"), 3 },	     { STR("params"), 4 },
	{ STR("stdin"), 5 },  { STR("stdout"), 6 },  { STR("stderr"), 7 },   { STR("data"), 8 },
	{ STR("values"), 9 }, { STR("result"), 10 }, { STR("unknown"), 11 }, { STR("strange"), 99 },
};

static void add_length(struct buf *to, size_t len)
{
	if (len > 127) {
		buf_add_byte(to, (char)0x80);
		buf_add_byte(to, (char)(len >> 16));
		buf_add_byte(to, (char)(len >> 8));
	}
	buf_add_byte(to, (char)len);
}

static void add_pairs(struct buf *to, struct str pairs)
{
	struct str pair, name;

	while (take_part(&pairs, ',', &pair)) {
		take_until(&pair, '=', &name);
		add_length(to, name.len);
		add_length(to, pair.len);
		buf_add(to, name);
		buf_add(to, pair);
	}
}

static void add_content(struct buf *to, char type, struct str content)
{
	char digit = content.len ? (char)(content.at[0] - '0') : (char)(type == 1);

	if (type == 1)
		buf_add(to, (struct str){ (char[8]){ 0, digit }, 8 });
	else if (type == 3)
		buf_add(to, (struct str){ (char[8]){ 0, 0, 0, 0, digit }, 8 });
	else if (type == 4)
		add_pairs(to, content);
	else
		buf_add(to, content);
}

static char suffix(struct str *word, char mark, char otherwise)
{
	const char *at = memchr(word->at, mark, word->len);

	if (!at)
		return otherwise;
	word->len = (size_t)(at - word->at);
	return (char)(at[1] - '0');
}

static void add_record(struct buf *to, struct str word)
{
	struct buf content = buf_new(1 << 16);
	struct str name;
	char type = 0, id, padding;

	take_part(&word, ':', &name);
	padding = suffix(&name, '+', 0);
	id = suffix(&name, '@', 1);
	EACH(i, types)
		if (str_eq(types[i].name, name))
			type = types[i].type;
	if (type)
		add_content(&content, type, word);
	else
		buf_add(to, word);
	if (type > 8)
		id = 0;
	if (type)
		buf_add(to, (struct str){ (char[8]){ 1, type, 0, id, (char)(content.len >> 8),
						     (char)content.len, padding },
					  8 });
	buf_add(to, buf_str(&content));
	buf_add(to, (struct str){ "\0\0\0\0\0\0\0\0\0", (size_t)padding });
	buf_free(&content);
}

struct str fastcgi_build(const char *words)
{
	struct buf bytes = buf_new(1 << 17);
	struct str rest = str_of(words), word, made;

	while (take_part(&rest, '|', &word))
		add_record(&bytes, word);
	made = (struct str){ test_tight(bytes.at, bytes.len), bytes.len };
	buf_free(&bytes);
	return made;
}
