/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_response.c - any answer: the first byte is its kind and status, the rest its
 * body. The judgement's message ends, and only what a partial success says is rejected.
 */
#include <stdlib.h>

#include "user/export/otlp/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 202, 400, 429, 500, 503, 0, 302 };
	struct judgement judgement;
	struct http_answer answer = {};

	if (!size)
		return 0;
	answer.status = statuses[data[0] & 7];
	answer.is_protobuf = data[0] & 8;
	answer.is_json = data[0] & 16;
	answer.failure = "failed";
	answer.body = (struct str){ (const char *)data + 1, size - 1 };
	answer_judge(&answer, &judgement);
	if (strnlen(judgement.message, sizeof(judgement.message)) == sizeof(judgement.message))
		abort();
	if (judgement.rejected && judgement.fate != FATE_PARTIAL)
		abort();
	return 0;
}
