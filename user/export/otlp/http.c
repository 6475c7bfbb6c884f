/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/stat.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/loop.h"
#include "user/base/mem.h"
#include "user/config/config.h"
#include "user/export/otlp/http_loop.h"
#include "user/export/otlp/peer.h"
#include "user/export/otlp/retry.h"

/* All headers of an answer; no receiver needs a tenth of it. */
enum { ANSWER_HEADER_BYTES = 64 << 10 };

enum { FILES = 3 };

/* What tells that a file was replaced. */
struct file_mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct http_post {
	struct http_transfer transfer;
	const struct otlp_target *target;
	struct curl_slist *headers;
	struct file_mark marks[FILES];
	uint64_t changed_ns; /* when one of the files was last seen changed */
	struct peer_rule peers;
	struct buf body;
	size_t header_bytes;
	bool too_large, busy;
	bool is_protobuf, is_json;
	int64_t retry_after_ns;
	char failure[CURL_ERROR_SIZE];
	http_done *done;
	void *owner;
};

static size_t on_body(char *at, size_t size, size_t count, void *context)
{
	struct http_post *post = context;
	struct str part = { at, size * count };

	if (buf_add(&post->body, part)) {
		post->too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	return part.len;
}

/* The value of the header `name`, which ends with its colon, if `line` is it. */
static bool header_value(struct str line, struct str name, struct str *ret)
{
	if (line.len < name.len || !str_eq_nocase(str_first(line, name.len), name))
		return false;
	line = str_after(line, name.len);
	while (line.len && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
		line.len--;
	*ret = str_trim(line);
	return true;
}

static bool is_type(struct str value, struct str type)
{
	return value.len >= type.len && str_eq_nocase(str_first(value, type.len), type) &&
	       (value.len == type.len || value.at[type.len] == ';' || value.at[type.len] == ' ');
}

static size_t on_header(char *at, size_t size, size_t count, void *context)
{
	struct http_post *post = context;
	struct str line = { at, size * count }, value;

	post->header_bytes += line.len;
	if (post->header_bytes > ANSWER_HEADER_BYTES) {
		post->too_large = true;
		return 0;
	}
	if (header_value(line, STR("Content-Type:"), &value)) {
		post->is_protobuf = is_type(value, STR("application/x-protobuf"));
		post->is_json = is_type(value, STR("application/json"));
	} else if (header_value(line, STR("Retry-After:"), &value)) {
		retry_after_parse(value, (int64_t)(clock_ns(CLOCK_REALTIME) / NS_PER_S),
				  &post->retry_after_ns);
	}
	return line.len;
}

static void on_end(struct http_transfer *transfer, CURLcode result)
{
	struct http_post *post = container_of(transfer, struct http_post, transfer);
	struct http_answer answer = {
		.too_large = post->too_large,
		.is_protobuf = post->is_protobuf,
		.is_json = post->is_json,
		.retry_after_ns = post->retry_after_ns,
		.body = buf_str(&post->body),
	};
	struct buf body = post->body;
	long status = 0;

	if (result == CURLE_OK)
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	else
		answer.failure = post->failure[0] ? post->failure : curl_easy_strerror(result);
	answer.status = (int)status;
	/* A content encoding that does not decode is an answer, only not one to be read. */
	if (result == CURLE_BAD_CONTENT_ENCODING)
		answer.too_large = true;
	post->body = buf_new(LIMIT_OTLP_ANSWER_BYTES);
	post->busy = false;
	post->done(post->owner, &answer);
	buf_free(&body);
}

static bool add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer)
		*list = longer;
	return longer;
}

/* "Key: value" as curl wants it, which for an empty value is "Key;". */
static bool add_configured(struct curl_slist **list, const char *key, const char *value)
{
	_cleanup_(freep) char *line =
		*value ? xasprintf("%s: %s", key, value) : xasprintf("%s;", key);

	return !strpbrk(line, "\r\n") && add_header(list, line);
}

static const char *make_headers(struct http_post *post)
{
	const struct otlp_target *target = post->target;
	bool added = add_header(&post->headers, "Content-Type: application/x-protobuf") &&
		     add_header(&post->headers, "Expect:");

	if (target->gzip)
		added = added && add_header(&post->headers, "Content-Encoding: gzip");
	for (size_t i = 0; i < target->headers.count; i++)
		added = added && add_configured(&post->headers, target->headers.at[i].key,
						target->headers.at[i].value);
	return added ? NULL : "a header of otlp.headers cannot be sent";
}

static void set_answer(struct http_post *post)
{
	CURL *easy = post->transfer.easy;

	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, post);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, post);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, post->failure);
}

static void set_security(struct http_post *post)
{
	const struct otlp_target *target = post->target;
	CURL *easy = post->transfer.easy;

	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* A resumed session would keep the certificates of its first day. */
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	if (target->certificate)
		curl_easy_setopt(easy, CURLOPT_CAINFO, target->certificate);
	if (target->client_certificate)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, target->client_certificate);
	if (target->client_key)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, target->client_key);
	peer_rule_set(&post->peers, easy);
}

static const char *set_request(struct http_post *post)
{
	CURL *easy = post->transfer.easy;
	const char *error = make_headers(post);

	if (error)
		return error;
	if (curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") ||
	    curl_easy_setopt(easy, CURLOPT_URL, post->target->endpoint))
		return "otlp.endpoint is not an http or https URL";
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT,
			 "sonde/" SONDE_VERSION " OTel-OTLP-Exporter-C/" SONDE_VERSION);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	return NULL;
}

struct http_post *http_post_new(struct http_client *client, const struct otlp_target *target,
				http_done *done, void *owner, const char **error)
{
	struct http_post *post = xcalloc(1, sizeof(*post));

	post->target = target;
	post->body = buf_new(LIMIT_OTLP_ANSWER_BYTES);
	post->done = done;
	post->owner = owner;
	*error =
		http_transfer_init(&post->transfer, client, on_end) ? "libcurl cannot start" : NULL;
	if (!*error)
		*error = peer_rule_init(&post->peers, target->endpoint);
	if (!*error)
		*error = set_request(post);
	if (*error) {
		http_post_free(post);
		return NULL;
	}
	set_answer(post);
	set_security(post);
	return post;
}

/* Has the file behind `path` been replaced since it was last looked at? */
static bool file_changed(struct file_mark *mark, const char *path)
{
	struct stat now;
	bool same;

	if (!path || stat(path, &now))
		return false;
	same = mark->device == now.st_dev && mark->inode == now.st_ino &&
	       mark->size == now.st_size && mark->changed.tv_sec == now.st_mtim.tv_sec &&
	       mark->changed.tv_nsec == now.st_mtim.tv_nsec;
	*mark = (struct file_mark){ now.st_dev, now.st_ino, now.st_size, now.st_mtim };
	return !same;
}

static bool certificates_changed(struct http_post *post)
{
	const char *paths[FILES] = { post->target->certificate, post->target->client_certificate,
				     post->target->client_key };
	bool changed = false;

	for (int i = 0; i < FILES; i++)
		changed |= file_changed(&post->marks[i], paths[i]);
	return changed;
}

/* Connections that are older than the certificates are not used again. */
static void renew_connection(struct http_post *post)
{
	CURL *easy = post->transfer.easy;
	bool changed = certificates_changed(post);
	uint64_t now_ns = monotonic_ns();

	if (changed)
		post->changed_ns = now_ns;
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)changed);
	if (post->changed_ns)
		curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN,
				 (long)((now_ns - post->changed_ns) / NS_PER_S + 1));
}

int http_post_start(struct http_post *post, struct str body, uint64_t timeout_ms)
{
	CURL *easy = post->transfer.easy;

	post->header_bytes = 0;
	post->too_large = post->is_protobuf = post->is_json = false;
	post->retry_after_ns = -1;
	post->failure[0] = '\0';
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.at);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	renew_connection(post);
	if (http_transfer_start(&post->transfer))
		return -EIO;
	post->busy = true;
	return 0;
}

void http_post_free(struct http_post *post)
{
	if (!post)
		return;
	http_transfer_free(&post->transfer, post->busy);
	curl_slist_free_all(post->headers);
	buf_free(&post->body);
	free(post);
}
