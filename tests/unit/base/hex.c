/* SPDX-License-Identifier: Apache-2.0 */
/* hex.c - mirrors user/base/hex.h */
#include "user/base/hex.h"
#include "tests/test.h"

TEST(bytes_become_lower_case_digits_all_or_none)
{
	static const uint8_t id[] = { 0x00, 0x9f, 0xa0, 0xff };
	struct buf to = buf_new(10);

	buf_add_hex(&to, id, sizeof(id));
	CHECK(str_eq(buf_str(&to), STR("009fa0ff")) && !to.full);
	buf_add_hex(&to, id, 2);
	CHECK(to.len == 8 && to.full);
	buf_free(&to);
}
