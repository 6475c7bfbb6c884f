/* SPDX-License-Identifier: Apache-2.0 */
/* baggage.c - members of a request's baggage as attributes of its span, by allow-list. */
#include "user/model/baggage.h"

#include <assert.h>

#include "user/base/mem.h"
#include "user/model/redact.h"
#include "user/proto/http/lists.h"
#include "user/proto/http/options.h"
#include "user/proto/http/text.h"

enum { BAGGAGE_ATTRIBUTES = 16 };

/* Of all requests: nobody else sees what is let go here. */
static uint64_t dropped[BAGGAGE_DROPS];

static const char *const names[] = {
	[BAGGAGE_INVALID] = "invalid",
	[BAGGAGE_LIMIT] = "limit",
	[BAGGAGE_TAKEN] = "taken",
	[BAGGAGE_SECRET] = "secret",
};
static_assert(ARRAY_SIZE(names) == BAGGAGE_DROPS, "a name each");

uint64_t http_baggage_dropped(enum http_baggage_drop why)
{
	return dropped[why];
}

const char *http_baggage_drop_name(enum http_baggage_drop why)
{
	return names[why];
}

struct reading {
	struct span *span;
	size_t members, bytes, attributes;
};

/* What a span of either kind may have besides what metrics are told apart by. */
static const struct str own[] = {
	STR("http.request.method_original"),
	STR("url.full"),
	STR("url.path"),
	STR("url.query"),
	STR("client.address"),
	STR("network.peer.address"),
	STR("network.peer.port"),
	STR("user_agent.original"),
};

static bool is_among(const struct str *keys, size_t count, struct str key)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(keys[i], key))
			return true;
	return false;
}

/*
 * What is there, and what sonde alone may set: a call has no route, but one that baggage gave it
 * would look as if sonde had found it.
 */
static bool is_taken(const struct span *span, struct str key)
{
	return is_among(http_server_group.keys, GROUP_ATTRIBUTES, key) ||
	       is_among(http_client_group.keys, GROUP_ATTRIBUTES, key) ||
	       is_among(own, ARRAY_SIZE(own), key) ||
	       str_starts(key, STR("http.request.header.")) || str_starts(key, STR("sonde.")) ||
	       span_find(span, key);
}

static void add_member(struct reading *r, const struct baggage_member *member)
{
	struct str value;

	if (!redact_header_allowed(member->key)) {
		dropped[BAGGAGE_SECRET]++;
		return;
	}
	if (is_taken(r->span, member->key)) {
		dropped[BAGGAGE_TAKEN]++;
		return;
	}
	if (r->attributes == BAGGAGE_ATTRIBUTES || r->span->attribute_count == SPAN_ATTRIBUTES) {
		r->span->attributes_dropped++;
		dropped[BAGGAGE_LIMIT]++;
		return;
	}
	value = text_baggage(r->span, member->value);
	if (member->value.len && !value.len) {
		dropped[BAGGAGE_LIMIT]++;
		return;
	}
	span_add_text(r->span, member->key, value);
	r->attributes++;
}

static void read_member(struct reading *r, struct str text)
{
	struct baggage_member member;
	size_t end = r->bytes + text.len;

	r->bytes = end + 1; /* and its comma */
	if (!str_trim(text).len)
		return;
	if (end > BAGGAGE_BYTES || r->members == BAGGAGE_MEMBERS) {
		dropped[BAGGAGE_LIMIT]++;
		return;
	}
	r->members++;
	if (!baggage_member_parse(text, &member))
		dropped[BAGGAGE_INVALID]++;
	else if (http_wants_baggage(member.key))
		add_member(r, &member);
}

void http_add_baggage(const struct message *question, struct span *span)
{
	struct str text = message_text(question, HTTP_BAGGAGE), list, member;
	struct list_walk walk = list_walk(text, STR("baggage"));
	struct reading r = { .span = span };

	if (!http_reads_baggage())
		return;
	while (list_value_take(&walk, &list))
		while (take_part(&list, ',', &member))
			read_member(&r, member);
}
