/* SPDX-License-Identifier: Apache-2.0 */
/* web_config.c - the schema as tables: each section its keys, each key its reader and its place. */
#include "user/export/prometheus/web_config.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/export/prometheus/yaml.h"

enum { USERS = 1024, SANS = 256, BCRYPT_BYTES = 60, BCRYPT_COST_MOST = 14 };

/* Parts that a suite is made of; GnuTLS has no list of suites. */
const struct web_choice web_ciphers[] = {
	{ "TLS_AES_128_GCM_SHA256", "+AES-128-GCM:+AEAD" },
	{ "TLS_AES_256_GCM_SHA384", "+AES-256-GCM:+AEAD" },
	{ "TLS_CHACHA20_POLY1305_SHA256", "+CHACHA20-POLY1305:+AEAD" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "+ECDHE-ECDSA:+AES-128-CBC:+SHA1" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "+ECDHE-ECDSA:+AES-256-CBC:+SHA1" },
	{ "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "+ECDHE-RSA:+AES-128-CBC:+SHA1" },
	{ "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "+ECDHE-RSA:+AES-256-CBC:+SHA1" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "+ECDHE-ECDSA:+AES-128-GCM:+AEAD" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "+ECDHE-ECDSA:+AES-256-GCM:+AEAD" },
	{ "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "+ECDHE-RSA:+AES-128-GCM:+AEAD" },
	{ "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "+ECDHE-RSA:+AES-256-GCM:+AEAD" },
	{ "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "+ECDHE-RSA:+CHACHA20-POLY1305:+AEAD" },
	{ "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
	  "+ECDHE-ECDSA:+CHACHA20-POLY1305:+AEAD" },
	{},
};

const struct web_choice web_curves[] = {
	{ "CurveP256", "+GROUP-SECP256R1" },
	{ "CurveP384", "+GROUP-SECP384R1" },
	{ "CurveP521", "+GROUP-SECP521R1" },
	{ "X25519", "+GROUP-X25519" },
	{},
};

static const char *const client_auths[] = {
	[CLIENT_AUTH_NONE] = "NoClientCert",
	[CLIENT_AUTH_REQUEST] = "RequestClientCert",
	[CLIENT_AUTH_REQUIRE_ANY] = "RequireAnyClientCert",
	[CLIENT_AUTH_VERIFY_IF_GIVEN] = "VerifyClientCertIfGiven",
	[CLIENT_AUTH_REQUIRE_AND_VERIFY] = "RequireAndVerifyClientCert",
	NULL,
};

static const char *const versions[] = {
	[TLS_1_0] = "TLS10", [TLS_1_1] = "TLS11", [TLS_1_2] = "TLS12", [TLS_1_3] = "TLS13", NULL,
};

static const char *const header_names[] = {
	[HEADER_STRICT_TRANSPORT_SECURITY] = "Strict-Transport-Security",
	[HEADER_CONTENT_TYPE_OPTIONS] = "X-Content-Type-Options",
	[HEADER_FRAME_OPTIONS] = "X-Frame-Options",
	[HEADER_XSS_PROTECTION] = "X-XSS-Protection",
	[HEADER_CONTENT_SECURITY_POLICY] = "Content-Security-Policy",
};

static_assert(ARRAY_SIZE(header_names) == WEB_HEADERS, "a name for each header");

const char *web_header_name(enum web_header header)
{
	return header_names[header];
}

/* A header's value: `detail` is a list of those allowed, or NULL. */
static int read_header(struct yaml *y, yaml_node_t *value, const void *detail, void *ret)
{
	const char *text;
	int which;

	if (yaml_scalar(y, value, &text))
		return -EINVAL;
	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			return yaml_fail(y, value, "a header is one line of ASCII");
	if (detail && *text && yaml_word(y, value, detail, &which))
		return -EINVAL;
	return yaml_text(y, value, NULL, ret);
}

static int take_choice(struct yaml *y, yaml_node_t *value, const struct web_choice *choices,
		       struct choice_list *list)
{
	const char *text;

	if (yaml_scalar(y, value, &text))
		return -EINVAL;
	for (size_t i = 0; choices[i].name; i++)
		if (!strcmp(choices[i].name, text)) {
			list->at[list->count++] = (uint8_t)i;
			return 0;
		}
	return yaml_fail(y, value, "unknown name %.60s; the first of those known is %s", text,
			 choices[0].name);
}

static int take_cipher(struct yaml *y, yaml_node_t *key, yaml_node_t *value, void *ret)
{
	(void)key;
	return take_choice(y, value, web_ciphers, ret);
}

static int take_curve(struct yaml *y, yaml_node_t *key, yaml_node_t *value, void *ret)
{
	(void)key;
	return take_choice(y, value, web_curves, ret);
}

static int read_ciphers(struct yaml *y, yaml_node_t *value, const void *detail, void *ret)
{
	(void)detail;
	return yaml_each(y, value, YAML_SEQUENCE_NODE, WEB_CHOICES, take_cipher, ret);
}

static int read_curves(struct yaml *y, yaml_node_t *value, const void *detail, void *ret)
{
	(void)detail;
	return yaml_each(y, value, YAML_SEQUENCE_NODE, WEB_CHOICES, take_curve, ret);
}

static int take_san(struct yaml *y, yaml_node_t *key, yaml_node_t *value, void *ret)
{
	struct text_list *list = ret;
	const char *text;

	(void)key;
	if (yaml_scalar(y, value, &text))
		return -EINVAL;
	list->at = xrealloc(list->at, (list->count + 1) * sizeof(char *));
	list->at[list->count++] = xstrdup(text);
	return 0;
}

static int read_sans(struct yaml *y, yaml_node_t *value, const void *detail, void *ret)
{
	(void)detail;
	return yaml_each(y, value, YAML_SEQUENCE_NODE, SANS, take_san, ret);
}

/*
 * "$2y$10$" and 53 characters. A cost above 14 would keep the worker from its
 * rings for seconds at each new password, so it is refused here.
 */
static const char *hash_problem(const char *hash)
{
	int cost;

	if (strlen(hash) != BCRYPT_BYTES || strncmp(hash, "$2", 2) || !strchr("aby", hash[2]) ||
	    hash[3] != '$' || hash[6] != '$')
		return "not a bcrypt hash";
	if (strspn(hash + 7, "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") !=
	    BCRYPT_BYTES - 7)
		return "not a bcrypt hash";
	if (hash[4] < '0' || hash[4] > '9' || hash[5] < '0' || hash[5] > '9')
		return "not a bcrypt hash";
	cost = (hash[4] - '0') * 10 + hash[5] - '0';
	if (cost < 4 || cost > BCRYPT_COST_MOST)
		return "a bcrypt cost is 4 to 14 here";
	return NULL;
}

static int take_user(struct yaml *y, yaml_node_t *key, yaml_node_t *value, void *ret)
{
	struct web_config *c = ret;
	const char *name, *hash, *problem;

	if (yaml_scalar(y, key, &name) || yaml_scalar(y, value, &hash))
		return -EINVAL;
	problem = hash_problem(hash);
	if (problem)
		return yaml_fail(y, value, "%s", problem);
	if (!*name || strchr(name, ':'))
		return yaml_fail(y, key, "a user's name is not empty and has no colon");
	for (size_t i = 0; i < c->user_count; i++)
		if (!strcmp(c->users[i].name, name))
			return yaml_fail(y, key, "%.60s stands here twice", name);
	c->users = xrealloc(c->users, (c->user_count + 1) * sizeof(c->users[0]));
	c->users[c->user_count++] = (struct web_user){ xstrdup(name), xstrdup(hash) };
	return 0;
}

static int read_users(struct yaml *y, yaml_node_t *value, const void *detail, void *ret)
{
	(void)detail;
	return yaml_each(y, value, YAML_MAPPING_NODE, USERS, take_user, ret);
}

/* "1s", "1m30s", "250ms": Go's durations, into nanoseconds. False for anything else. */
static bool duration_parse(const char *text, uint64_t *ret)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "ns", 1 },  { "us", 1e3 }, { "ms", 1e6 },
		{ "s", 1e9 }, { "m", 6e10 }, { "h", 3.6e12 },
	};
	double sum = 0;

	if (!strcmp(text, "0")) {
		*ret = 0;
		return true;
	}
	do {
		size_t digits = strspn(text, "0123456789."),
		       letters = strspn(text + digits, "nuhsm");
		size_t unit = 0;
		char *end;
		double number = strtod(text, &end);

		while (unit < ARRAY_SIZE(units) &&
		       (strlen(units[unit].name) != letters ||
			strncmp(units[unit].name, text + digits, letters)))
			unit++;
		if (!digits || digits > 15 || end != text + digits || unit == ARRAY_SIZE(units))
			return false;
		sum += number * units[unit].ns;
		text += digits + letters;
	} while (*text);
	if (sum > 1e15)
		return false;
	*ret = (uint64_t)sum;
	return true;
}

static int read_duration(struct yaml *y, yaml_node_t *value, const void *detail, void *ret)
{
	const char *text;

	(void)detail;
	if (yaml_scalar(y, value, &text))
		return -EINVAL;
	if (!duration_parse(text, ret))
		return yaml_fail(y, value, "%.60s is not a duration like 1s or 250ms", text);
	return 0;
}

static int read_count(struct yaml *y, yaml_node_t *value, const void *detail, void *ret)
{
	const char *text;
	size_t len;

	(void)detail;
	if (yaml_scalar(y, value, &text))
		return -EINVAL;
	len = strlen(text);
	if (!len || len > 9 || strspn(text, "0123456789") != len)
		return yaml_fail(y, value, "%.60s is not a number from 0 to 999999999", text);
	*(uint64_t *)ret = strtoull(text, NULL, 10);
	return 0;
}

static int read_section(struct yaml *y, yaml_node_t *value, const void *keys, void *ret)
{
	return yaml_section(y, value, keys, ret);
}

static int read_tls(struct yaml *y, yaml_node_t *value, const void *keys, void *ret)
{
	struct web_config *c = ret;

	if (yaml_section(y, value, keys, ret))
		return -EINVAL;
	c->tls = c->cert || c->cert_file || c->key || c->key_file || c->client_ca ||
		 c->client_ca_file || c->client_auth;
	if (!c->tls)
		return 0;
	if (!c->cert == !c->cert_file)
		return yaml_fail(y, value, "one of cert and cert_file belongs here");
	if (!c->key == !c->key_file)
		return yaml_fail(y, value, "one of key and key_file belongs here");
	if (c->client_ca && c->client_ca_file)
		return yaml_fail(y, value, "client_ca and client_ca_file exclude each other");
	if ((c->client_ca || c->client_ca_file) && c->client_auth == CLIENT_AUTH_NONE)
		return yaml_fail(y, value, "client_ca without a client_auth_type does nothing");
	if (c->client_auth >= CLIENT_AUTH_VERIFY_IF_GIVEN && !c->client_ca && !c->client_ca_file)
		return yaml_fail(y, value, "%s needs client_ca or client_ca_file",
				 client_auths[c->client_auth]);
	if (c->allowed_sans.count && c->client_auth != CLIENT_AUTH_REQUIRE_ANY &&
	    c->client_auth != CLIENT_AUTH_REQUIRE_AND_VERIFY)
		return yaml_fail(y, value,
				 "client_allowed_sans needs a client_auth_type that requires "
				 "a certificate");
	if (c->min_version > c->max_version)
		return yaml_fail(y, value, "min_version is above max_version");
	return 0;
}

#define PLACE(member) offsetof(struct web_config, member)

static const struct yaml_key tls_keys[] = {
	{ "cert", yaml_text, PLACE(cert) },
	{ "key", yaml_text, PLACE(key) },
	{ "client_ca", yaml_text, PLACE(client_ca) },
	{ "cert_file", yaml_text, PLACE(cert_file) },
	{ "key_file", yaml_text, PLACE(key_file) },
	{ "client_auth_type", yaml_word, PLACE(client_auth), client_auths },
	{ "client_ca_file", yaml_text, PLACE(client_ca_file) },
	{ "client_allowed_sans", read_sans, PLACE(allowed_sans) },
	{ "min_version", yaml_word, PLACE(min_version), versions },
	{ "max_version", yaml_word, PLACE(max_version), versions },
	{ "cipher_suites", read_ciphers, PLACE(ciphers) },
	{ "prefer_server_cipher_suites", yaml_bool, PLACE(prefer_server_ciphers) },
	{ "curve_preferences", read_curves, PLACE(curves) },
	{},
};

static const char *const nosniff[] = { "nosniff", NULL };
static const char *const frame_options[] = { "deny", "sameorigin", NULL };

#define HEADER(header) offsetof(struct web_config, headers[header])

static const struct yaml_key header_keys[] = {
	{ "Strict-Transport-Security", read_header, HEADER(HEADER_STRICT_TRANSPORT_SECURITY) },
	{ "X-Content-Type-Options", read_header, HEADER(HEADER_CONTENT_TYPE_OPTIONS), nosniff },
	{ "X-Frame-Options", read_header, HEADER(HEADER_FRAME_OPTIONS), frame_options },
	{ "X-XSS-Protection", read_header, HEADER(HEADER_XSS_PROTECTION) },
	{ "Content-Security-Policy", read_header, HEADER(HEADER_CONTENT_SECURITY_POLICY) },
	{},
};

static const struct yaml_key http_keys[] = {
	{ "http2", yaml_bool, PLACE(http2) },
	{ "headers", read_section, 0, header_keys },
	{},
};

static const struct yaml_key rate_keys[] = {
	{ "interval", read_duration, PLACE(rate_interval_ns) },
	{ "burst", read_count, PLACE(rate_burst) },
	{},
};

static const struct yaml_key top_keys[] = {
	{ "tls_server_config", read_tls, 0, tls_keys },
	{ "http_server_config", read_section, 0, http_keys },
	{ "basic_auth_users", read_users, 0 },
	{ "rate_limit", read_section, 0, rate_keys },
	{},
};

int web_config_parse(struct str text, const char *name, struct web_config **ret,
		     struct config_error *error)
{
	struct yaml y = { .file = name, .error = error };
	struct web_config *c;
	yaml_node_t *root;

	if (text.len > LIMIT_CONFIG_BYTES) {
		snprintf(error->text, sizeof(error->text), "%s: longer than %d bytes", name,
			 LIMIT_CONFIG_BYTES);
		return -EINVAL;
	}
	if (yaml_load(&y, text))
		return -EINVAL;
	c = xcalloc(1, sizeof(*c));
	c->min_version = TLS_1_2;
	c->max_version = TLS_1_3;
	c->prefer_server_ciphers = c->http2 = true;
	root = yaml_document_get_root_node(&y.document);
	if (root && yaml_section(&y, root, top_keys, c)) {
		web_config_free(c);
		c = NULL;
	}
	yaml_unload(&y);
	if (!c)
		return -EINVAL;
	*ret = c;
	return 0;
}

void web_config_free(struct web_config *c)
{
	if (!c)
		return;
	free(c->cert);
	free(c->key);
	free(c->client_ca);
	free(c->cert_file);
	free(c->key_file);
	free(c->client_ca_file);
	for (size_t i = 0; i < c->allowed_sans.count; i++)
		free(c->allowed_sans.at[i]);
	free(c->allowed_sans.at);
	for (size_t i = 0; i < WEB_HEADERS; i++)
		free(c->headers[i]);
	for (size_t i = 0; i < c->user_count; i++) {
		free(c->users[i].name);
		free(c->users[i].hash);
	}
	free(c->users);
	free(c);
}
