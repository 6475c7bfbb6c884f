/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usdt_argument.c - what compilers write of where an argument is, in the assembler's words.
 *
 *	-4@%esi    8@%r12    1@$-1    8@-16(%rbp)    4@(%rax)    8@16+8(%rsp)
 *
 * Before the @ its bytes, negative where it is signed. Not told of: floating point, an index
 * register, an address relative to the instruction or to a segment, a symbol, %ah and its fellows.
 */
#include <errno.h>
#include <stdbool.h>

#include "user/elf/registers.h"
#include "user/elf/usdt.h"

static bool take_byte(struct str *in, char byte)
{
	if (!in->len || in->at[0] != byte)
		return false;
	*in = str_after(*in, 1);
	return true;
}

static bool take_digits(struct str *in, uint64_t *ret)
{
	bool hex = in->len > 2 && in->at[0] == '0' && (in->at[1] | 0x20) == 'x';
	struct str rest = str_after(*in, hex ? 2 : 0);
	uint64_t value = 0, base = hex ? 16 : 10;
	size_t len = 0;

	for (; len < rest.len; len++) {
		char c = rest.at[len], low = (char)(c | 0x20);
		uint64_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint64_t)(c - '0');
		else if (hex && low >= 'a' && low <= 'f')
			digit = (uint64_t)(low - 'a' + 10);
		else
			break;
		if (value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (!len)
		return false;
	*in = str_after(rest, len);
	*ret = value;
	return true;
}

/* "-16", "16+8"; modulo 2^64, as the assembler has it. */
static bool take_number(struct str *in, __s64 *ret)
{
	struct str rest = *in;
	uint64_t sum = 0, one;
	bool minus = take_byte(&rest, '-');

	do {
		if (!take_digits(&rest, &one))
			return false;
		sum += minus ? -one : one;
		minus = rest.len && rest.at[0] == '-';
	} while (take_byte(&rest, '+') || take_byte(&rest, '-'));
	*in = rest;
	*ret = (__s64)sum;
	return true;
}

static bool take_register(struct str *in, char end, uint16_t *ret)
{
	struct str name;

	if (!take_byte(in, '%'))
		return false;
	if (end)
		return take_until(in, end, &name) && register_named(name, ret);
	name = *in;
	*in = (struct str){};
	return register_named(name, ret);
}

static bool take_size(struct str *in, struct probe_argument *ret)
{
	uint64_t bytes;

	ret->is_signed = take_byte(in, '-');
	if (!take_digits(in, &bytes) || !take_byte(in, '@') ||
	    (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8))
		return false;
	ret->bytes = (uint8_t)bytes;
	return true;
}

/* A constant as a value of its type. */
static __s64 narrowed(__s64 value, const struct probe_argument *type)
{
	unsigned unused = 64 - 8U * type->bytes;
	uint64_t high = (uint64_t)value << unused;

	return type->is_signed ? (__s64)high >> unused : (__s64)(high >> unused);
}

static bool read_operand(struct str in, struct probe_argument *ret)
{
	struct str rest = in;

	if (take_byte(&in, '$')) {
		ret->from = ARGUMENT_CONSTANT;
		if (!take_number(&in, &ret->offset) || in.len)
			return false;
		ret->offset = narrowed(ret->offset, ret);
		return true;
	}
	if (in.len && in.at[0] == '%') {
		ret->from = ARGUMENT_REGISTER;
		return take_register(&in, 0, &ret->register_at) && !in.len;
	}
	ret->from = ARGUMENT_MEMORY;
	if (!take_number(&rest, &ret->offset))
		rest = in;
	return take_byte(&rest, '(') && take_register(&rest, ')', &ret->register_at) && !rest.len;
}

int usdt_argument(struct str arguments, size_t number, struct probe_argument *ret)
{
	struct probe_argument argument = {};
	struct str one = {};

	for (size_t i = 0; i < number;) {
		if (!take_part(&arguments, ' ', &one))
			return -ENOENT;
		i += one.len > 0;
	}
	if (!number)
		return -ENOENT;
	if (!take_size(&one, &argument) || !read_operand(one, &argument))
		return -ENOTSUP;
	*ret = argument;
	return 0;
}
