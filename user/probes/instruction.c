/* SPDX-License-Identifier: Apache-2.0 */
#include "user/probes/instruction.h"

#if defined(__x86_64__)
#include <Zydis/Zydis.h>

bool instruction_begins(const uint8_t *text, size_t len, size_t before, bool nop)
{
	ZydisDecodedInstruction instruction;
	ZydisDecoder decoder;
	size_t at = 0;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (;;) {
		if (at >= len || !ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(
					 &decoder, NULL, text + at, len - at, &instruction)))
			return false;
		if (at == before)
			return !nop || instruction.mnemonic == ZYDIS_MNEMONIC_NOP;
		at += instruction.length;
		if (at > before)
			return false;
	}
}
#elif defined(__aarch64__)
#include <string.h>

enum { WORD = 4 };
static const uint32_t nop_word = 0xd503201f;

bool instruction_begins(const uint8_t *text, size_t len, size_t before, bool nop)
{
	uint32_t word;

	if (before % WORD || len < before + WORD)
		return false;
	memcpy(&word, text + before, sizeof(word));
	return !nop || word == nop_word;
}
#endif
