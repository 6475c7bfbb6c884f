/* SPDX-License-Identifier: Apache-2.0 */
/* route_guess.c - mirrors user/model/route_guess.c */
#include "user/model/route_guess.h"
#include "tests/test.h"

static const struct str identifiers[] = {
	STR("0"),
	STR("42"),
	STR("-17"),
	STR("3.14"),
	STR("1,2,3"),
	STR("2024-01-31"),
	STR("2024-01-31T10:00:00Z"),
	STR("20240131"),
	STR("10.0.0.1"),
	STR("123e4567-e89b-12d3-a456-426614174000"),
	STR("123E4567-E89B-12D3-A456-426614174000"),
	STR("abcdefab-cdef-1bcd-abcd-abcdefabcdef"),
	STR("d41d8cd98f00b204e9800998ecf8427e"),
	STR("deadbeefcafebabe"),
	STR("deadbee7"),
	STR("507f1f77bcf86cd799439011"),
	STR("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
	STR("dQw4w9WgXcQ"),
	STR("cus_9NffrFeUfNV2Hib"),
	STR("eyJhbGciOiJIUzI1NiJ9"),
	STR("user12345"),
	STR("abc123def456"),
	STR("ORD-2024-0001"),
	STR("A1B2C3"),
	STR("main.5f3a9c1b.js"),
	STR("ann@example.com"),
	STR("ann%40example.com"),
	STR("a\x1b[31m"),
	STR("gr\xc3\xbcn"),
	STR("{id}"),
	STR("a\0b"),
	STR("abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcdefghijklmnop"),
};

static const struct str words[] = {
	STR("users"),
	STR("api"),
	STR("v1"),
	STR("v1beta1"),
	STR("v2.1"),
	STR("oauth2"),
	STR("s3"),
	STR("index.html"),
	STR("404.html"),
	STR("2fa"),
	STR("3d"),
	STR("i18n"),
	STR("k8s"),
	STR("sha256"),
	STR("base64"),
	STR("rfc3339"),
	STR("utf-8"),
	STR("oauth2callback"),
	STR("log4j2"),
	STR("ipv6"),
	STR("getUserById2"),
	STR("base64Encode"),
	STR("jquery-3.6.0.min.js"),
	STR("facade"),
	STR("deadbeef"),
	STR("@angular"),
	STR("caf%C3%A9"),
	STR("hello%20world"),
	STR("%2F%2F%2F%20%20"),
	STR("search:all"),
	STR("."),
	STR("-"),
	STR("getUserByIdAndNameOrEmailAddress"),
	STR("terms-and-conditions"),
	STR(".well-known"),
	STR("API"),
};

TEST(identifiers_are_told_from_words)
{
	EACH(i, identifiers) {
		char *copy = test_tight(identifiers[i].at, identifiers[i].len);
		bool is = route_is_identifier((struct str){ copy, identifiers[i].len });

		free(copy);
		if (!is)
			printf("taken for a word: %.*s\n", STR_ARGS(identifiers[i]));
		CHECK(is);
	}
	EACH(i, words) {
		if (route_is_identifier(words[i]))
			printf("taken for an identifier: %.*s\n", STR_ARGS(words[i]));
		CHECK(!route_is_identifier(words[i]));
	}
}
