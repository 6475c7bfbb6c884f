/* SPDX-License-Identifier: Apache-2.0 */
#include "user/elf/prologue.h"

#include <Zydis/Zydis.h>
#include <errno.h>
#include <stdlib.h>

#include "user/base/mem.h"
#include "user/elf/inside.h"

/* Functions that are probed are some hundreds of bytes long; of a longer one branches stay unknown. */
enum { BODY_BYTES = 64 << 10 };

struct instruction {
	ZydisDecodedInstruction info;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static bool decode(struct str code, struct instruction *ret)
{
	ZydisDecoder decoder;

	return ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
					     ZYDIS_STACK_WIDTH_64)) &&
	       ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code.at, code.len, &ret->info,
						   ret->operands));
}

/* What arch/x86/kernel/uprobes.c emulates: by its first bytes, for a prefix makes it another. */
static bool is_cheap(struct str code)
{
	const unsigned char *b = (const unsigned char *)code.at;
	bool two = code.len > 1;

	if (!code.len)
		return false;
	if ((b[0] >= 0x50 && b[0] <= 0x57) || (b[0] >= 0x70 && b[0] <= 0x7f))
		return true;
	if (b[0] == 0x90 || b[0] == 0xe8 || b[0] == 0xe9 || b[0] == 0xeb)
		return true;
	return (two && b[0] == 0x41 && b[1] >= 0x50 && b[1] <= 0x57) ||
	       (two && b[0] == 0x0f && b[1] >= 0x80 && b[1] <= 0x8f);
}

static bool is_push(struct str code)
{
	unsigned char first = code.len ? (unsigned char)code.at[0] : 0;

	return first >= 0x50 && first <= 0x57;
}

/* Such as do nothing: the mark of a branch's target, and filling. */
static bool does_nothing(const ZydisDecodedInstruction *info)
{
	return info->mnemonic == ZYDIS_MNEMONIC_ENDBR64 || info->mnemonic == ZYDIS_MNEMONIC_NOP;
}

static bool is_plain(const ZydisDecodedInstruction *info)
{
	return info->meta.category == ZYDIS_CATEGORY_DATAXFER ||
	       info->meta.category == ZYDIS_CATEGORY_LOGICAL ||
	       info->meta.category == ZYDIS_CATEGORY_BINARY || info->mnemonic == ZYDIS_MNEMONIC_LEA;
}

static bool is_argument(ZydisRegister wide, enum convention convention)
{
	/* As they are numbered in instructions. */
	static const uint16_t at[] = {
		AT_AX, AT_CX, AT_DX,  AT_BX,  AT_SP,  AT_BP,  AT_SI,  AT_DI,
		AT_R8, AT_R9, AT_R10, AT_R11, AT_R12, AT_R13, AT_R14, AT_R15
	};
	uint16_t argument;

	if (wide < ZYDIS_REGISTER_RAX || wide > ZYDIS_REGISTER_R15)
		return false;
	for (size_t i = 1; register_of_argument(convention, i, &argument); i++)
		if (at[wide - ZYDIS_REGISTER_RAX] == argument)
			return true;
	return wide == ZYDIS_REGISTER_RSP;
}

static bool changes_arguments(const struct instruction *i, enum convention convention)
{
	for (size_t n = 0; n < i->info.operand_count; n++) {
		const ZydisDecodedOperand *o = &i->operands[n];

		if (o->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE &&
		    is_argument(ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64,
								 o->reg.value),
				convention))
			return true;
	}
	return false;
}

/* Go's look at how much stack is left: against a field of the goroutine, whose address is in r14. */
static bool is_stack_check(const struct instruction *i)
{
	return i->info.mnemonic == ZYDIS_MNEMONIC_CMP &&
	       i->operands[1].type == ZYDIS_OPERAND_TYPE_MEMORY &&
	       i->operands[1].mem.base == ZYDIS_REGISTER_R14;
}

/* How far it goes: in all, and how much of that passes more than nothing. */
struct walk {
	size_t at, past;
};

/* To the first cheap instruction; false where none is reached. */
static bool find_cheap(struct str code, struct prologue_need need, struct walk *ret)
{
	struct instruction i = {};
	struct walk walk = {};
	bool checked = false;

	while (!is_cheap(str_after(code, walk.at))) {
		if (!decode(str_after(code, walk.at), &i))
			return false;
		walk.at += i.info.length;
		if (does_nothing(&i.info))
			continue;
		if (need.at_return || !is_plain(&i.info) ||
		    (need.reads && changes_arguments(&i, need.convention)))
			return false;
		checked = need.convention == CONVENTION_GO && is_stack_check(&i);
		walk.past = walk.at;
	}
	/* Where more stack is needed the function begins again, and comes no further before that. */
	if (checked && decode(str_after(code, walk.at), &i) &&
	    i.info.mnemonic == ZYDIS_MNEMONIC_JBE &&
	    is_push(str_after(code, walk.at + i.info.length))) {
		walk.at += i.info.length;
		walk.past = walk.at;
	}
	*ret = walk;
	return true;
}

static bool target_of(const struct instruction *i, uint64_t at, uint64_t *ret)
{
	const ZydisDecodedOperand *o = &i->operands[0];

	return i->info.operand_count && o->type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
	       o->imm.is_relative && ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&i->info, o, at, ret));
}

/* Does the function branch back to behind its first instruction, at or before `last`? */
static bool branches_into(struct str body, size_t last)
{
	struct instruction i;

	for (size_t at = 0; at < body.len; at += i.info.length) {
		uint64_t target;

		if (!decode(str_after(body, at), &i))
			return true;
		if (target_of(&i, at, &target) && target > 0 && target <= last)
			return true;
	}
	return false;
}

static bool is_passed_once(const struct image *image, uint64_t offset, uint64_t size, size_t last)
{
	_cleanup_(freep) char *body = NULL;

	if (size <= last || size > BODY_BYTES)
		return false;
	body = malloc(size);
	return body && !image_read(image, offset, body, size) &&
	       !branches_into((struct str){ body, size }, last);
}

int prologue_place(const struct image *image, const struct symbol *function,
		   struct prologue_need need, uint8_t *ret)
{
	char code[PROLOGUE_BYTES];
	uint64_t offset, left, size = sizeof(code);
	struct walk walk;
	int error = image_code_offset(image, function->address, &offset);

	if (error)
		return error;
	left = image->size - offset;
	size = left < size ? left : size;
	if (function->size && function->size < size)
		size = function->size;
	error = image_read(image, offset, code, size);
	if (error)
		return error;
	if (!find_cheap((struct str){ code, size }, need, &walk) ||
	    (walk.past && !is_passed_once(image, offset, function->size, walk.at)))
		walk.at = 0;
	*ret = (uint8_t)walk.at;
	return 0;
}

bool prologue_reaches(struct str code, size_t bytes)
{
	struct instruction i;
	size_t at = 0;

	while (at < bytes && at < code.len && decode(str_after(code, at), &i))
		at += i.info.length;
	return at == bytes;
}
