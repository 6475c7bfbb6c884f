/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1.c - HTTP/1.0 and 1.1, RFC 9112, as an observer reads it.
 *
 * In:  "GET /users/7?full=1 HTTP/1.1\r\nHost: shop\r\n\r\n"
 *      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
 * Out: the texts and numbers of http/http.h, and where the body ends.
 *
 * As lenient as the servers that it watches: what they may have answered should
 * be seen. It does not decode bodies. http1.md lists what is read.
 */
#include "user/proto/http1/http1.h"

#include "user/base/limits.h"

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* "GET /", "OPTIONS *", "GET http", "CONNECT a": enough to wait for the rest of the line. */
static bool looks_like_request(struct str part)
{
	struct str method;

	if (!take_until(&part, ' ', &method) || !method.len || !part.len)
		return false;
	for (size_t i = 0; i < method.len; i++)
		if (!is_upper(method.at[i]) && method.at[i] != '-')
			return false;
	return part.at[0] == '/' || part.at[0] == '*' || str_starts(part, STR("http")) ||
	       str_eq(method, STR("CONNECT"));
}

static enum guess http1_guess(struct str in)
{
	struct head head = {};
	struct str line, rest;

	while (in.len && is_line_end(in.at[0]))
		in = str_after(in, 1);
	rest = in;
	if (take_until(&rest, '\n', &line)) {
		if (status_line_read(line, &head))
			return GUESS_ANSWERING;
		return request_line_read(line, &head) ? GUESS_ASKING : GUESS_NO;
	}
	if (in.len > LIMIT_HEAD_BYTES_DEFAULT)
		return GUESS_NO;
	if (in.len >= sizeof("HTTP/1.1 2") - 1 && status_line_begins(in))
		return GUESS_ANSWERING;
	if (looks_like_request(in))
		return request_line_begins(in) ? GUESS_ASKING : GUESS_NO;
	return request_line_begins(in) || status_line_begins(in) ? GUESS_MORE : GUESS_NO;
}

const struct proto proto_http1 = {
	.name = "http1",
	.versions = "http/1.0 http/1.1",
	.max_head = LIMIT_HEAD_BYTES_DEFAULT,
	.guess = http1_guess,
	.parse = head_parse,
	.step = chunked_step,
	.ended = chunked_ended,
	.route_path = http_route_path,
	.context = http_context,
	.exports_spans = http_exports_spans,
	.describe = http_describe,
};
