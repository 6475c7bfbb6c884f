/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.c - credentials, a priority string, and the check of a client's certificate.
 *
 * The client's certificate is checked inside the handshake, so that nobody whom
 * the file does not admit gets as far as a request.
 */
#include "user/export/prometheus/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <sys/stat.h>

#include "user/base/buf.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/export/readable.h"

enum { SAN_BYTES = 512, SANS_READ = 256 };

struct tls {
	size_t references;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
	int client_auth;
	struct text_list allowed_sans; /* owned */
};

static int wrong(struct config_error *error, const char *what, const char *why)
{
	snprintf(error->text, sizeof(error->text), "%s: %s", what, why);
	return -EINVAL;
}

int file_read(const char *path, char **ret, size_t *ret_len, struct config_error *error)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_(freep) char *text = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t got = 1;

	if (fd < 0 || fstat(fd, &st)) {
		unreadable_say(path, errno, error->text, sizeof(error->text));
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > LIMIT_CONFIG_BYTES)
		return wrong(error, path, "not a file, or too long");
	text = xcalloc(1, LIMIT_CONFIG_BYTES + 1);
	while (len < LIMIT_CONFIG_BYTES && got > 0) {
		got = read(fd, text + len, LIMIT_CONFIG_BYTES - len);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			return wrong(error, path, strerror(errno));
		else
			len += (size_t)got;
	}
	*ret_len = len;
	*ret = TAKE_PTR(text);
	return 0;
}

/* PEM from the configuration itself, or from the file that it names. */
static int pem_read(const char *inline_text, const char *file, const char *directory, char **ret,
		    struct config_error *error)
{
	_cleanup_(freep) char *path = NULL;
	size_t len;

	if (inline_text) {
		*ret = xstrdup(inline_text);
		return 0;
	}
	path = file[0] == '/' ? xstrdup(file) : xasprintf("%s/%s", directory, file);
	return file_read(path, ret, &len, error);
}

static gnutls_datum_t datum_of(char *pem)
{
	return (gnutls_datum_t){ (unsigned char *)pem, (unsigned)strlen(pem) };
}

static int read_pair(struct tls *tls, const struct web_config *c, const char *directory,
		     struct config_error *error)
{
	_cleanup_(freep) char *cert = NULL, *key = NULL;
	gnutls_datum_t cert_datum, key_datum;
	int status;

	if (pem_read(c->cert, c->cert_file, directory, &cert, error) ||
	    pem_read(c->key, c->key_file, directory, &key, error))
		return -EINVAL;
	cert_datum = datum_of(cert);
	key_datum = datum_of(key);
	status = gnutls_certificate_set_x509_key_mem(tls->credentials, &cert_datum, &key_datum,
						     GNUTLS_X509_FMT_PEM);
	explicit_bzero(key, strlen(key));
	if (status < 0)
		return wrong(error, c->cert_file ? c->cert_file : "cert", gnutls_strerror(status));
	return 0;
}

static int read_client_ca(struct tls *tls, const struct web_config *c, const char *directory,
			  struct config_error *error)
{
	_cleanup_(freep) char *ca = NULL;
	gnutls_datum_t datum;
	int count;

	if (!c->client_ca && !c->client_ca_file)
		return 0;
	if (pem_read(c->client_ca, c->client_ca_file, directory, &ca, error))
		return -EINVAL;
	datum = datum_of(ca);
	count = gnutls_certificate_set_x509_trust_mem(tls->credentials, &datum,
						      GNUTLS_X509_FMT_PEM);
	if (count <= 0)
		return wrong(error, c->client_ca_file ? c->client_ca_file : "client_ca",
			     count ? gnutls_strerror(count) : "no certificate in it");
	return 0;
}

static void add_choices(struct buf *to, const struct choice_list *list,
			const struct web_choice *choices)
{
	for (size_t i = 0; i < list->count; i++)
		buf_printf(to, ":%s", choices[list->at[i]].priority);
}

/*
 * GnuTLS picks exchange, cipher and MAC apart: of what the listed suites are made
 * of, other combinations are possible too, and TLS 1.3 is held to the same ciphers.
 */
static int make_priority(struct tls *tls, const struct web_config *c, struct config_error *error)
{
	static const char *const versions[] = { ":+VERS-TLS1.0", ":+VERS-TLS1.1", ":+VERS-TLS1.2",
						":+VERS-TLS1.3" };
	struct buf text = buf_new(8192);
	int status;

	buf_add(&text, STR("NORMAL:-VERS-ALL"));
	for (int i = c->min_version; i <= c->max_version; i++)
		buf_add(&text, str_of(versions[i]));
	if (c->ciphers.count) {
		buf_add(&text, STR(":-CIPHER-ALL:-MAC-ALL:-KX-ALL:+ECDHE-RSA:+ECDHE-ECDSA"));
		add_choices(&text, &c->ciphers, web_ciphers);
	}
	if (c->curves.count) {
		buf_add(&text, STR(":-GROUP-ALL"));
		add_choices(&text, &c->curves, web_curves);
	}
	if (c->prefer_server_ciphers)
		buf_add(&text, STR(":%SERVER_PRECEDENCE"));
	buf_add_byte(&text, '\0');
	status = gnutls_priority_init(&tls->priority, text.at, NULL);
	buf_free(&text);
	if (status < 0)
		return wrong(error, "cipher_suites and versions", gnutls_strerror(status));
	return 0;
}

/* A name of a certificate as text: addresses are bytes in it. */
static bool san_text(unsigned type, char *name, size_t len, char ret[SAN_BYTES])
{
	if (type == GNUTLS_SAN_IPADDRESS)
		return (len == 4 || len == 16) &&
		       inet_ntop(len == 4 ? AF_INET : AF_INET6, name, ret, SAN_BYTES);
	if (type != GNUTLS_SAN_DNSNAME && type != GNUTLS_SAN_RFC822NAME && type != GNUTLS_SAN_URI)
		return false;
	if (len >= SAN_BYTES || memchr(name, '\0', len))
		return false;
	memcpy(ret, name, len);
	ret[len] = '\0';
	return true;
}

static bool san_allowed(const struct tls *tls, const gnutls_datum_t *der)
{
	gnutls_x509_crt_t cert;
	bool allowed = false;
	int type = 0;

	if (gnutls_x509_crt_init(&cert) < 0)
		return false;
	if (gnutls_x509_crt_import(cert, der, GNUTLS_X509_FMT_DER) < 0)
		type = -1;
	for (unsigned i = 0; i < SANS_READ && !allowed && type >= 0; i++) {
		char name[SAN_BYTES], text[SAN_BYTES];
		size_t len = sizeof(name);

		type = gnutls_x509_crt_get_subject_alt_name(cert, i, name, &len, NULL);
		if (type < 0 || !san_text((unsigned)type, name, len, text))
			continue;
		for (size_t a = 0; a < tls->allowed_sans.count; a++)
			allowed |= !strcmp(tls->allowed_sans.at[a], text);
	}
	gnutls_x509_crt_deinit(cert);
	return allowed;
}

static bool client_trusted(gnutls_session_t session)
{
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
					  .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
	unsigned status = 0;

	return gnutls_certificate_verify_peers(session, &purpose, 1, &status) >= 0 && !status;
}

/* Called in the handshake when the client sent a certificate. 0: go on. */
static int verify_client(gnutls_session_t session)
{
	const struct tls *tls = gnutls_session_get_ptr(session);
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	bool verify = tls->client_auth >= CLIENT_AUTH_VERIFY_IF_GIVEN;

	if (!chain || !count)
		return 0;
	if ((!verify || client_trusted(session)) &&
	    (!tls->allowed_sans.count || san_allowed(tls, &chain[0])))
		return 0;
	gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
	return GNUTLS_E_CERTIFICATE_ERROR;
}

int tls_new(const struct web_config *c, const char *directory, struct tls **ret,
	    struct config_error *error)
{
	struct tls *tls = xcalloc(1, sizeof(*tls));

	tls->references = 1;
	tls->client_auth = c->client_auth;
	if (gnutls_certificate_allocate_credentials(&tls->credentials) < 0)
		abort();
	if (read_pair(tls, c, directory, error) || read_client_ca(tls, c, directory, error) ||
	    make_priority(tls, c, error)) {
		tls_unref(tls);
		return -EINVAL;
	}
	gnutls_certificate_set_verify_function(tls->credentials, verify_client);
	tls->allowed_sans.at = xcalloc(c->allowed_sans.count, sizeof(char *));
	for (size_t i = 0; i < c->allowed_sans.count; i++)
		tls->allowed_sans.at[tls->allowed_sans.count++] = xstrdup(c->allowed_sans.at[i]);
	*ret = tls;
	return 0;
}

struct tls *tls_ref(struct tls *tls)
{
	tls->references++;
	return tls;
}

void tls_unref(struct tls *tls)
{
	if (!tls || --tls->references)
		return;
	gnutls_certificate_free_credentials(tls->credentials);
	if (tls->priority)
		gnutls_priority_deinit(tls->priority);
	for (size_t i = 0; i < tls->allowed_sans.count; i++)
		free(tls->allowed_sans.at[i]);
	free(tls->allowed_sans.at);
	free(tls);
}

int tls_attach(struct tls *tls, gnutls_session_t session)
{
	static const gnutls_certificate_request_t requests[] = {
		[CLIENT_AUTH_NONE] = GNUTLS_CERT_IGNORE,
		[CLIENT_AUTH_REQUEST] = GNUTLS_CERT_REQUEST,
		[CLIENT_AUTH_REQUIRE_ANY] = GNUTLS_CERT_REQUIRE,
		[CLIENT_AUTH_VERIFY_IF_GIVEN] = GNUTLS_CERT_REQUEST,
		[CLIENT_AUTH_REQUIRE_AND_VERIFY] = GNUTLS_CERT_REQUIRE,
	};

	gnutls_session_set_ptr(session, tls);
	gnutls_certificate_server_set_request(session, requests[tls->client_auth]);
	if (gnutls_priority_set(session, tls->priority) < 0)
		return -EINVAL;
	return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->credentials) < 0
		       ? -EINVAL
		       : 0;
}
