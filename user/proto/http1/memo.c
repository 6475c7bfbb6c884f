/* SPDX-License-Identifier: Apache-2.0 */
#include "user/proto/http1/memo.h"

enum { IN_VAIN_MAX = 8 };

#define OF_FIRST_LINE (1u << HTTP_METHOD | 1u << HTTP_TARGET)

struct memo memos[SIDES][MEMO_SLOTS];

size_t memo_find(struct memo *memo, struct str in, struct head *head)
{
	if (!memo->len || memo->len > in.len || memo->generation != http_generation() ||
	    memcmp(memo->bytes, in.at, memo->len))
		return 0;
	memo->found = true;
	head->framing = memo->framing;
	head->flags = memo->flags;
	if (memo->status) {
		head->status = memo->status;
		head->version = memo->version;
	}
	for (uint32_t bits = memo->seen; bits; bits &= bits - 1) {
		unsigned int which = (unsigned int)__builtin_ctz(bits);

		head_keep(head, (enum http_text)which,
			  (struct str){ in.at + memo->texts[which].at, memo->texts[which].len });
	}
	return memo->len;
}

static void remember(struct memo *memo, struct str lines, const struct head *head)
{
	memo->generation = http_generation();
	memo->framing = head->framing;
	memo->status = head->status;
	memo->version = head->version;
	memo->flags = head->flags;
	memo->seen = head->seen & ~OF_FIRST_LINE;
	for (uint32_t bits = memo->seen; bits; bits &= bits - 1) {
		unsigned int which = (unsigned int)__builtin_ctz(bits);

		memo->texts[which].at = (uint16_t)(head->texts[which].at - lines.at);
		memo->texts[which].len = (uint16_t)head->texts[which].len;
	}
	memcpy(memo->bytes, lines.at, lines.len);
	memo->len = (uint16_t)lines.len;
}

void memo_keep(struct memo *memo, struct str lines, const struct head *head)
{
	if (lines.len > MEMO_BYTES)
		return;
	memo->in_vain = memo->found ? 0 : memo->in_vain + (memo->in_vain < IN_VAIN_MAX);
	memo->pass = (uint8_t)((1u << memo->in_vain) - 1);
	memo->found = false;
	remember(memo, lines, head);
}
