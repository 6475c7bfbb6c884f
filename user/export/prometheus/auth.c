/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/auth.h"

#include <gnutls/crypto.h>
#include <sys/random.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/export/prometheus/checker.h"

enum { CACHED = 64, MAC_BYTES = CHECK_ID_BYTES, HEADER_BYTES = 4096, BURST = CHECKS };

#define CHECK_EVERY_NS (250 * NS_PER_MS)

struct remembered {
	bool known, good;
	uint8_t mac[MAC_BYTES];
};

struct auth {
	uint8_t key[MAC_BYTES];
	struct remembered cache[CACHED];
	size_t next;
	unsigned left; /* checks that may be made now */
	uint64_t refilled_ns;
	struct checker *checker;
	auth_checked *checked;
	void *context;
};

static void on_checked(void *auth, const uint8_t mac[MAC_BYTES], bool fits)
{
	struct auth *a = auth;
	struct remembered *fresh = &a->cache[a->next++ % CACHED];

	*fresh = (struct remembered){ .known = true, .good = fits };
	memcpy(fresh->mac, mac, MAC_BYTES);
	a->checked(a->context);
}

struct auth *auth_new(struct loop *loop, auth_checked *checked, void *context)
{
	struct auth *a = xcalloc(1, sizeof(*a));

	a->checker = checker_new(loop, on_checked, a);
	a->checked = checked;
	a->context = context;
	a->left = BURST;
	if (getrandom(a->key, sizeof(a->key), 0) != sizeof(a->key))
		abort();
	return a;
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	checker_free(a->checker);
	explicit_bzero(a, sizeof(*a));
	free(a);
}

bool auth_parse(struct str header, struct buf *scratch, struct str *ret_user,
		struct str *ret_password)
{
	gnutls_datum_t in, out;
	struct str scheme, both, user;

	if (header.len > HEADER_BYTES || !take_until(&header, ' ', &scheme) ||
	    !str_eq_nocase(scheme, STR("Basic")))
		return false;
	header = str_trim(header);
	if (!header.len)
		return false;
	in = (gnutls_datum_t){ (unsigned char *)header.at, (unsigned)header.len };
	if (gnutls_base64_decode2(&in, &out) < 0)
		return false;
	buf_clear(scratch);
	if (out.size)
		buf_add(scratch, (struct str){ (char *)out.data, out.size });
	gnutls_free(out.data);
	both = buf_str(scratch);
	if (scratch->full || !both.len || memchr(both.at, '\0', both.len) ||
	    !take_until(&both, ':', &user))
		return false;
	*ret_user = user;
	*ret_password = both;
	return true;
}

/* The user's hash; for one who is not there the costliest, so that the time tells nothing. */
static const char *hash_of(const struct web_config *c, struct str user, bool *ret_known)
{
	const char *hash = c->users[0].hash;

	*ret_known = false;
	for (size_t i = 0; i < c->user_count; i++) {
		if (str_eq(user, str_of(c->users[i].name))) {
			*ret_known = true;
			return c->users[i].hash;
		}
		if (strncmp(c->users[i].hash + 4, hash + 4, 2) > 0)
			hash = c->users[i].hash;
	}
	return hash;
}

/* Over user, hash and password: a new hash in the file makes a new entry. */
static void mac_of(const struct auth *a, struct str user, const char *hash, bool known,
		   struct str password, uint8_t ret[MAC_BYTES])
{
	struct buf all = buf_new(2 * HEADER_BYTES);

	buf_add(&all, user);
	buf_add_byte(&all, '\0');
	buf_add(&all, str_of(hash));
	buf_add_byte(&all, known ? 1 : 0);
	buf_add(&all, password);
	if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, a->key, sizeof(a->key), all.at, all.len, ret) < 0)
		abort();
	explicit_bzero(all.at, all.len);
	buf_free(&all);
}

static bool may_check(struct auth *a, uint64_t now_ns)
{
	uint64_t earned = (now_ns - a->refilled_ns) / CHECK_EVERY_NS;

	if (earned) {
		a->left = earned > BURST - a->left ? BURST : a->left + (unsigned)earned;
		a->refilled_ns = now_ns;
	}
	if (!a->left)
		return false;
	a->left--;
	return true;
}

static const struct remembered *recall(const struct auth *a, const uint8_t mac[MAC_BYTES])
{
	for (size_t i = 0; i < CACHED; i++)
		if (a->cache[i].known && !gnutls_memcmp(a->cache[i].mac, mac, MAC_BYTES))
			return &a->cache[i];
	return NULL;
}

static enum auth_result check(struct auth *a, const struct web_config *c, struct str user,
			      struct str password, uint64_t now_ns)
{
	const struct remembered *old;
	uint8_t mac[MAC_BYTES];
	bool known;
	const char *hash = hash_of(c, user, &known);

	mac_of(a, user, hash, known, password, mac);
	old = recall(a, mac);
	if (old)
		return old->good && known ? AUTH_OK : AUTH_DENIED;
	if (checker_has(a->checker, mac))
		return AUTH_WAIT;
	if (!may_check(a, now_ns) || checker_ask(a->checker, mac, password, hash))
		return AUTH_BUSY;
	return AUTH_WAIT;
}

enum auth_result auth_check(struct auth *a, const struct web_config *c, struct str header,
			    uint64_t now_ns)
{
	struct buf scratch = buf_new(HEADER_BYTES);
	enum auth_result result = AUTH_DENIED;
	struct str user, password;

	if (!c->user_count)
		return AUTH_OK;
	if (auth_parse(header, &scratch, &user, &password))
		result = check(a, c, user, password, now_ns);
	if (scratch.at)
		explicit_bzero(scratch.at, scratch.len);
	buf_free(&scratch);
	return result;
}
