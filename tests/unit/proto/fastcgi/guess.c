/* SPDX-License-Identifier: Apache-2.0 */
/* guess.c - mirrors user/proto/fastcgi/guess.c */
#include "tests/test.h"
#include "tests/unit/proto/fastcgi/build.h"

static const struct {
	const char *words;
	enum guess guess;
} fastcgi[] = {
	{ "begin", GUESS_ASKING },
	{ "begin:3@9", GUESS_ASKING },
	{ "begin|params:A=b", GUESS_ASKING },
	{ "stdin", GUESS_ASKING },
	{ "stdin|stdin@2|begin@2", GUESS_ASKING },
	{ "values:\x0e", GUESS_MORE },
	{ "stdout:Content-type: text/html", GUESS_ANSWERING },
	{ "stdout:X_a: b", GUESS_ANSWERING },
	{ "stdout:P3P: b", GUESS_ANSWERING },
	{ "stdout:A[b]: c", GUESS_NO },
	{ "stdout:Status", GUESS_MORE },
	{ "stderr:no", GUESS_ANSWERING },
	{ "end", GUESS_ANSWERING },
	{ "end+4:3", GUESS_ANSWERING },
	/* near, and something else */
	{ "begin:0", GUESS_NO },
	{ "begin:4", GUESS_NO },
	{ "begin@0", GUESS_NO },
	{ "begin+1", GUESS_NO },
	{ "end:4", GUESS_NO },
	{ "end@0", GUESS_NO },
	{ "params:A=b", GUESS_NO },
	{ "stdin:abc", GUESS_NO },
	{ "stdin@0", GUESS_NO },
	{ "stdin|stdout:A: b", GUESS_ANSWERING },
	{ "stdin|params:A=b", GUESS_NO },
	{ "stdout:12", GUESS_NO },
	{ "stdout:A b: c", GUESS_NO },
	{ "stdout:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: b",
	  GUESS_NO },
	{ "values:\x0e_A", GUESS_NO },
};

TEST(fastcgi_guess_tells_it_from_what_is_near)
{
	EACH(i, fastcgi) {
		struct str in = fastcgi_build(fastcgi[i].words);
		enum guess guess = proto_fastcgi.guess(in);

		free((void *)(uintptr_t)in.at);
		if (guess != fastcgi[i].guess)
			puts(fastcgi[i].words);
		CHECK(guess == fastcgi[i].guess);
	}
}

static const struct {
	struct str in;
	enum guess guess;
} others[] = {
	{ STR(""), GUESS_MORE },
	{ STR("\1"), GUESS_MORE },
	{ STR("\1\1\0"), GUESS_MORE },
	{ STR("\1\1\0\1\0\x08\0\0\0\1"), GUESS_MORE },
	{ STR("\1\x09\0\0\0\x10\0\0\x0e\0FCGI_MAX_CONNS"), GUESS_ASKING },
	{ STR("\1\x0a\0\0\0\x11\0\0\x0e\1FCGI_MAX_CONNS1"), GUESS_ANSWERING },
	{ STR("\1\1\0\1\0\x08\0\0\0\1\2"), GUESS_NO },
	{ STR("\1\1\0\1\0\x08\0\0\0\1\0\0\0\0\0\1"), GUESS_NO },
	{ STR("\2\1\0\1\0\x08"), GUESS_NO },
	{ STR("\1\1\0\1\0\x09"), GUESS_NO },
	{ STR("GET / HTTP/1.1\r\n\r\n"), GUESS_NO },
	{ STR("HTTP/1.1 200 OK\r\n\r\n"), GUESS_NO },
	{ STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), GUESS_NO },
	{ STR("\x16\x03\x01\x02\0\1\0\1"), GUESS_NO },
	{ STR("*1\r\n$4\r\nPING\r\n"), GUESS_NO },
	{ STR("\1\0\0\0\1"), GUESS_NO },
	{ STR("\0\0\0\x08\4\xd2\x16\x2f"), GUESS_NO }, /* PostgreSQL, SSLRequest */
	{ STR("\1\5\0\0\0\6\1\3\0\0\0\1"), GUESS_NO }, /* Modbus */
	{ STR("\1\5\0\x2a\1\0\0\1"), GUESS_NO },       /* DNS, 261 bytes */
	{ STR("\0\0\0\0"), GUESS_NO },
};

TEST(fastcgi_guess_tells_it_from_others)
{
	EACH(i, others)
		CHECK(proto_fastcgi.guess(others[i].in) == others[i].guess);
}

/* Which protocol is asked first does not matter. */
TEST(no_other_protocol_takes_fastcgi_for_its_own)
{
	EACH(i, fastcgi) {
		struct str in = fastcgi_build(fastcgi[i].words);
		bool alone = true;

		for (size_t p = 0; protos[p]; p++)
			if (protos[p] != &proto_fastcgi && protos[p]->guess(in) != GUESS_NO)
				alone = false;
		free((void *)(uintptr_t)in.at);
		CHECK(alone);
	}
}
