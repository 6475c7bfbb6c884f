/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus_web_config.c - mirrors user/export/prometheus/web_config.c, yaml.c and auth.c */
#include <errno.h>

#include "tests/test.h"
#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/export/prometheus/auth.h"
#include "user/export/prometheus/web_config.h"

/* "open sesame" */
#define HASH "$2y$04$X8P18fCafontnfG/tXnWHOhesJ39yoDAUMFd9j5WerUToRPR5c8ki"

static const char whole[] = "tls_server_config:\n"
			    "  cert_file: server.crt\n"
			    "  key: |\n"
			    "    -----BEGIN PRIVATE KEY-----\n"
			    "  client_ca_file: /etc/ca.crt\n"
			    "  client_auth_type: RequireAndVerifyClientCert\n"
			    "  client_allowed_sans: [prometheus.example, 10.0.0.1]\n"
			    "  min_version: TLS12\n"
			    "  max_version: TLS13\n"
			    "  cipher_suites:\n"
			    "    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n"
			    "    - TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\n"
			    "  prefer_server_cipher_suites: false\n"
			    "  curve_preferences: [X25519, CurveP256]\n"
			    "http_server_config:\n"
			    "  http2: false\n"
			    "  headers:\n"
			    "    X-Frame-Options: deny\n"
			    "    Strict-Transport-Security: max-age=1\n"
			    "basic_auth_users:\n"
			    "  alice: " HASH "\n"
			    "  bob: " HASH "\n"
			    "rate_limit:\n"
			    "  interval: 1m30s\n"
			    "  burst: 20\n";

TEST(a_whole_web_config_is_taken)
{
	struct web_config *c = NULL;
	struct config_error error;

	CHECK(!web_config_parse(str_of(whole), "web.yml", &c, &error));
	CHECK(c->tls && !strcmp(c->cert_file, "server.crt") && strstr(c->key, "BEGIN"));
	CHECK(c->client_auth == CLIENT_AUTH_REQUIRE_AND_VERIFY && c->allowed_sans.count == 2);
	CHECK(c->min_version == TLS_1_2 && c->max_version == TLS_1_3 && !c->prefer_server_ciphers);
	CHECK(c->ciphers.count == 2 && c->curves.count == 2 && c->curves.at[0] == 3 && !c->http2);
	CHECK(!strcmp(c->headers[HEADER_FRAME_OPTIONS], "deny"));
	CHECK(!c->headers[HEADER_CONTENT_TYPE_OPTIONS]);
	CHECK(c->user_count == 2 && !strcmp(c->users[1].name, "bob"));
	CHECK(c->rate_interval_ns == 90 * NS_PER_S && c->rate_burst == 20);
	web_config_free(c);
}

static const char *const fine[] = {
	"",
	"{}",
	"# nothing\n",
	"tls_server_config:\n",
	"basic_auth_users: {}\n",
	"rate_limit: ~\n",
	"tls_server_config: {cert: a, key: b}\n",
	"rate_limit: {interval: 0, burst: 0}\n",
	"rate_limit: {interval: 1.5s}\n",
	"http_server_config: {http2: Yes, headers: {}}\n",
	"tls_server_config: {min_version: TLS13}\n",
	"--- {}\n",
};

TEST(little_or_nothing_is_fine_too)
{
	EACH(i, fine) {
		struct web_config *c = NULL;
		struct config_error error;

		CHECK(!web_config_parse(str_of(fine[i]), "web.yml", &c, &error));
		CHECK(c->prefer_server_ciphers && c->max_version == TLS_1_3);
		web_config_free(c);
	}
}

static const struct {
	const char *text, *want;
} bad[] = {
	{ "tls:\n", "web.yml:1:1: unknown key tls; there are tls_server_config, " },
	{ "tls_server_config:\n  cert_fil: x\n", "web.yml:2:3: unknown key cert_fil" },
	{ "- a\n", "web.yml:1:1: keys and values belong here" },
	{ "a: b: c\n", "web.yml:1:5: " },
	{ "\"a\n", "web.yml:" },
	{ "\t{", "web.yml:1:1: " },
	{ "rate_limit: {}\nrate_limit: {}\n", "web.yml:2:1: rate_limit stands here twice" },
	{ "tls_server_config: {cert_file: a}\n", "1:20: one of key and key_file belongs here" },
	{ "tls_server_config: {key_file: a}\n", "one of cert and cert_file belongs here" },
	{ "tls_server_config: {cert: a, cert_file: a, key: b}\n", "one of cert and cert_file" },
	{ "tls_server_config: {cert: a, key: b, client_ca: c}\n", "does nothing" },
	{ "tls_server_config: {cert: a, key: b, client_auth_type: VerifyClientCertIfGiven}\n",
	  "VerifyClientCertIfGiven needs client_ca" },
	{ "tls_server_config: {cert: a, key: b, client_ca: c, client_ca_file: d, client_auth_type: "
	  "RequestClientCert}\n",
	  "exclude each other" },
	{ "tls_server_config: {client_auth_type: Maybe}\n", "Maybe is none of NoClientCert, " },
	{ "tls_server_config: {cert: a, key: b, client_auth_type: RequestClientCert, "
	  "client_allowed_sans: [a]}\n",
	  "client_allowed_sans needs" },
	{ "tls_server_config: {cert: [a], key: b}\n", "1:27: a single value belongs here" },
	{ "tls_server_config: {cert: a, key: b, min_version: TLS13, max_version: TLS12}\n",
	  "above" },
	{ "tls_server_config: {min_version: SSL3}\n",
	  "SSL3 is none of TLS10, TLS11, TLS12, TLS13" },
	{ "tls_server_config: {cipher_suites: [RC4]}\n", "unknown name RC4" },
	{ "tls_server_config: {cipher_suites: X}\n", "a list belongs here" },
	{ "tls_server_config: {curve_preferences: [Curve]}\n", "unknown name Curve" },
	{ "tls_server_config: {prefer_server_cipher_suites: 7}\n", "7 is neither true nor false" },
	{ "tls_server_config: {cert: \"a\\0b\", key: c}\n", "NUL" },
	{ "http_server_config: {headers: {Server: x}}\n", "unknown key Server" },
	{ "http_server_config: {headers: {X-Frame-Options: x}}\n",
	  "x is none of deny, sameorigin" },
	{ "http_server_config: {headers: {X-XSS-Protection: \"a\\nb\"}}\n", "one line of ASCII" },
	{ "basic_auth_users: {a: secret}\n", "not a bcrypt hash" },
	{ "basic_auth_users: {a: $2y$31$X8P18fCafontnfG/tXnWHOhesJ39yoDAUMFd9j5WerUToRPR5c8ki}\n",
	  "a bcrypt cost is 4 to 14" },
	{ "basic_auth_users: {a: $2y$xx$X8P18fCafontnfG/tXnWHOhesJ39yoDAUMFd9j5WerUToRPR5c8ki}\n",
	  "not a bcrypt hash" },
	{ "basic_auth_users: {a: $2y$04$X8P18fCafontnfG:tXnWHOhesJ39yoDAUMFd9j5WerUToRPR5c8ki}\n",
	  "not a bcrypt hash" },
	{ "basic_auth_users: {\"a:b\": " HASH "}\n", "no colon" },
	{ "basic_auth_users: {a: " HASH ", a: " HASH "}\n", "a stands here twice" },
	{ "rate_limit: {interval: 1}\n", "1 is not a duration" },
	{ "rate_limit: {interval: 1x}\n", "1x is not a duration" },
	{ "rate_limit: {interval: 99999999999h}\n", "is not a duration" },
	{ "rate_limit: {burst: -1}\n", "-1 is not a number" },
	{ "rate_limit: {burst: 9999999999}\n", "is not a number" },
};

TEST(each_mistake_is_told_with_its_place_and_nothing_is_written)
{
	EACH(i, bad) {
		struct web_config *c = (void *)&c;
		struct config_error error = {};

		CHECK(web_config_parse(str_of(bad[i].text), "web.yml", &c, &error) == -EINVAL);
		if (!strstr(error.text, bad[i].want))
			printf("%s: %s\n", bad[i].text, error.text);
		CHECK(strstr(error.text, bad[i].want) && c == (void *)&c);
	}
}

TEST(every_shorter_start_of_a_web_config_is_survived)
{
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		char *copy = test_tight(whole, len);
		struct web_config *c = NULL;
		struct config_error error;

		if (!web_config_parse((struct str){ copy, len }, "web.yml", &c, &error))
			web_config_free(c);
		free(copy);
	}
}

TEST(a_web_config_past_its_limit_is_refused)
{
	struct web_config *c = NULL;
	struct config_error error;
	char *text = xcalloc(1, LIMIT_CONFIG_BYTES + 1);

	memset(text, '#', LIMIT_CONFIG_BYTES + 1);
	CHECK(web_config_parse((struct str){ text, LIMIT_CONFIG_BYTES + 1 }, "w", &c, &error) ==
	      -EINVAL);
	free(text);
}

static const struct {
	struct str header, user, password;
	bool ok;
} credentials[] = {
	{ STR("Basic YWxpY2U6b3BlbiBzZXNhbWU="), STR("alice"), STR("open sesame"), true },
	{ STR("basic   YTpiOmM=  "), STR("a"), STR("b:c"), true },
	{ STR("Basic Og=="), STR(""), STR(""), true },
	{ STR("Basic YWxpY2U="), STR(""), STR(""), false }, /* no colon */
	{ STR("Basic YQA6Yg=="), STR(""), STR(""), false }, /* a NUL in it */
	{ STR("Basic "), STR(""), STR(""), false },
	{ STR("Basic"), STR(""), STR(""), false },
	{ STR("Bearer YTpi"), STR(""), STR(""), false },
	{ STR("Basic ?????"), STR(""), STR(""), false },
	{ STR(""), STR(""), STR(""), false },
};

TEST(basic_credentials_are_taken_apart)
{
	EACH(i, credentials) {
		struct buf scratch = buf_new(4096);
		struct str user = STR("untouched"), password = STR("untouched");
		bool ok = auth_parse(credentials[i].header, &scratch, &user, &password);

		CHECK(ok == credentials[i].ok);
		CHECK(str_eq(user, ok ? credentials[i].user : STR("untouched")));
		CHECK(str_eq(password, ok ? credentials[i].password : STR("untouched")));
		buf_free(&scratch);
	}
}

static void checked(void *context)
{
	(void)context;
}

/* What is said once the password was checked. */
static enum auth_result decided(struct loop *loop, struct auth *a, const struct web_config *c,
				struct str header, uint64_t now_ns)
{
	enum auth_result result;

	while ((result = auth_check(a, c, header, now_ns)) == AUTH_WAIT)
		loop_once(loop, -1);
	return result;
}

TEST(new_passwords_are_checked_only_so_often)
{
	static const struct str guess[] = {
		STR("Basic YTox"), STR("Basic YToy"), STR("Basic YToz"),
		STR("Basic YTo0"), STR("Basic YTo1"), STR("Basic YTo2"),
		STR("Basic YTo3"), STR("Basic YTo4"), STR("Basic YTo5"),
	};
	struct web_user alice = { (char *)"alice", (char *)HASH };
	const struct web_config c = { .users = &alice, .user_count = 1 };
	const struct str good = STR("Basic YWxpY2U6b3BlbiBzZXNhbWU=");
	struct loop *loop = loop_new();
	struct auth *a = auth_new(loop, checked, NULL);
	uint64_t now = 1000 * NS_PER_S;

	CHECK(decided(loop, a, &c, good, now) == AUTH_OK);
	for (size_t i = 0; i < 7; i++)
		CHECK(decided(loop, a, &c, guess[i], now) == AUTH_DENIED);
	CHECK(decided(loop, a, &c, guess[7], now) == AUTH_BUSY);
	CHECK(decided(loop, a, &c, guess[6], now) == AUTH_DENIED);
	CHECK(decided(loop, a, &c, good, now) == AUTH_OK); /* remembered: costs nothing */
	CHECK(decided(loop, a, &c, guess[7], now + 250 * NS_PER_MS) == AUTH_DENIED);
	CHECK(decided(loop, a, &c, guess[8], now + 250 * NS_PER_MS) == AUTH_BUSY);
	auth_free(a);
	loop_free(loop);
}
