/* SPDX-License-Identifier: Apache-2.0 */
/* proto.c - mirrors user/proto/proto.h: the texts of a message. */
#include "user/proto/proto.h"
#include "tests/test.h"

static char head[MESSAGE_HEAD_MAX + 2];

TEST(a_message_s_texts_go_where_its_base_goes)
{
	static const char copy[] = "..GET /b";
	struct message m = { .base = "  GET /a" };

	message_set_text(&m, 0, (struct str){ m.base + 2, 3 });
	message_set_text(&m, 20, (struct str){ m.base + 6, 2 });
	CHECK(str_eq(message_text(&m, 0), STR("GET")) && str_eq(message_text(&m, 20), STR("/a")));
	CHECK(!message_text(&m, 1).len && m.text_bytes == 8);
	m.base = copy;
	CHECK(message_text(&m, 0).at == copy + 2 && str_eq(message_text(&m, 20), STR("/b")));
}

TEST(a_message_s_text_that_ends_too_far_behind_its_base_is_left_out)
{
	static const struct {
		size_t at, len;
		bool fits;
	} rows[] = {
		{ 0, MESSAGE_HEAD_MAX, true },	    { 0, MESSAGE_HEAD_MAX + 1, false },
		{ MESSAGE_HEAD_MAX, 0, true },	    { MESSAGE_HEAD_MAX - 1, 1, true },
		{ MESSAGE_HEAD_MAX - 1, 2, false }, { MESSAGE_HEAD_MAX, 1, false },
		{ MESSAGE_HEAD_MAX + 1, 0, false }, { MESSAGE_HEAD_MAX + 1, 1, false },
	};

	EACH(i, rows) {
		struct message m = { .base = head };

		message_set_text(&m, 3, (struct str){ head + rows[i].at, rows[i].len });
		CHECK(m.present == (rows[i].fits ? 1u << 3 : 0));
		CHECK(m.text_bytes == (rows[i].fits ? rows[i].at + rows[i].len : 0));
		CHECK(message_text(&m, 3).len == (rows[i].fits ? rows[i].len : 0));
	}
	{
		struct message m = { .base = head + 1 };

		message_set_text(&m, 3, (struct str){ head, 1 });
		CHECK(!m.present);
	}
}
