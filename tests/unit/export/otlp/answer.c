/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - mirrors user/export/otlp/answer.c */
#include "user/export/otlp/answer.h"
#include "tests/test.h"

static const struct {
	struct http_answer answer;
	enum fate fate;
	uint64_t rejected;
	const char *message;
} rows[] = {
	{ { .status = 200 }, FATE_ACCEPTED, 0, "" },
	{ { .status = 202 }, FATE_ACCEPTED, 0, "" },
	{ { .status = 200, .is_protobuf = true, .body = STR("\x0a\0") }, FATE_ACCEPTED, 0, "" },
	{ { .status = 200, .is_json = true, .body = STR("{}") }, FATE_ACCEPTED, 0, "" },
	{ { .status = 200, .is_protobuf = true, .body = STR("\x0a\x02\x08\x05") },
	  FATE_PARTIAL,
	  5,
	  "" },
	{ { .status = 200, .is_protobuf = true, .body = STR("\x0a\x04\x12\x02hm") },
	  FATE_PARTIAL,
	  0,
	  "hm" },
	/* -1 rejected: a lie, and nothing is taken away for it */
	{ { .status = 200,
	    .is_protobuf = true,
	    .body = STR("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
	  FATE_ACCEPTED,
	  0,
	  "" },
	{ { .status = 200, .is_protobuf = true, .body = STR("\x0a\x7f\x08") },
	  FATE_UNREADABLE,
	  0,
	  "" },
	{ { .status = 200, .body = STR("<html>") }, FATE_UNREADABLE, 0, "<html>" },
	{ { .status = 200, .too_large = true }, FATE_UNREADABLE, 0, "the answer is too long" },
	{ { .failure = "no route" }, FATE_RETRY, 0, "no route" },
	{ { .status = 429 }, FATE_RETRY, 0, "" },
	{ { .status = 502 }, FATE_RETRY, 0, "" },
	{ { .status = 503, .body = STR("busy") }, FATE_RETRY, 0, "busy" },
	{ { .status = 504 }, FATE_RETRY, 0, "" },
	{ { .status = 500 }, FATE_REFUSED, 0, "" },
	{ { .status = 408 }, FATE_REFUSED, 0, "" },
	{ { .status = 307 }, FATE_REFUSED, 0, "" },
	{ { .status = 400,
	    .is_protobuf = true,
	    .body = STR("\x08\x03\x12\x03"
			"bad") },
	  FATE_REFUSED,
	  0,
	  "bad" },
	{ { .status = 400, .is_protobuf = true, .body = STR("\xff") }, FATE_REFUSED, 0, "" },
};

TEST(an_answer_means_what_the_specification_says)
{
	EACH(i, rows) {
		struct judgement judgement;

		answer_judge(&rows[i].answer, &judgement);
		CHECK(judgement.fate == rows[i].fate);
		CHECK(judgement.rejected == rows[i].rejected);
		CHECK(!strcmp(judgement.message, rows[i].message));
	}
}

TEST(a_message_is_cut)
{
	struct judgement judgement;
	struct http_answer answer = { .status = 400 };
	char text[2000];

	memset(text, 'x', sizeof(text));
	answer.body = (struct str){ text, sizeof(text) };
	answer_judge(&answer, &judgement);
	CHECK(strlen(judgement.message) == ANSWER_MESSAGE_BYTES - 1);
}

TEST(an_answer_of_a_million_fields_is_not_decoded)
{
	enum { BYTES = 4 << 20 };
	struct judgement judgement;
	struct http_answer answer = { .status = 200, .is_protobuf = true };
	char *fields = malloc(BYTES);

	for (size_t i = 0; i < BYTES; i += 2)
		memcpy(fields + i, "\x78\x01", 2); /* field 15, a number */
	answer.body = (struct str){ fields, BYTES };
	answer_judge(&answer, &judgement);
	free(fields);
	CHECK(judgement.fate == FATE_UNREADABLE);
}
