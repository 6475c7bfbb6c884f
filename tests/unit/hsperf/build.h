/* SPDX-License-Identifier: Apache-2.0 */
/* build.h - files of counters, made entry by entry as HotSpot makes them. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "user/base/str.h"

enum { BUILT_HEAD = 32, BUILT_ENTRY = 20, BUILT_ROOM = 16384 };

struct built {
	char bytes[BUILT_ROOM];
	uint32_t used, count, last; /* last: where the newest entry begins */
};

static inline void built_put(struct built *b, size_t at, uint32_t value)
{
	memcpy(b->bytes + at, &value, sizeof(value));
}

static inline void built_head(struct built *b)
{
	built_put(b, 8, b->used);
	built_put(b, 28, b->count);
}

static inline void built_begin(struct built *b)
{
	memset(b, 0, sizeof(*b));
	memcpy(b->bytes, "\xca\xfe\xc0\xc0\x01\x02\x00\x01", 8);
	b->bytes[4] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	b->used = BUILT_HEAD;
	built_put(b, 24, BUILT_HEAD);
	built_head(b);
}

static inline void built_add(struct built *b, const char *name, char type, struct str value)
{
	uint32_t data = (uint32_t)(BUILT_ENTRY + strlen(name) + 1 + 7) & ~7U;
	uint32_t len = (data + (uint32_t)value.len + 7) & ~7U;

	b->last = b->used;
	built_put(b, b->used, len);
	built_put(b, b->used + 4, BUILT_ENTRY);
	built_put(b, b->used + 8, type == 'B' ? (uint32_t)value.len : 0);
	b->bytes[b->used + 12] = type;
	built_put(b, b->used + 16, data);
	memcpy(b->bytes + b->used + BUILT_ENTRY, name, strlen(name));
	memcpy(b->bytes + b->used + data, value.at, value.len);
	b->used += len;
	b->count++;
	built_head(b);
}

static inline void built_number(struct built *b, const char *name, int64_t value)
{
	built_add(b, name, 'J', (struct str){ (const char *)&value, sizeof(value) });
}

static inline void built_text(struct built *b, const char *name, const char *text)
{
	built_add(b, name, 'B', (struct str){ text, strlen(text) + 1 });
}

static inline struct str built_str(const struct built *b)
{
	return (struct str){ b->bytes, b->used };
}
