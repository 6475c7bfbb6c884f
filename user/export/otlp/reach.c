/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/reach.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>

#include "user/base/mem.h"
#include "user/config/config.h"
#include "user/export/readable.h"

void otlp_paths(const struct config *config, void (*each)(void *context, const char *path),
		void *context)
{
	for (size_t i = 0; i < OTLP_SIGNALS; i++) {
		const struct otlp_target *target = &config->otlp.target[i];
		const char *const paths[] = { target->certificate, target->client_certificate,
					      target->client_key };

		for (size_t p = 0; target->endpoint && p < ARRAY_SIZE(paths); p++)
			if (paths[p])
				each(context, paths[p]);
	}
}

/* 0 for what is no URL. */
static uint16_t url_port(const char *url)
{
	CURLU *parsed = curl_url();
	char *port = NULL;
	uint16_t number = 0;

	if (parsed && !curl_url_set(parsed, CURLUPART_URL, url, 0) &&
	    !curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT))
		number = (uint16_t)strtoul(port, NULL, 10);
	curl_free(port);
	curl_url_cleanup(parsed);
	return number;
}

void otlp_ports(const struct config *config, void (*each)(void *context, uint16_t port),
		void *context)
{
	for (size_t i = 0; i < OTLP_SIGNALS; i++) {
		const char *endpoint = config->otlp.target[i].endpoint;
		uint16_t port = endpoint ? url_port(endpoint) : 0;

		if (port)
			each(context, port);
	}
}

/* An address needs no resolver; what is no URL is taken for a name. */
static bool is_by_name(const char *url)
{
	unsigned char address[sizeof(struct in6_addr)];
	CURLU *parsed = curl_url();
	char *host = NULL;
	bool named = true;

	if (parsed && !curl_url_set(parsed, CURLUPART_URL, url, 0) &&
	    !curl_url_get(parsed, CURLUPART_HOST, &host, 0))
		named = host[0] != '[' && inet_pton(AF_INET, host, address) != 1;
	curl_free(host);
	curl_url_cleanup(parsed);
	return named;
}

bool otlp_resolves(const struct config *config)
{
	for (size_t i = 0; i < OTLP_SIGNALS; i++)
		if (config->otlp.target[i].endpoint && is_by_name(config->otlp.target[i].endpoint))
			return true;
	return false;
}

struct check {
	char text[512]; /* empty: all can be read */
};

static void check_one(void *context, const char *path)
{
	struct check *check = context;

	if (!check->text[0])
		readable_check(path, check->text, sizeof(check->text));
}

const char *otlp_unreadable(const struct config *config)
{
	static struct check check;

	check.text[0] = '\0';
	otlp_paths(config, check_one, &check);
	return check.text[0] ? check.text : NULL;
}
