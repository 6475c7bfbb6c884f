/* SPDX-License-Identifier: Apache-2.0 */
/* body.c - where a message's body ends. RFC 9112 sections 6.1 to 6.3. */
#include "user/proto/http1/http1.h"

/* More digits would not fit 64 bits, and no body is that long. */
enum { LENGTH_DIGITS = 19 };

static inline bool length_read(struct str digits, uint64_t *ret)
{
	uint64_t number = 0;

	if (!digits.len)
		return false;
	while (digits.len > 1 && digits.at[0] == '0')
		digits = str_after(digits, 1);
	if (digits.len > LENGTH_DIGITS)
		return false;
	for (const char *at = digits.at; at < digits.at + digits.len; at++) {
		unsigned int digit = (unsigned int)*at - '0';

		if (digit > 9)
			return false;
		number = number * 10 + digit;
	}
	*ret = number;
	return true;
}

static bool framing_agree(struct framing *framing, uint64_t length)
{
	if (framing->has_length && framing->length != length)
		return false;
	framing->has_length = true;
	framing->length = length;
	return true;
}

/* "7, 7": RFC 9112 6.3 item 5 lets one of a list of the same stand for all. */
__attribute__((noinline)) static bool add_length_list(struct framing *framing, struct str value)
{
	struct str part;
	uint64_t length;

	if (!value.len)
		return false;
	while (take_part(&value, ',', &part))
		if (!length_read(trim_blank(part), &length) || !framing_agree(framing, length))
			return false;
	return true;
}

bool framing_add_length(struct framing *framing, struct str value)
{
	uint64_t length;

	if (length_read(value, &length))
		return framing_agree(framing, length);
	return add_length_list(framing, value);
}

void framing_add_coding(struct framing *framing, struct str value)
{
	struct str coding, name;

	while (take_part(&value, ',', &coding)) {
		coding = trim_blank(coding);
		if (!take_part(&coding, ';', &name))
			continue;
		name = trim_blank(name);
		/* Of RFC 2616, and still said: no coding at all. */
		if (str_eq_nocase(name, STR("identity")))
			continue;
		framing->has_coding = true;
		framing->chunked = str_eq_nocase(name, STR("chunked"));
	}
}

/* 101 hands over when the question asked for it, or may have: RFC 9110 7.8. */
static bool upgrade_was_asked(const struct message *question)
{
	return !question || question->cut || message_text(question, HTTP_UPGRADE).len;
}

/* Answers that have no body whatever their headers say: items 1 and 2. */
static inline bool answer_ends_here(int status, const struct message *question, struct message *ret)
{
	struct str method = question ? message_text(question, HTTP_METHOD) : (struct str){};

	if (status == 101) {
		ret->hands_over = upgrade_was_asked(question);
		return true;
	}
	if (status < 200) {
		ret->interim = true;
		return true;
	}
	if (status < 300 && str_eq(method, STR("CONNECT"))) {
		ret->hands_over = true;
		return true;
	}
	return status == 204 || status == 304 || str_eq(method, STR("HEAD"));
}

void body_decide(const struct framing *framing, enum side side, const struct message *question,
		 struct message *ret)
{
	if (side == ANSWERING && answer_ends_here((int)ret->numbers[HTTP_STATUS], question, ret))
		return;
	if (framing->chunked) {
		ret->body = BODY_MARKED;
	} else if (framing->has_coding) {
		/* Of a question this is an error that its server will tell: item 4. */
		ret->body = side == ASKING ? BODY_UNKNOWN : BODY_TO_CLOSE;
	} else if (framing->has_length) {
		ret->body = framing->length ? BODY_COUNTED : BODY_NONE;
		ret->body_bytes = framing->length;
	} else if (ret->cut) {
		ret->body = BODY_UNKNOWN;
	} else if (side == ANSWERING) {
		ret->body = BODY_TO_CLOSE;
	}
}
