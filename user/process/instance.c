/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/instance.h"

#include <gnutls/crypto.h>
#include <stdio.h>
#include <time.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/model/redact.h"
#include "user/process/names.h"

enum {
	OWN_ATTRIBUTES = 20, /* those below; the rest is room for the process's own */
	UUID_BYTES = 16,
	UUID_TEXT = 37,
	/* U+FFFD is three bytes for one; an attribute may have a key and a value to copy. */
	TEXT_BYTES = RESOURCE_ATTRIBUTES * 2 * 3 * LIMIT_ATTRIBUTE_BYTES,
	UNKNOWN_BYTES = 4096, /* three texts of 64 bytes and our own words */
};

/* OpenTelemetry semantic conventions, service.instance.id: the namespace for UUIDv5. */
static const uint8_t namespace_bytes[UUID_BYTES] = {
	0x4d, 0x63, 0x00, 0x9a, 0x8d, 0x0f, 0x11, 0xee,
	0xaa, 0xd7, 0x4c, 0x79, 0x6e, 0xd8, 0xe3, 0x20
};

/* RFC 4122 section 4.3: SHA-1 of namespace and name. */
static void uuid_from(struct str name, char ret[UUID_TEXT])
{
	uint8_t text[UUID_BYTES + 256], hash[20] = {};
	size_t len = name.len < 256 ? name.len : 256, at = 0;

	memcpy(text, namespace_bytes, UUID_BYTES);
	memcpy(text + UUID_BYTES, name.at, len);
	gnutls_hash_fast(GNUTLS_DIG_SHA1, text, UUID_BYTES + len, hash);
	hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x50);
	hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < UUID_BYTES; i++)
		at += (size_t)snprintf(ret + at, UUID_TEXT - at, "%s%02x",
				       i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", hash[i]);
}

struct maker {
	struct attribute at[RESOURCE_ATTRIBUTES];
	size_t count;
	struct buf texts; /* as large as it may get from the start: what is in it does not move */
};

static struct str clean(struct maker *m, struct str text)
{
	size_t start = m->texts.len;

	redact_text(str_first(text, LIMIT_ATTRIBUTE_BYTES), &m->texts);
	return (struct str){ m->texts.at + start, m->texts.len - start };
}

/* What the process said of itself was there before and stays. */
static void add(struct maker *m, struct str key, struct str value)
{
	if (value.len && !attribute_find(m->at, m->count, key))
		m->at[m->count++] = attribute_text(key, clean(m, value));
}

static uint64_t add_own(struct maker *m, const struct facts *f)
{
	uint64_t dropped = f->resource_dropped;

	for (size_t i = 0; i < f->resource_count; i++) {
		struct str value = f->resource[i], key;

		if (!take_until(&value, '=', &key) || !key.len || !value.len ||
		    attribute_find(m->at, m->count, key))
			continue;
		if (m->count == RESOURCE_ATTRIBUTES - OWN_ATTRIBUTES)
			dropped++;
		else
			add(m, clean(m, key), value);
	}
	return dropped;
}

static void add_service(struct maker *m, struct process_id id, const struct facts *f)
{
	char name[256], uuid[UUID_TEXT];
	int len;

	add(m, STR("service.name"), f->at[FACT_NAME]);
	add(m, STR("service.namespace"), f->at[FACT_NAMESPACE]);
	add(m, STR("service.version"), f->at[FACT_VERSION]);
	len = snprintf(name, sizeof(name), "%.*s:%u:%llu",
		       STR_ARGS(str_first(f->at[FACT_HOST_ID], 64)), id.tgid,
		       (unsigned long long)(id.started_ns / NS_PER_TICK));
	uuid_from((struct str){ name, (size_t)len }, uuid);
	add(m, STR("service.instance.id"),
	    f->at[FACT_INSTANCE].len ? f->at[FACT_INSTANCE] : str_of(uuid));
}

static void add_created(struct maker *m, struct str unix_ns)
{
	uint64_t ns = fact_number(unix_ns);
	time_t seconds = (time_t)(ns / NS_PER_S);
	char date[64], text[80];
	struct tm tm;
	int len;

	if (!ns || !gmtime_r(&seconds, &tm) || !strftime(date, sizeof(date), "%FT%T", &tm))
		return;
	len = snprintf(text, sizeof(text), "%s.%03uZ", date, (unsigned)(ns % NS_PER_S / NS_PER_MS));
	add(m, STR("process.creation.time"), (struct str){ text, (size_t)len });
}

static void add_process(struct maker *m, struct process_id id, const struct facts *f)
{
	if (!attribute_find(m->at, m->count, STR("process.pid")))
		m->at[m->count++] = attribute_int(STR("process.pid"), id.tgid);
	add(m, STR("process.executable.name"), path_name(f->at[FACT_EXE]));
	add(m, STR("process.executable.path"), f->at[FACT_EXE]);
	add(m, STR("process.command"), f->at[FACT_COMMAND]);
	add(m, STR("process.owner"), f->at[FACT_OWNER]);
	add_created(m, f->at[FACT_CREATED]);
	add(m, STR("container.id"), f->at[FACT_CONTAINER]);
}

static void add_host(struct maker *m, const struct facts *f)
{
	add(m, STR("host.name"), f->at[FACT_HOST_NAME]);
	add(m, STR("host.id"), f->at[FACT_HOST_ID]);
	add(m, STR("host.arch"), f->at[FACT_HOST_ARCH]);
	add(m, STR("os.type"), STR("linux"));
	add(m, STR("telemetry.sdk.name"), STR("sonde"));
	add(m, STR("telemetry.sdk.language"), f->at[FACT_LANGUAGE]);
	add(m, STR("telemetry.sdk.version"), STR(SONDE_VERSION));
	add(m, STR("telemetry.distro.name"), STR("sonde"));
	add(m, STR("telemetry.distro.version"), STR(SONDE_VERSION));
}

struct resource *instance_resource(struct process_id id, const struct facts *facts,
				   uint64_t *dropped)
{
	struct maker m = { .texts = buf_new(TEXT_BYTES) };
	struct resource *r;

	buf_reserve(&m.texts, TEXT_BYTES);
	*dropped += add_own(&m, facts);
	add_service(&m, id, facts);
	add_process(&m, id, facts);
	add_host(&m, facts);
	r = resource_new(m.at, m.count);
	buf_free(&m.texts);
	return r;
}

struct resource *instance_unknown(const struct host *host)
{
	struct facts f = { .at = { [FACT_NAME] = STR("unknown_service") } };
	struct maker m = { .texts = buf_new(UNKNOWN_BYTES) };
	struct process_id nobody = {};
	struct resource *r;

	if (host) {
		f.at[FACT_HOST_ID] = str_of(host->id);
		f.at[FACT_HOST_NAME] = str_of(host->name);
		f.at[FACT_HOST_ARCH] = str_of(host->arch);
	}
	buf_reserve(&m.texts, UNKNOWN_BYTES);
	add_service(&m, nobody, &f);
	add_host(&m, &f);
	r = resource_new(m.at, m.count);
	buf_free(&m.texts);
	return r;
}
