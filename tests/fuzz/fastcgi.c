/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fastcgi.c - any bytes as either side of FastCGI, whole and cut: no crash, no lie about lengths,
 * nothing borrowed from elsewhere, and bodies that end alike however they come. The first byte
 * chooses where a body is cut in two.
 */
#include <stdlib.h>

#include "user/proto/http/http.h"

extern const struct proto proto_fastcgi;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool inside(struct str text, struct str in)
{
	return !text.len || (text.at >= in.at && text.at + text.len <= in.at + in.len);
}

/* The same end however the body is cut in two, and over bytes that are not seen. */
static void step_over(uint64_t left, struct str body, size_t split)
{
	struct body_state whole = { .left = left }, pieces = whole, hidden;
	struct str first = str_first(body, split);
	ssize_t all = proto_fastcgi.step(&whole, body);
	ssize_t used = proto_fastcgi.step(&pieces, first), more = 0;

	must(all <= (ssize_t)body.len && (all < 0 || whole.done || all == (ssize_t)body.len));
	hidden = pieces;
	if (used >= 0 && !pieces.done)
		more = proto_fastcgi.step(&pieces, str_after(body, (size_t)used));
	if (all < 0) {
		must(used < 0 || more < 0);
		return;
	}
	must(used >= 0 && more >= 0 && used + more == all && pieces.done == whole.done);
	must(pieces.stage == whole.stage && pieces.left == whole.left);
	if (used + more == (ssize_t)body.len && used == (ssize_t)first.len && !hidden.done &&
	    proto_fastcgi.skip(&hidden, (uint64_t)more))
		must(hidden.done == whole.done && hidden.left == whole.left);
}

static bool read_head(struct str in, bool cut, enum side side, size_t split, struct message *ret)
{
	struct message untouched = { .pair = 42 }, m = untouched;
	ssize_t used = proto_fastcgi.parse(in, cut, side, NULL, &m);

	must(used >= PARSE_BAD && used <= (ssize_t)in.len);
	must(used > 0 || !memcmp(&m, &untouched, sizeof(m)));
	must(!cut || used != PARSE_MORE);
	if (used <= 0)
		return false;
	must(m.head_bytes == (size_t)used && (cut || !m.cut) && !m.pair);
	for (unsigned int i = 0; i < MESSAGE_TEXTS; i++)
		must(inside(message_text(&m, i), in));
	if (m.body == BODY_MARKED)
		step_over(m.body_bytes, str_after(in, (size_t)used), split);
	*ret = m;
	return true;
}

/* Texts of our own stand in neither: they are short and printable. */
static bool sound(struct str text, struct str in, const struct buf *scratch)
{
	if (inside(text, in) || inside(text, buf_str(scratch)))
		return true;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	return text.len < 32;
}

static void describe(const struct message *question, const struct message *answer,
		     enum span_kind kind, struct str in)
{
	struct buf scratch = buf_new(2048);
	struct span span = { .kind = kind, .scratch = &scratch };

	span_add_text(&span, STR("network.peer.address"), STR("::1"));
	span_add_int(&span, STR("network.peer.port"), 9000);
	proto_fastcgi.context(question, &span);
	proto_fastcgi.describe(question, answer, &span);
	must(span.name.len && sound(span.name, in, &scratch));
	must(sound(span.error_type, in, &scratch) && scratch.len <= scratch.limit);
	for (size_t i = 0; i < span.attribute_count; i++) {
		const struct attribute *a = &span.attributes[i];

		must(attribute_find(span.attributes, i, a->key) == NULL);
		must(a->type == ATTRIBUTE_INT || sound(a->text, in, &scratch));
	}
	buf_free(&scratch);
}

static void read_both(struct str in, bool cut, size_t split)
{
	struct message question, answer;

	if (read_head(in, cut, ANSWERING, split, &answer) && answer.numbers[HTTP_STATUS])
		must(answer.numbers[HTTP_STATUS] >= 100 && answer.numbers[HTTP_STATUS] <= 999);
	if (!read_head(in, cut, ASKING, split, &question) || question.interim)
		return;
	for (int kind = SPAN_SERVER; kind <= SPAN_CLIENT; kind++) {
		struct str rest = str_after(in, question.head_bytes);
		bool answered = read_head(rest, cut, ANSWERING, split, &answer);

		describe(&question, answered && !answer.interim ? &answer : NULL,
			 (enum span_kind)kind, in);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str headers[] = { STR("x-a"), STR("content-type") };
	static const struct http_options options = { .headers = headers, .header_count = 2 };
	struct str in;

	if (!size)
		return 0;
	http_configure(&options);
	in = (struct str){ (const char *)data + 1, size - 1 };
	proto_fastcgi.guess(in);
	read_both(in, false, data[0]);
	read_both(in, true, data[0]);
	step_over(0, in, data[0]);
	step_over(UINT64_C(7) << 18, in, data[0]);
	proto_fastcgi.ended(ANSWERING, str_after(in, in.len > 8 ? in.len - 8 : 0));
	proto_fastcgi.ended(ASKING, str_after(in, in.len > 8 ? in.len - 8 : 0));
	return 0;
}
