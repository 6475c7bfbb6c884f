/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fastcgi.c - FastCGI 1.0, as web servers speak it to php-fpm and its like.
 *
 * In:  BEGIN_REQUEST PARAMS "REQUEST_METHOD=GET" ... PARAMS (empty) STDIN (empty)
 *      STDOUT "Status: 404 Not Found\r\n\r\n..." END_REQUEST
 * Out: the texts and numbers of http/http.h, and where the streams end.
 *
 * A request is one of HTTP that a web server passes on, and is counted as such. It does not
 * take apart requests that share a connection at the same time: no web server asks so, and
 * php-fpm could not answer. fastcgi.md lists what is read.
 */
#include "user/proto/fastcgi/fastcgi.h"

#include "user/base/limits.h"

int fastcgi_record_read(struct str in, struct fastcgi_record *ret)
{
	const uint8_t *at = (const uint8_t *)in.at;
	bool of_connection;

	if (in.len && at[0] != FASTCGI_VERSION)
		return PARSE_BAD;
	if (in.len > 1 && !at[1])
		return PARSE_BAD;
	if (in.len < FASTCGI_HEAD_BYTES)
		return PARSE_MORE;
	*ret = (struct fastcgi_record){
		.type = (enum fastcgi_type)at[1],
		.id = (uint16_t)(at[2] << 8 | at[3]),
		.content = (uint32_t)(at[4] << 8 | at[5]),
	};
	ret->whole = FASTCGI_HEAD_BYTES + ret->content + at[6];
	/* 4.2: types that are not known may only speak of the connection. */
	of_connection = ret->type > FASTCGI_DATA;
	return of_connection == !ret->id ? 1 : PARSE_BAD;
}

ssize_t fastcgi_aside(const struct fastcgi_record *record, struct message *ret)
{
	*ret = (struct message){
		.interim = true,
		.head_bytes = FASTCGI_HEAD_BYTES,
		.body_bytes = record->whole - FASTCGI_HEAD_BYTES,
	};
	ret->body = ret->body_bytes ? BODY_COUNTED : BODY_NONE;
	return FASTCGI_HEAD_BYTES;
}

static ssize_t fastcgi_parse(struct str in, bool cut, enum side side,
			     __attribute__((unused)) const struct message *question,
			     struct message *ret)
{
	in = str_first(in, MESSAGE_HEAD_MAX);
	return side == ASKING ? fastcgi_question(in, cut, ret) : fastcgi_answer(in, cut, ret);
}

/* 5.5: why there was no answer, by the end's protocolStatus. */
static struct str refusal(const struct message *answer)
{
	static const struct str names[] = {
		[1] = STR("cant_mpx_conn"),
		[2] = STR("overloaded"),
		[3] = STR("unknown_role"),
	};
	int64_t status = answer->numbers[HTTP_FLAGS];

	return status > 0 && status <= 3 ? names[status] : STR("_OTHER");
}

static void fastcgi_describe(const struct message *question, const struct message *answer,
			     struct span *span)
{
	if (answer && !answer->numbers[HTTP_STATUS]) {
		if (!span->error_type.len)
			span->error_type = refusal(answer);
		answer = NULL;
	}
	http_describe(question, answer, span);
}

const struct proto proto_fastcgi = {
	.name = "fastcgi",
	.versions = "fastcgi",
	.max_head = LIMIT_HEAD_BYTES_DEFAULT,
	.guess = fastcgi_guess,
	.parse = fastcgi_parse,
	.step = fastcgi_step,
	.skip = fastcgi_skip,
	.ended = fastcgi_ended,
	.route_path = http_route_path,
	.context = http_context,
	.describe = fastcgi_describe,
};
