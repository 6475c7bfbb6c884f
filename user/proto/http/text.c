/* SPDX-License-Identifier: Apache-2.0 */
#include "user/proto/http/text.h"

#include <inttypes.h>

#include "user/model/baggage.h"
#include "user/model/redact.h"
#include "user/proto/http/lists.h"

/* What was added to scratch since it held `from` bytes; nothing if `result` says that it failed. */
static struct str added(struct span *span, size_t from, int result)
{
	struct buf *scratch = span->scratch;

	if (result) {
		scratch->len = from;
		span->attributes_dropped++;
		return (struct str){};
	}
	return str_after(buf_str(scratch), from);
}

void text_reserve(struct span *span)
{
	struct buf *scratch = span->scratch;

	if (scratch->capacity < scratch->limit)
		buf_reserve(scratch, scratch->limit - scratch->len);
}

/* 0x80 is set where one of eight bytes is not printable ASCII. */
static inline uint64_t strange_bits(const char *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	/* Above 0x7e by carry, below 0x20 by borrow; bytes past ASCII by themselves. */
	return (word | (word + ones) | (word - ones * 0x20)) & high;
}

/* Printable ASCII needs no change. Eight bytes at a time; the last eight may overlap. */
static inline bool is_plain(struct str text)
{
	if (text.len >= sizeof(uint64_t)) {
		const char *at = text.at, *end = text.at + text.len;

		for (; end - at > (ptrdiff_t)sizeof(uint64_t); at += sizeof(uint64_t))
			if (strange_bits(at))
				return false;
		return !strange_bits(end - sizeof(uint64_t));
	}
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 || text.at[i] > 0x7e)
			return false;
	return true;
}

/* RFC 9112 5.2: the line ends of a folded value, and what follows them, stand for spaces. */
static struct str unfold(struct span *span, struct str text)
{
	size_t from = span->scratch->len;
	struct str copy = added(span, from, buf_add(span->scratch, text));

	for (size_t i = 0; i < copy.len; i++)
		if (copy.at[i] == '\r' || copy.at[i] == '\n' || copy.at[i] == '\t')
			span->scratch->at[from + i] = ' ';
	return copy;
}

/* Apart from what follows, so that the usual text costs no more than the look at it. */
__attribute__((noinline)) static struct str make_clean(struct span *span, struct str text)
{
	size_t from;

	if (memchr(text.at, '\n', text.len))
		text = unfold(span, text);
	from = span->scratch->len;
	return is_plain(text) ? text : added(span, from, redact_text(text, span->scratch));
}

struct str text_clean(struct span *span, struct str text)
{
	return is_plain(text) ? text : make_clean(span, text);
}

struct str text_query(struct span *span, struct str query)
{
	size_t from = span->scratch->len;

	return text_clean(span, added(span, from, redact_query(query, span->scratch)));
}

struct str text_url(struct span *span, struct str scheme, struct str authority, struct str path,
		    struct str query)
{
	struct buf *scratch = span->scratch;
	size_t from = scratch->len;
	struct str url;
	int result = buf_add(scratch, scheme);

	result = result ? result : buf_add(scratch, STR("://"));
	result = result ? result : buf_add(scratch, authority);
	/* RFC 9110 7.1: the URL of "OPTIONS *" has no path. */
	if (!str_eq(path, STR("*")))
		result = result ? result : buf_add(scratch, path);
	if (query.len) {
		result = result ? result : buf_add_byte(scratch, '?');
		result = result ? result : buf_add(scratch, query);
	}
	url = added(span, from, result);
	if (!url.len)
		return url;
	from = scratch->len;
	return text_clean(span, added(span, from, redact_url(url, scratch)));
}

struct str text_peer(struct span *span)
{
	const struct attribute *peer = span_find(span, STR("network.peer.address"));
	const struct attribute *port = span_find(span, STR("network.peer.port"));
	size_t from = span->scratch->len;
	bool v6 = peer && memchr(peer->text.at, ':', peer->text.len);

	if (!peer || !port)
		return (struct str){};
	return added(span, from,
		     buf_printf(span->scratch, v6 ? "[%.*s]:%" PRId64 : "%.*s:%" PRId64,
				STR_ARGS(peer->text), port->number));
}

static struct str join(struct span *span, struct str first, char between, struct str second)
{
	struct buf *scratch = span->scratch;
	size_t from = scratch->len;
	int result = buf_add(scratch, first);

	result = result ? result : buf_add_byte(scratch, between);
	result = result ? result : buf_add(scratch, second);
	return added(span, from, result);
}

struct str text_pair(struct span *span, struct str first, struct str second)
{
	struct str pair = join(span, first, ' ', second);

	return pair.len ? pair : first;
}

struct str text_list(struct span *span, struct str text, struct str name)
{
	struct list_walk walk = list_walk(text, name);
	size_t from = span->scratch->len;
	struct str value;
	int result = 0;

	if (!text.len || !memchr(text.at, '\n', text.len))
		return text;
	while (!result && list_value_take(&walk, &value)) {
		if (span->scratch->len > from)
			result = buf_add_byte(span->scratch, ',');
		result = result ? result : buf_add(span->scratch, value);
	}
	return added(span, from, result);
}

struct str text_baggage(struct span *span, struct str value)
{
	size_t from = span->scratch->len;

	if (!value.len || !memchr(value.at, '%', value.len))
		return text_clean(span, value);
	return text_clean(span, added(span, from, baggage_decode(value, span->scratch)));
}

struct str text_number(struct span *span, uint64_t number)
{
	char digits[20];
	char *end = digits + sizeof(digits), *at = end;
	size_t from = span->scratch->len;

	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	return added(span, from, buf_add(span->scratch, (struct str){ at, (size_t)(end - at) }));
}
