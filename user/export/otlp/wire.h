/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - protobuf's wire format, written straight into memory that is there.
 *
 * Each put_*() writes one field at `to` and returns the end; the caller has
 * reserved room for the whole message (the *_BOUND constants). A nested message
 * is begun with one byte for its length and moved up where one is not enough.
 * https://protobuf.dev/programming-guides/encoding/
 */
#pragma once

#include <assert.h>

#include "user/base/utf8.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* The most that a tag and a number, or a tag and a length, take. */
enum { FIELD_BOUND = 2 + 10 };

static inline char *put_varint(char *to, uint64_t number)
{
	while (number >= 0x80) {
		*to++ = (char)(number | 0x80);
		number >>= 7;
	}
	*to++ = (char)number;
	return to;
}

static inline size_t varint_length(uint64_t number)
{
	size_t len = 1;

	while (number >>= 7)
		len++;
	return len;
}

static inline char *put_tag(char *to, unsigned field, unsigned type)
{
	return put_varint(to, field << 3 | type);
}

static inline char *put_number(char *to, unsigned field, uint64_t number)
{
	return put_varint(put_tag(to, field, WIRE_VARINT), number);
}

/* A `sint32` or `sint64`. */
static inline char *put_signed(char *to, unsigned field, int64_t number)
{
	return put_number(to, field, (uint64_t)number << 1 ^ (uint64_t)(number >> 63));
}

/* Protobuf is little-endian, and so is every machine that sonde runs on. */
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the wire's order");

static inline char *put_fixed64(char *to, unsigned field, uint64_t number)
{
	to = put_tag(to, field, WIRE_FIXED64);
	memcpy(to, &number, sizeof(number));
	return to + sizeof(number);
}

static inline char *put_double(char *to, unsigned field, double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	return put_fixed64(to, field, bits);
}

static inline char *put_fixed32(char *to, unsigned field, uint32_t number)
{
	to = put_tag(to, field, WIRE_FIXED32);
	memcpy(to, &number, sizeof(number));
	return to + sizeof(number);
}

static inline char *put_bytes(char *to, unsigned field, const void *at, size_t len)
{
	to = put_varint(put_tag(to, field, WIRE_BYTES), len);
	if (len)
		memcpy(to, at, len);
	return to + len;
}

/* Begin a nested message; the result is where its content starts. */
static inline char *put_begin(char *to, unsigned field)
{
	return put_tag(to, field, WIRE_BYTES) + 1;
}

static inline char *put_end(char *content, char *to)
{
	size_t len = (size_t)(to - content), extra;

	if (len < 0x80) {
		content[-1] = (char)len;
		return to;
	}
	extra = varint_length(len) - 1;
	memmove(content + extra, content, len);
	put_varint(content - 1, len);
	return to + extra;
}

/* A text that may not be valid UTF-8: room for UTF8_GROWTH times its length is needed. */
static inline char *put_text(char *to, unsigned field, struct str text)
{
	char *content;

	if (utf8_is_ascii(text) || utf8_valid_length(text) == text.len)
		return put_bytes(to, field, text.at, text.len);
	content = put_begin(to, field);
	return put_end(content, utf8_put(content, text));
}
