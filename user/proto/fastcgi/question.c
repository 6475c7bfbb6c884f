/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question.c - BEGIN_REQUEST and PARAMS: what CGI calls the request's meta-variables.
 * RFC 3875 4.1, and what nginx, Apache and their like add to it.
 *
 * Texts borrow from the head, so what is not said there in one piece is not said.
 */
#include "user/base/mem.h"
#include "user/proto/fastcgi/fastcgi.h"
#include "user/proto/fastcgi/params.h"

/* Variables that are no text of a message, or one only where a better one is missing. */
enum other {
	SCRIPT_NAME = HTTP_TEXTS,
	DOCUMENT_URI,
	SERVER_NAME,
	SERVER_PROTOCOL,
	REMOTE_ADDR,
	REQUEST_SCHEME,
	HTTPS,
	CONTENT_LENGTH,
	VARIABLES,
	IS_NONE = VARIABLES,
};

static const struct {
	struct str name;
	unsigned int which;
} variables[] = {
	{ STR("REQUEST_METHOD"), HTTP_METHOD },
	{ STR("REQUEST_URI"), HTTP_TARGET },
	{ STR("SCRIPT_NAME"), SCRIPT_NAME },
	{ STR("DOCUMENT_URI"), DOCUMENT_URI },
	{ STR("SERVER_NAME"), SERVER_NAME },
	{ STR("SERVER_PROTOCOL"), SERVER_PROTOCOL },
	{ STR("REMOTE_ADDR"), REMOTE_ADDR },
	{ STR("REQUEST_SCHEME"), REQUEST_SCHEME },
	{ STR("HTTPS"), HTTPS },
	{ STR("CONTENT_LENGTH"), CONTENT_LENGTH },
	{ STR("HTTP_HOST"), HTTP_HOST },
	{ STR("HTTP_USER_AGENT"), HTTP_USER_AGENT },
	{ STR("HTTP_TRACEPARENT"), HTTP_TRACEPARENT },
	{ STR("HTTP_TRACESTATE"), HTTP_TRACESTATE },
	{ STR("HTTP_BAGGAGE"), HTTP_BAGGAGE },
	{ STR("HTTP_B3"), HTTP_B3 },
	{ STR("HTTP_X_B3_TRACEID"), HTTP_B3_TRACE_ID },
	{ STR("HTTP_X_B3_SPANID"), HTTP_B3_SPAN_ID },
	{ STR("HTTP_X_B3_PARENTSPANID"), HTTP_B3_PARENT_ID },
	{ STR("HTTP_X_B3_SAMPLED"), HTTP_B3_SAMPLED },
	{ STR("HTTP_FORWARDED"), HTTP_FORWARDED },
	{ STR("HTTP_X_FORWARDED_FOR"), HTTP_X_FORWARDED_FOR },
	{ STR("HTTP_X_FORWARDED_PROTO"), HTTP_X_FORWARDED_PROTO },
	{ STR("HTTP_X_FORWARDED_HOST"), HTTP_X_FORWARDED_HOST },
};

/* A question on its way. */
struct asked {
	struct params params;
	uint16_t id;
	uint16_t role;
	uint8_t flags; /* enum http_flag */
	bool ended;    /* the empty PARAMS, or an abort */
	struct str texts[VARIABLES];
};

static unsigned int variable_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (str_eq(variables[i].name, name))
			return variables[i].which;
	return IS_NONE;
}

/* Of one that comes again the first stands, but for those that say what then. */
static void variable_keep(struct asked *a, unsigned int which, struct str value)
{
	if (which == HTTP_TRACEPARENT && a->texts[which].len)
		a->flags |= HTTP_TRACEPARENT_TWICE;
	if (which == HTTP_BAGGAGE && !http_reads_baggage())
		return;
	if (!a->texts[which].len)
		a->texts[which] = value;
}

enum { HEADER_NAME_BYTES = 128 };

/* 4.1.18: "HTTP_X_TENANT" was "X-Tenant". Two of all have their names without HTTP_. */
static void captured_keep(struct asked *a, struct str name, struct str value)
{
	char header[HEADER_NAME_BYTES];
	unsigned int which;

	if (str_starts(name, STR("HTTP_")))
		name = str_after(name, 5);
	else if (!str_starts(name, STR("CONTENT_")))
		return;
	if (name.len > sizeof(header))
		return;
	for (size_t i = 0; i < name.len; i++)
		header[i] = name.at[i] == '_' ? '-' : name.at[i];
	which = http_captured((struct str){ header, name.len });
	if (which)
		variable_keep(a, HTTP_CAPTURE + which - 1, value);
}

static void pairs_read(struct asked *a, struct str piece)
{
	struct str name, value;

	while (params_take(&a->params, &piece, &name, &value)) {
		unsigned int which = variable_find(name);

		if (!value.len)
			continue;
		/* Texts borrow: the name of this one says what its value means. */
		if (which == HTTPS)
			value = str_eq_nocase(value, STR("off")) ? (struct str){} : name;
		if (which != IS_NONE)
			variable_keep(a, which, value);
		if (http_captured_letters())
			captured_keep(a, name, value);
	}
}

/* 4.2: what is not known is asked as well, and answered by UNKNOWN_TYPE. */
static bool is_of_connection(const struct fastcgi_record *record)
{
	return !record->id && record->type != FASTCGI_GET_VALUES_RESULT &&
	       record->type != FASTCGI_UNKNOWN_TYPE;
}

/* The next record, all or in part. PARSE_BAD: no record of a question's head. */
static int record_take(struct asked *a, struct str in, const struct fastcgi_record *record)
{
	if (is_of_connection(record))
		return 0;
	if (record->id != a->id)
		return PARSE_BAD;
	if (record->type == FASTCGI_ABORT) {
		a->ended = true;
		return 0;
	}
	if (record->type != FASTCGI_PARAMS)
		return PARSE_BAD;
	if (record->content) {
		pairs_read(a, fastcgi_content(in, record));
		return 0;
	}
	a->ended = true;
	return params_are_whole(&a->params) ? 0 : PARSE_BAD;
}

/* Take records to the end of the head; `rest` is what stands behind the last whole one. */
static int records_read(struct asked *a, struct str *rest)
{
	struct fastcgi_record record;
	int result;

	while (!a->ended) {
		result = fastcgi_record_read(*rest, &record);
		if (result <= 0)
			return result;
		if (record_take(a, *rest, &record))
			return PARSE_BAD;
		if (rest->len < record.whole)
			return PARSE_MORE;
		*rest = str_after(*rest, record.whole);
	}
	return 1;
}

/* The value that the head was cut in, where enough of it is there to be used. */
static void part_keep(struct asked *a)
{
	const struct params *p = &a->params;

	if (p->stage == PARAMS_VALUE && variable_find(p->name) == HTTP_TARGET && p->part.len &&
	    memchr(p->part.at, '?', p->part.len))
		variable_keep(a, HTTP_TARGET, p->part);
}

static void fall_back(struct asked *a, unsigned int which, unsigned int other)
{
	if (!a->texts[which].len)
		a->texts[which] = a->texts[other];
}

/* What a web server says of its client is what a proxy would have said in headers. */
static void texts_fill(struct asked *a)
{
	fall_back(a, HTTP_TARGET, SCRIPT_NAME);
	fall_back(a, HTTP_TARGET, DOCUMENT_URI);
	fall_back(a, HTTP_HOST, SERVER_NAME);
	fall_back(a, HTTP_X_FORWARDED_FOR, REMOTE_ADDR);
	fall_back(a, HTTP_X_FORWARDED_PROTO, REQUEST_SCHEME);
	fall_back(a, HTTP_X_FORWARDED_PROTO, HTTPS);
}

/* "HTTP/1.1", "HTTP/2.0"; 0: anything else. */
static int version_read(struct str protocol)
{
	if (protocol.len < 6 || !str_starts(protocol, STR("HTTP/")))
		return 0;
	switch (protocol.at[5]) {
	case '1':
		return str_eq(protocol, STR("HTTP/1.0")) ? 10 : 11;
	case '2':
		return 20;
	case '3':
		return 30;
	default:
		return 0;
	}
}

/* 0 where it is none: then nothing is waited for. */
static uint64_t length_read(struct str digits)
{
	uint64_t number = 0;

	if (digits.len > 18)
		return 0;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return 0;
		number = number * 10 + (uint64_t)(digits.at[i] - '0');
	}
	return number;
}

/* 6.2 to 6.4: only a responder and a filter have input, and that has another stream behind it. */
static void body_decide(const struct asked *a, struct message *ret)
{
	bool is_filter = a->role == FASTCGI_FILTER;
	uint64_t length = length_read(a->texts[CONTENT_LENGTH]);

	if (a->role == FASTCGI_AUTHORIZER || (!length && !is_filter))
		return;
	ret->body = BODY_MARKED;
	ret->body_bytes = fastcgi_input(length, is_filter);
}

/* The end of an input that is none, where it came with the head. */
static size_t empty_input(struct str rest, uint16_t id)
{
	struct fastcgi_record record;

	if (fastcgi_record_read(rest, &record) <= 0 || record.type != FASTCGI_STDIN ||
	    record.id != id || record.content || rest.len < record.whole)
		return 0;
	return record.whole;
}

/* The head stands at `at`. */
static void message_fill(struct asked *a, const char *at, struct message *ret)
{
	*ret = (struct message){ .base = at };
	texts_fill(a);
	for (unsigned int i = 0; i < HTTP_TEXTS; i++)
		if (a->texts[i].len)
			message_set_text(ret, i, a->texts[i]);
	ret->numbers[HTTP_VERSION] = version_read(a->texts[SERVER_PROTOCOL]);
	ret->numbers[HTTP_FLAGS] = a->flags | HTTP_GATEWAY;
	ret->numbers[HTTP_GENERATION] = http_generation();
}

/* BEGIN_REQUEST at the front of `rest`, which loses it. */
static int begin_take(struct asked *a, struct str *rest, const struct fastcgi_record *record)
{
	struct str content = fastcgi_content(*rest, record);

	if (record->type != FASTCGI_BEGIN || record->content != FASTCGI_BEGIN_BYTES)
		return PARSE_BAD;
	if (rest->len < record->whole)
		return PARSE_MORE;
	a->id = record->id;
	a->role = (uint16_t)((uint8_t)content.at[0] << 8 | (uint8_t)content.at[1]);
	*rest = str_after(*rest, record->whole);
	return 1;
}

static bool is_aside(const struct fastcgi_record *record)
{
	return record->type == FASTCGI_STDIN || record->type == FASTCGI_DATA ||
	       record->type == FASTCGI_ABORT || is_of_connection(record);
}

ssize_t fastcgi_question(struct str in, bool cut, struct message *ret)
{
	struct asked a = {};
	struct fastcgi_record record;
	struct str rest = in;
	int result = fastcgi_record_read(in, &record);

	if (result > 0 && is_aside(&record))
		return fastcgi_aside(&record, ret);
	if (result > 0)
		result = begin_take(&a, &rest, &record);
	if (result <= 0)
		return cut ? PARSE_BAD : result;
	result = records_read(&a, &rest);
	if (result < 0 || (result == PARSE_MORE && !cut))
		return result;
	if (result == PARSE_MORE)
		part_keep(&a);
	message_fill(&a, in.at, ret);
	if (result == PARSE_MORE) {
		ret->cut = true;
		ret->partial = !message_text(ret, HTTP_METHOD).len;
		ret->body = BODY_UNKNOWN;
		ret->head_bytes = (uint16_t)in.len;
		return (ssize_t)in.len;
	}
	body_decide(&a, ret);
	if (ret->body == BODY_NONE)
		rest = str_after(rest, empty_input(rest, a.id));
	ret->head_bytes = (uint16_t)(in.len - rest.len);
	return ret->head_bytes;
}
