/* SPDX-License-Identifier: Apache-2.0 */
/* configure.c - the http.* options, in the shape that parsing and describing want. */
#include "user/proto/http/options.h"

#include "user/base/mem.h"
#include "user/model/baggage.h"
#include "user/model/redact.h"
#include "user/model/route.h"

/* "http.request.header.x-request-id": longer names are not captured. */
enum { KEY_BYTES = 128 };

#define KEY_PREFIX "http.request.header."

/* Semantic conventions 1.44, http.request.method. */
static const struct str conventional_methods[] = {
	STR("GET"),   STR("POST"),    STR("PUT"),   STR("DELETE"),  STR("HEAD"),
	STR("PATCH"), STR("OPTIONS"), STR("TRACE"), STR("CONNECT"), STR("QUERY"),
};

struct captured {
	char key[KEY_BYTES];
	struct str name; /* the end of `key` */
};

static const struct http_options none;
static const struct http_options *options = &none;
bool http_hides_metrics;
static struct captured captured[HTTP_CAPTURED];
static unsigned int captured_count;
static uint32_t captured_letters; /* by the low five bits of a letter, whatever its case */
static int32_t generation;

static void capture(struct str name)
{
	struct captured *to = &captured[captured_count];
	size_t prefix = sizeof(KEY_PREFIX) - 1;

	if (captured_count == HTTP_CAPTURED || !name.len || name.len > KEY_BYTES - prefix ||
	    !redact_header_allowed(name))
		return;
	memcpy(to->key, KEY_PREFIX, prefix);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		to->key[prefix + i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	to->name = (struct str){ to->key + prefix, name.len };
	captured_letters |= 1u << (name.at[0] & 31);
	captured_count++;
}

void http_configure(const struct http_options *new_options)
{
	options = new_options ? new_options : &none;
	generation++;
	captured_count = 0;
	captured_letters = 0;
	http_hides_metrics = false;
	for (size_t i = 0; i < options->ignore_count; i++)
		http_hides_metrics |= options->ignore[i].metrics;
	for (size_t i = 0; i < options->header_count; i++)
		capture(options->headers[i]);
}

unsigned int http_captured(struct str name)
{
	for (unsigned int i = 0; i < captured_count; i++)
		if (str_eq_nocase(captured[i].name, name))
			return i + 1;
	return 0;
}

uint32_t http_captured_letters(void)
{
	return captured_letters;
}

int32_t http_generation(void)
{
	return generation;
}

struct str http_captured_key(unsigned int which)
{
	if (which >= captured_count)
		return (struct str){};
	return (struct str){ captured[which].key,
			     sizeof(KEY_PREFIX) - 1 + captured[which].name.len };
}

bool http_reads_traceparent(void)
{
	return !options->ignore_traceparent;
}

bool http_reads_b3(void)
{
	return !options->ignore_b3;
}

bool http_reads_baggage(void)
{
	return options->baggage_count > 0;
}

bool http_wants_baggage(struct str key)
{
	return baggage_wanted(options->baggage, options->baggage_count, key);
}

struct str http_known_method(struct str method)
{
	const struct str *known = options->known_methods;
	size_t count = options->known_method_count;

	if (!known) {
		known = conventional_methods;
		count = ARRAY_SIZE(conventional_methods);
	}
	for (size_t i = 0; i < count && method.len; i++)
		if (known[i].len == method.len && known[i].at[0] == method.at[0] &&
		    str_eq(known[i], method))
			return known[i];
	return (struct str){};
}

struct routes *http_default_routes(void)
{
	return options->routes;
}

void http_ignored(struct str path, struct str route, bool *traces, bool *metrics)
{
	if (!path.len)
		return;
	for (size_t i = 0; i < options->ignore_count; i++) {
		const struct http_ignore *rule = &options->ignore[i];

		if (!str_eq(rule->pattern, route) && !route_matches(rule->pattern, path))
			continue;
		*traces |= rule->traces;
		*metrics |= rule->metrics;
	}
}
