/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/answer.h"

#include <assert.h>
#include <stdlib.h>

#include "user/export/otlp/answer.pb-c.h"

/* Room to decode in: a message that needs more (it repeats fields a thousandfold) is refused. */
enum { DECODE_BYTES = 128 << 10 };

struct room {
	size_t left;
};

static void *room_alloc(void *data, size_t size)
{
	struct room *room = data;

	if (size > room->left)
		return NULL;
	room->left -= size;
	return malloc(size ? size : 1);
}

static void room_free(void *data, void *pointer)
{
	(void)data;
	free(pointer);
}

static void keep_message(const char *text, struct judgement *ret)
{
	size_t len = text ? strnlen(text, sizeof(ret->message) - 1) : 0;

	if (len)
		memcpy(ret->message, text, len);
	ret->message[len] = '\0';
}

static enum fate judge_protobuf(struct str body, struct judgement *ret)
{
	struct room room = { DECODE_BYTES };
	ProtobufCAllocator allocator = { room_alloc, room_free, &room };
	enum fate fate = FATE_ACCEPTED;
	Sonde__Otlp__Answer *answer =
		sonde__otlp__answer__unpack(&allocator, body.len, (const uint8_t *)body.at);

	if (!answer)
		return FATE_UNREADABLE;
	/* Some receivers send an empty one where all was taken. */
	if (answer->partial_success) {
		if (answer->partial_success->rejected > 0)
			ret->rejected = (uint64_t)answer->partial_success->rejected;
		keep_message(answer->partial_success->error_message, ret);
		if (ret->rejected || ret->message[0])
			fate = FATE_PARTIAL;
	}
	sonde__otlp__answer__free_unpacked(answer, &allocator);
	return fate;
}

/* The receiver's reason for a refusal: google.rpc.Status, or the start of a text. */
static void keep_reason(const struct http_answer *answer, struct judgement *ret)
{
	struct room room = { DECODE_BYTES };
	ProtobufCAllocator allocator = { room_alloc, room_free, &room };
	char text[ANSWER_MESSAGE_BYTES];
	struct str start = str_first(answer->body, sizeof(text) - 1);
	Sonde__Otlp__Refusal *refusal;

	if (!answer->is_protobuf) {
		if (start.len)
			memcpy(text, start.at, start.len);
		text[start.len] = '\0';
		keep_message(text, ret);
		return;
	}
	refusal = sonde__otlp__refusal__unpack(&allocator, answer->body.len,
					       (const uint8_t *)answer->body.at);
	if (!refusal)
		return;
	keep_message(refusal->message, ret);
	sonde__otlp__refusal__free_unpacked(refusal, &allocator);
}

static bool is_retryable(int status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

void answer_judge(const struct http_answer *answer, struct judgement *ret)
{
	*ret = (struct judgement){ .fate = FATE_REFUSED };
	if (answer->too_large) {
		ret->fate = FATE_UNREADABLE;
		keep_message("the answer is too long", ret);
	} else if (!answer->status) {
		ret->fate = FATE_RETRY;
		keep_message(answer->failure, ret);
	} else if (answer->status < 200 || answer->status > 299) {
		ret->fate = is_retryable(answer->status) ? FATE_RETRY : FATE_REFUSED;
		keep_reason(answer, ret);
	} else if (!answer->body.len) {
		ret->fate = FATE_ACCEPTED;
	} else if (answer->is_json && answer->body.at[0] == '{') {
		ret->fate = FATE_ACCEPTED;
	} else if (answer->is_protobuf) {
		ret->fate = judge_protobuf(answer->body, ret);
	} else {
		ret->fate = FATE_UNREADABLE;
		keep_reason(answer, ret);
	}
}

const char *fate_name(enum fate fate)
{
	static const char *const names[] = {
		[FATE_ACCEPTED] = "accepted",	  [FATE_PARTIAL] = "partial",
		[FATE_RETRY] = "retried",	  [FATE_REFUSED] = "refused",
		[FATE_UNREADABLE] = "unreadable",
	};

	static_assert(sizeof(names) / sizeof(names[0]) == FATES, "a name each");
	return names[fate];
}
