/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1.c - any bytes as either side of HTTP/1, whole and cut: no crash, no lie
 * about lengths, nothing borrowed from elsewhere. The first byte chooses where
 * the input is split into a question and an answer, or a body into pieces.
 */
#include <stdlib.h>

#include "user/proto/http/http.h"

extern const struct proto proto_http1;
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

/* What is remembered of this input and those before does not show. */
static void must_be_as_if_new(struct str in, bool cut, enum side side,
			      const struct message *question)
{
	struct message remembered = {}, anew = {};
	ssize_t used;

	for (int round = 0; round < 3; round++)
		used = proto_http1.parse(in, cut, side, question, &remembered);
	http_configure(NULL);
	must(proto_http1.parse(in, cut, side, question, &anew) == used);
	remembered.numbers[HTTP_GENERATION] = anew.numbers[HTTP_GENERATION];
	/* Of those that are remembered another one each time. */
	remembered.likeness = anew.likeness;
	remembered.sameness = anew.sameness;
	must(!memcmp(&remembered, &anew, sizeof(anew)));
}

static bool read_head(struct str in, bool cut, enum side side, const struct message *question,
		      struct message *ret)
{
	struct message untouched = { .pair = 42 }, m = untouched;
	ssize_t used = proto_http1.parse(in, cut, side, question, &m);

	must_be_as_if_new(in, cut, side, question);
	must(used >= PARSE_BAD && used <= (ssize_t)in.len);
	must(used > 0 || !memcmp(&m, &untouched, sizeof(m)));
	must(!cut || used != PARSE_MORE);
	if (used <= 0)
		return false;
	must(m.head_bytes == (size_t)used && (cut || !m.cut) && !m.pair);
	for (size_t i = 0; i < MESSAGE_TEXTS; i++)
		must(inside(message_text(&m, (unsigned int)i), in));
	*ret = m;
	return true;
}

/* Texts of our own stand in neither: they are printable words. */
static bool sound(struct str text, struct str in, struct str answer, const struct buf *scratch)
{
	if (inside(text, in) || inside(text, answer) || inside(text, buf_str(scratch)))
		return true;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	return text.len < 32;
}

static void describe(const struct message *question, const struct message *answer,
		     enum span_kind kind, struct str in, struct str rest)
{
	struct buf scratch = buf_new(2048);
	struct span span = { .kind = kind, .scratch = &scratch };

	span_add_text(&span, STR("network.peer.address"), STR("::1"));
	span_add_int(&span, STR("network.peer.port"), 80);
	proto_http1.context(question, &span);
	proto_http1.describe(question, answer, &span);
	must(span.name.len && sound(span.name, in, rest, &scratch));
	must(sound(span.error_type, in, rest, &scratch));
	must(sound(span.context.state, in, rest, &scratch));
	must(scratch.len <= scratch.limit);
	for (size_t i = 0; i < span.attribute_count; i++) {
		const struct attribute *a = &span.attributes[i];

		must(attribute_find(span.attributes, i, a->key) == NULL);
		must(a->type == ATTRIBUTE_INT || sound(a->text, in, rest, &scratch));
	}
	buf_free(&scratch);
}

/* The same end however the body is cut in two. */
static void step_over(struct str body, size_t split)
{
	struct body_state whole = {}, pieces = {};
	ssize_t all = proto_http1.step(&whole, body);
	ssize_t first = proto_http1.step(&pieces, str_first(body, split));
	ssize_t second = 0;

	must(all <= (ssize_t)body.len && (all < 0 || whole.done || all == (ssize_t)body.len));
	if (first >= 0 && !pieces.done)
		second = proto_http1.step(&pieces, str_after(body, (size_t)first));
	if (all < 0)
		must(first < 0 || second < 0);
	else
		must(first >= 0 && second >= 0 && first + second == all &&
		     pieces.done == whole.done && pieces.stage == whole.stage &&
		     pieces.left == whole.left);
	proto_http1.ended(ANSWERING, str_after(body, body.len > 8 ? body.len - 8 : 0));
}

static void read_both(struct str in, bool cut)
{
	struct message question, answer;
	struct str rest = in;

	if (read_head(in, cut, ANSWERING, NULL, &answer))
		must(answer.numbers[HTTP_STATUS] >= 100 && answer.numbers[HTTP_STATUS] <= 999);
	if (!read_head(in, cut, ASKING, NULL, &question))
		return;
	must(message_text(&question, HTTP_METHOD).len && message_text(&question, HTTP_TARGET).len);
	rest = str_after(in, question.head_bytes);
	for (int kind = SPAN_SERVER; kind <= SPAN_CLIENT; kind++) {
		bool answered = read_head(rest, cut, ANSWERING, &question, &answer);

		describe(&question, answered ? &answer : NULL, (enum span_kind)kind, in, rest);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str headers[] = { STR("x-a"), STR("accept") };
	static const struct http_ignore ignore[] = { { .pattern = STR("/healthz"),
						       .traces = true } };
	static const struct http_options options = {
		.headers = headers, .header_count = 2, .ignore = ignore, .ignore_count = 1
	};
	struct str in;

	if (!size)
		return 0;
	http_configure(&options);
	in = (struct str){ (const char *)data + 1, size - 1 };
	proto_http1.guess(in);
	read_both(in, false);
	read_both(in, true);
	step_over(in, data[0] < in.len ? data[0] : in.len / 2);
	return 0;
}
