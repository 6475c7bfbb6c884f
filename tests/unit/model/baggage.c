/* SPDX-License-Identifier: Apache-2.0 */
/* baggage.c - mirrors user/model/baggage.c: https://www.w3.org/TR/baggage/ section 3.3. */
#include "user/model/baggage.h"
#include "tests/test.h"
#include "user/base/mem.h"

static const struct {
	struct str in, key, value;
} good[] = {
	{ STR("userId=alice"), STR("userId"), STR("alice") },
	{ STR("serverNode=DF%2028"), STR("serverNode"), STR("DF%2028") },
	{ STR("key1=value1;property1;property2"), STR("key1"), STR("value1") },
	{ STR(" key2 =\tvalue2 "), STR("key2"), STR("value2") },
	{ STR("k = v ; p = q"), STR("k"), STR("v") },
	{ STR("k=a=b=="), STR("k"), STR("a=b==") },
	{ STR("k="), STR("k"), STR("") },
	{ STR("k=;p"), STR("k"), STR("") },
	{ STR("!#$%&'*+-.^_`|~09azAZ=x"), STR("!#$%&'*+-.^_`|~09azAZ"), STR("x") },
};

static const struct str bad[] = {
	STR(""),	STR("k"),     STR("=v"),     STR(" =v"),   STR(";k=v"),
	STR("k;p=v"),	STR("a b=v"), STR("a\"b=v"), STR("k\0=v"), STR("k\xc3\xa4=v"),
	STR("k\x7f=v"), STR("a/b=v"), STR("(a)=v"),  STR("a:b=v"), STR("k\r=v"),
};

TEST(a_member_of_baggage_is_key_and_value_without_properties)
{
	EACH(i, good) {
		struct baggage_member member;
		char *copy = test_tight(good[i].in.at, good[i].in.len);

		CHECK(baggage_member_parse((struct str){ copy, good[i].in.len }, &member));
		CHECK(str_eq(member.key, good[i].key) && str_eq(member.value, good[i].value));
		free(copy);
	}
}

TEST(what_is_no_member_of_baggage_is_refused)
{
	EACH(i, bad) {
		struct baggage_member member = { .key = STR("untouched") };

		CHECK(!baggage_member_parse(bad[i], &member));
		CHECK(str_eq(member.key, STR("untouched")));
	}
}

static const struct {
	struct str in, want;
} codes[] = {
	{ STR(""), STR("") },
	{ STR("plain"), STR("plain") },
	{ STR("DF%2028"), STR("DF 28") },
	{ STR("%C3%a4%00%ff"), STR("\xc3\xa4\0\xff") },
	{ STR("100%"), STR("100%") },
	{ STR("%2"), STR("%2") },
	{ STR("%zz%%41%4"), STR("%zz%A%4") },
	{ STR("a+b%2Bc"), STR("a+b+c") },
};

TEST(a_value_of_baggage_is_percent_decoded_where_it_is_encoded)
{
	EACH(i, codes) {
		_cleanup_(buf_free) struct buf to = buf_new(64);
		char *copy = test_tight(codes[i].in.at, codes[i].in.len);

		CHECK(!baggage_decode((struct str){ copy, codes[i].in.len }, &to));
		free(copy);
		CHECK(str_eq(buf_str(&to), codes[i].want));
	}
}

TEST(a_value_of_baggage_that_finds_no_room_is_left_out_whole)
{
	_cleanup_(buf_free) struct buf to = buf_new(4);

	CHECK(!baggage_decode(STR("%41"), &to));
	CHECK(baggage_decode(STR("%42%43%44%45"), &to) && str_eq(buf_str(&to), STR("A")));
}

TEST(keys_of_baggage_are_wanted_by_name_or_by_how_they_begin)
{
	static const struct str names[] = { STR("tenant"), STR("user.*"), STR("a*b") };
	static const struct {
		struct str key;
		bool wanted;
	} rows[] = {
		{ STR("tenant"), true },  { STR("tenan"), false },    { STR("tenants"), false },
		{ STR("Tenant"), false }, { STR("user.id"), true },   { STR("user."), true },
		{ STR("user"), false },	  { STR("xuser.id"), false }, { STR("a*b"), true },
		{ STR("axb"), false },
	};
	static const struct str all[] = { STR("*") };

	EACH(i, rows) {
		CHECK(baggage_wanted(names, 3, rows[i].key) == rows[i].wanted);
		CHECK(!baggage_wanted(names, 0, rows[i].key));
		CHECK(baggage_wanted(all, 1, rows[i].key));
	}
}
