/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus_web.c - mirrors prometheus.c, web.c, handler.c, stream.c, settings.c, self.c */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <zlib.h>

#include "tests/test.h"
#include "tests/unit/export/prometheus_samples.h"
#include "user/base/clock.h"
#include "user/config/config.h"
#include "user/export/prometheus/checker.h"
#include "user/export/prometheus/web.h"

extern const struct exporter exporter_prometheus;

/* An exporter on a port of its own, and the loop that it runs in. */
struct site {
	struct config config;
	struct collectors collectors;
	struct collector first, second;
	struct export_context context;
	struct sockaddr_in address;
	int listener;
	bool is_ready;
	void *exporter;
};

static bool site_ready(void *owner)
{
	return ((struct site *)owner)->is_ready;
}

static bool site_open(struct site *s, const char *config_file)
{
	socklen_t len = sizeof(s->address);
	const char *error;

	*s = (struct site){ .config.web = { .telemetry_path = "/metrics",
					    .config_file = (char *)config_file,
					    .max_requests = 2 } };
	s->address = (struct sockaddr_in){ .sin_family = AF_INET,
					   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->listener, (struct sockaddr *)&s->address, len) || listen(s->listener, 8) ||
	    getsockname(s->listener, (struct sockaddr *)&s->address, &len))
		return false;
	collectors_init(&s->collectors);
	s->first = (struct collector){ .name = "samples", .collect = samples_collect };
	s->second = (struct collector){ .name = "more", .collect = samples_collect_more };
	collectors_add(&s->collectors, &s->first);
	collectors_add(&s->collectors, &s->second);
	s->context = (struct export_context){ .config = &s->config,
					      .loop = loop_new(),
					      .collectors = &s->collectors,
					      .listeners = &s->listener,
					      .listener_count = 1,
					      .ready = site_ready,
					      .owner = s };
	s->exporter = exporter_prometheus.new(&s->context, &error);
	return s->exporter;
}

static void site_close(struct site *s)
{
	if (s->exporter)
		exporter_prometheus.free(s->exporter);
	loop_free(s->context.loop);
	close(s->listener);
}

static int site_connect(struct site *s)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&s->address, sizeof(s->address)))
		abort();
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Run the loop until `fd` is at its end; all that came. */
static struct buf read_to_end(struct site *s, int fd)
{
	struct buf all = buf_new(128 << 20);

	for (;;) {
		char *to = buf_reserve(&all, 65536);
		ssize_t got = read(fd, to, 65536);

		if (got > 0)
			all.len += (size_t)got;
		else if (!got || errno != EAGAIN)
			break;
		else
			loop_once(s->context.loop, 1);
	}
	close(fd);
	buf_add_byte(&all, '\0');
	return all;
}

static struct buf ask(struct site *s, const char *request)
{
	int fd = site_connect(s);

	if (write(fd, request, strlen(request)) != (ssize_t)strlen(request))
		abort();
	return read_to_end(s, fd);
}

#define GET(path, headers)                                                                         \
	"GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" headers "\r\n"

static bool says(struct site *s, const char *request, const char *start, const char *within)
{
	struct buf got = ask(s, request);
	bool so = !strncmp(got.at, start, strlen(start)) && strstr(got.at, within);

	if (!so)
		printf("asked %s got %.600s\n", request, got.at);
	buf_free(&got);
	return so;
}

static const struct {
	const char *request, *start, *within;
} requests[] = {
	{ GET("/metrics", ""), "HTTP/1.1 200",
	  "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n" },
	{ GET("/metrics", "Accept: application/openmetrics-text;escaping=allow-utf-8\r\n"),
	  "HTTP/1.1 200",
	  "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores" },
	{ GET("/metrics", "Accept: application/openmetrics-text\r\nAccept: text/plain;q=0.1\r\n"),
	  "HTTP/1.1 200", "# EOF\n" },
	{ GET("/metrics", ""), "HTTP/1.1 200", "sonde_web_requests_total{" SCOPE ",code=\"200\"}" },
	{ GET("/metrics", ""), "HTTP/1.1 200", "\nsonde_build_info{" SCOPE ",arch=" },
	{ GET("/", ""), "HTTP/1.1 200", "<a href=\"/metrics\">" },
	{ GET("/", ""), "HTTP/1.1 200", "Content-Security-Policy: default-src 'none'" },
	{ GET("/-/healthy", ""), "HTTP/1.1 200", "healthy" },
	{ GET("/nothing", ""), "HTTP/1.1 404", "not found" },
	{ GET("/metrics/", ""), "HTTP/1.1 404", "X-Content-Type-Options: nosniff" },
	{ "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
	  "HTTP/1.1 405", "Allow: GET, HEAD" },
	{ "DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 405", "" },
	{ "GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.", "target_info" },
	{ "nonsense\r\n\r\n", "", "" },
};

TEST(each_request_has_its_answer)
{
	struct site s;

	CHECK(site_open(&s, NULL));
	EACH(i, requests)
		CHECK(says(&s, requests[i].request, requests[i].start, requests[i].within));
	site_close(&s);
}

TEST(ready_says_whether_capture_runs)
{
	struct site s;

	CHECK(site_open(&s, NULL));
	CHECK(says(&s, GET("/-/ready", ""), "HTTP/1.1 503", "not ready"));
	s.is_ready = true;
	CHECK(says(&s, GET("/-/ready", ""), "HTTP/1.1 200", "ready"));
	site_close(&s);
}

TEST(head_has_the_length_and_no_body)
{
	struct site s;
	struct buf got;
	const char *end;

	CHECK(site_open(&s, NULL));
	got = ask(&s, "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	end = strstr(got.at, "\r\n\r\n");
	CHECK(!strncmp(got.at, "HTTP/1.1 200", 12) && strstr(got.at, "Content-Length: "));
	CHECK(end && !end[4]);
	buf_free(&got);
	site_close(&s);
}

TEST(one_connection_serves_many_requests)
{
	struct site s;
	struct buf got;
	const char *second;

	CHECK(site_open(&s, NULL));
	got = ask(&s, "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n" GET("/-/healthy", ""));
	CHECK(!strncmp(got.at, "HTTP/1.1 200", 12));
	second = strstr(got.at + 1, "HTTP/1.1 200");
	CHECK(second);
	buf_free(&got);
	site_close(&s);
}

TEST(a_head_past_its_bound_is_refused)
{
	struct buf request = buf_new(1 << 20);
	struct site s;
	struct buf got;

	CHECK(site_open(&s, NULL));
	buf_add(&request, STR("GET / HTTP/1.1\r\nHost: x\r\nX: "));
	for (int i = 0; i < 40000; i++)
		buf_add_byte(&request, 'a');
	buf_add(&request, STR("\r\n\r\n\0"));
	got = ask(&s, request.at);
	CHECK(!strncmp(got.at, "HTTP/1.1 4", 10) || got.len == 1);
	buf_free(&got);
	buf_free(&request);
	site_close(&s);
}

TEST(a_connection_that_asks_nothing_is_closed)
{
	struct site s;
	struct web *web;
	struct buf got;
	int fd;

	CHECK(site_open(&s, NULL));
	web = s.exporter;
	fd = site_connect(&s);
	CHECK(write(fd, "GET / HT", 8) == 8);
	while (!web->connections)
		loop_once(s.context.loop, 1);
	/* As if five seconds had gone by. */
	web->connections->deadline_ns = 1;
	loop_timer(s.context.loop, &web->sweep, 1);
	got = read_to_end(&s, fd);
	CHECK(got.len == 1 && web->refused[REFUSED_SLOW] == 1);
	while (web->connections)
		loop_once(s.context.loop, 1);
	buf_free(&got);
	site_close(&s);
}

TEST(kept_connections_make_room_for_new_ones)
{
	static const char request[] = "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";
	int kept[WEB_CONNECTIONS];
	struct site s;
	struct web *web;

	CHECK(site_open(&s, NULL));
	web = s.exporter;
	for (size_t i = 0; i < WEB_CONNECTIONS; i++) {
		char answer[1024];

		kept[i] = site_connect(&s);
		CHECK(write(kept[i], request, sizeof(request) - 1) == sizeof(request) - 1);
		while (read(kept[i], answer, sizeof(answer)) < 0)
			loop_once(s.context.loop, 1);
	}
	CHECK(web->connection_count <= WEB_CONNECTIONS / 4 * 3 + 1);
	CHECK(web->refused[REFUSED_IDLE] == WEB_CONNECTIONS / 4 + 1);
	CHECK(says(&s, GET("/-/ready", ""), "HTTP/1.1 503", ""));
	for (size_t i = 0; i < WEB_CONNECTIONS; i++)
		close(kept[i]);
	site_close(&s);
}

/* The body of an answer in chunks, put together. */
static struct buf dechunk(const struct buf *answer)
{
	const char *at = strstr(answer->at, "\r\n\r\n") + 4;
	struct buf all = buf_new(1 << 20);

	for (;;) {
		char *end;
		size_t len = strtoul(at, &end, 16);

		if (!len || end + 2 + len > answer->at + answer->len)
			return all;
		buf_add(&all, (struct str){ end + 2, len });
		at = end + 2 + len + 2;
	}
}

TEST(gzip_holds_the_same_bytes)
{
	static char plain[1 << 20];
	struct site s;
	struct buf got, body;
	z_stream z = {};

	CHECK(site_open(&s, NULL));
	got = ask(&s, GET("/metrics",
			  "Accept-Encoding: gzip\r\nAccept: application/openmetrics-text\r\n"));
	CHECK(strstr(got.at, "Content-Encoding: gzip\r\n"));
	CHECK(strstr(got.at, "Vary: Accept, Accept-Encoding\r\n"));
	body = dechunk(&got);
	CHECK(inflateInit2(&z, 15 + 16) == Z_OK);
	z.next_in = (Bytef *)body.at;
	z.avail_in = (uInt)body.len;
	z.next_out = (Bytef *)plain;
	z.avail_out = sizeof(plain) - 1;
	CHECK(inflate(&z, Z_FINISH) == Z_STREAM_END && !z.avail_in);
	inflateEnd(&z);
	CHECK(strstr(plain, "# TYPE target info\n"));
	CHECK(!strcmp(plain + z.total_out - 6, "# EOF\n"));
	buf_free(&body);
	buf_free(&got);
	site_close(&s);
}

/* Far more than socket buffers hold. */
static void collect_much(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	const struct metric m = { .name = "much", .unit = "", .help = "x", .kind = METRIC_GAUGE };
	int count = *(int *)context;

	(void)now_ns;
	sink->metric(sink, &m);
	for (int i = 0; i < count; i++) {
		struct attribute a = attribute_int(STR("i"), i);

		sink->sample(sink, &(struct sample){ .attributes = &a, .attribute_count = 1 });
	}
}

TEST(scrapes_past_max_requests_are_refused_until_one_is_done)
{
	int count = 100000, open[2];
	struct collector much = { .collect = collect_much, .context = &count };
	struct site s;
	struct web *web;

	CHECK(site_open(&s, NULL));
	web = s.exporter;
	collectors_add(&s.collectors, &much);
	for (int i = 0; i < 2; i++) {
		static const char request[] = GET("/metrics", "");

		open[i] = site_connect(&s);
		CHECK(write(open[i], request, sizeof(request) - 1) == sizeof(request) - 1);
		while (web->scrapes_open <= (size_t)i)
			loop_once(s.context.loop, 1);
	}
	CHECK(says(&s, GET("/metrics", ""), "HTTP/1.1 503", "web.max-requests"));
	CHECK(says(&s, GET("/-/healthy", ""), "HTTP/1.1 200", ""));
	for (int i = 0; i < 2; i++) {
		struct buf got = read_to_end(&s, open[i]);

		CHECK(got.len > 5000000 && strstr(got.at, "\nmuch{" SCOPE ",i=\"99999\"} 0\n"));
		buf_free(&got);
	}
	CHECK(!web->scrapes_open && !web->bytes_open && web->refused[REFUSED_REQUESTS] == 1);
	count = 1;
	CHECK(says(&s, GET("/metrics", ""), "HTTP/1.1 200", "much"));
	site_close(&s);
}

static void collect_too_much(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	static char text[60000];
	const struct metric m = { .name = "much", .unit = "", .help = "x", .kind = METRIC_GAUGE };

	(void)context;
	(void)now_ns;
	memset(text, 'x', sizeof(text));
	sink->metric(sink, &m);
	for (int i = 0; i < 1200; i++) {
		const struct attribute a[] = { attribute_int(STR("i"), i),
					       attribute_text(STR("t"),
							      (struct str){ text, sizeof(text) }) };

		sink->sample(sink, &(struct sample){ .attributes = a, .attribute_count = 2 });
	}
}

TEST(samples_past_the_memory_of_an_answer_are_counted_and_the_answer_is_a_200)
{
	struct collector much = { .collect = collect_too_much };
	struct site s;
	struct web *web;

	CHECK(site_open(&s, NULL));
	web = s.exporter;
	collectors_add(&s.collectors, &much);
	CHECK(says(&s, GET("/metrics", ""), "HTTP/1.1 200", "\r\n0\r\n"));
	CHECK(web->dropped[DROP_SIZE] > 50 && web->dropped[DROP_SIZE] < 200);
	CHECK(!web->bytes_open);
	site_close(&s);
}

static const char *file_with(const char *text)
{
	static char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/sonde-web-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
	return path;
}

static void file_replace(const char *path, const char *text)
{
	_cleanup_(freep) char *fresh = xasprintf("%s.new", path);
	FILE *f = fopen(fresh, "w");

	fputs(text, f);
	fclose(f);
	rename(fresh, path);
}

/* "open sesame" at cost 4; the other two are what base64 makes of alice and mallory with it. */
#define HASH	    "$2y$04$X8P18fCafontnfG/tXnWHOhesJ39yoDAUMFd9j5WerUToRPR5c8ki"
#define ALICE	    "Authorization: Basic YWxpY2U6b3BlbiBzZXNhbWU=\r\n"
#define ALICE_WRONG "Authorization: Basic YWxpY2U6b3BlbiBzZXNhbWUx\r\n"
#define MALLORY	    "Authorization: Basic bWFsbG9yeTpvcGVuIHNlc2FtZQ==\r\n"

TEST(only_users_with_their_password_come_in)
{
	const char *path = file_with("basic_auth_users:\n  alice: " HASH "\n");
	struct site s;
	struct web *web;

	CHECK(site_open(&s, path));
	web = s.exporter;
	CHECK(says(&s, GET("/metrics", ""), "HTTP/1.1 401",
		   "WWW-Authenticate: Basic realm=\"sonde\""));
	for (int i = 0; i < 20; i++) { /* more than may be checked anew: most come from memory */
		CHECK(says(&s, GET("/metrics", ALICE), "HTTP/1.1 200", "target_info"));
		CHECK(says(&s, GET("/metrics", ALICE_WRONG), "HTTP/1.1 401", "unauthorized"));
		CHECK(says(&s, GET("/-/healthy", MALLORY), "HTTP/1.1 401", "unauthorized"));
	}
	CHECK(says(&s, GET("/", "Authorization: Bearer x\r\n"), "HTTP/1.1 401", ""));
	CHECK(says(&s, GET("/", "Authorization: Basic ????\r\n"), "HTTP/1.1 401", ""));
	CHECK(web->refused[REFUSED_CREDENTIALS] == 43 && !web->refused[REFUSED_CHECKS]);
	site_close(&s);
	unlink(path);
}

static size_t count_waiting(const struct web *web)
{
	size_t count = 0;

	for (const struct connection *c = web->connections; c; c = c->next)
		count += c->waiting != NULL;
	return count;
}

/* The same password at cost 14: a second of work. */
#define SLOW_HASH "$2y$14$X8P18fCafontnfG/tXnWHOqjd/mgy2AyEDnB.M.nuBj7y7JEmp6hi"

TEST(the_loop_goes_on_while_a_password_is_checked)
{
	const char *path = file_with("basic_auth_users:\n  alice: " SLOW_HASH "\n");
	struct buf got;
	struct site s;
	char byte;
	int waiting;

	CHECK(site_open(&s, path));
	waiting = site_connect(&s);
	CHECK(write(waiting, GET("/metrics", ALICE), strlen(GET("/metrics", ALICE))) > 0);
	while (!count_waiting(s.exporter))
		loop_once(s.context.loop, 1);
	CHECK(says(&s, GET("/-/healthy", ""), "HTTP/1.1 401", "unauthorized"));
	CHECK(recv(waiting, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN);
	got = read_to_end(&s, waiting);
	CHECK(!strncmp(got.at, "HTTP/1.1 200", 12) && strstr(got.at, "target_info"));
	buf_free(&got);
	site_close(&s);
	unlink(path);
}

TEST(passwords_past_the_queue_are_told_so_and_those_that_wait_end_with_the_listener)
{
	const char *path = file_with("basic_auth_users:\n  alice: " SLOW_HASH "\n");
	struct site s;
	int fds[CHECKS];

	CHECK(site_open(&s, path));
	for (size_t i = 0; i < CHECKS; i++) {
		/* "a:0", "a:1", ... */
		_cleanup_(freep) char *request =
			xasprintf(GET("/", "Authorization: Basic YTo%c\r\n"), "wxyz0123"[i]);

		fds[i] = site_connect(&s);
		CHECK(write(fds[i], request, strlen(request)) > 0);
	}
	while (count_waiting(s.exporter) < CHECKS)
		loop_once(s.context.loop, 1);
	CHECK(says(&s, GET("/", "Authorization: Basic YTo4\r\n"), "HTTP/1.1 503", "Retry-After"));
	CHECK(says(&s, GET("/", ""), "HTTP/1.1 401", "unauthorized"));
	site_close(&s);
	for (size_t i = 0; i < CHECKS; i++)
		close(fds[i]);
	unlink(path);
}

TEST(a_changed_file_is_taken_and_a_bad_one_is_not)
{
	const char *path = file_with("{}");
	struct site s;
	struct web *web;

	CHECK(site_open(&s, path));
	web = s.exporter;
	CHECK(says(&s, GET("/", ""), "HTTP/1.1 200", ""));
	file_replace(path, "basic_auth_users:\n  alice: " HASH "\n");
	CHECK(says(&s, GET("/", ""), "HTTP/1.1 401", ""));
	file_replace(path, "basic_auth_usres: {}\n");
	CHECK(says(&s, GET("/", ""), "HTTP/1.1 401", ""));
	CHECK(says(&s, GET("/", ALICE), "HTTP/1.1 200", ""));
	file_replace(path, "tls_server_config: {cert_file: a, key_file: b}\n");
	CHECK(says(&s, GET("/", ALICE), "HTTP/1.1 200", ""));
	unlink(path);
	CHECK(says(&s, GET("/", ALICE), "HTTP/1.1 200", ""));
	CHECK(web->settings->reloads == 1 && web->settings->failures == 3);
	file_replace(path, "http_server_config: {headers: {X-Frame-Options: sameorigin}}\n");
	CHECK(says(&s, GET("/", ""), "HTTP/1.1 200", "X-Frame-Options: sameorigin\r\n"));
	site_close(&s);
	unlink(path);
}

TEST(requests_past_the_rate_limit_are_told_so)
{
	const char *path = file_with("rate_limit: {interval: 1h, burst: 2}\n");
	struct site s;

	CHECK(site_open(&s, path));
	CHECK(says(&s, GET("/", ""), "HTTP/1.1 200", ""));
	CHECK(says(&s, GET("/", ""), "HTTP/1.1 200", ""));
	CHECK(says(&s, GET("/", ""), "HTTP/1.1 429", "too many"));
	site_close(&s);
	unlink(path);
}

TEST(a_bad_file_at_the_start_is_an_error_with_its_place)
{
	const char *path = file_with("rate_limit:\n  brust: 2\n");
	struct export_context c;
	struct site s;
	const char *error = NULL;

	CHECK(!site_open(&s, path));
	c = s.context;
	CHECK(!exporter_prometheus.new(&c, &error));
	CHECK(strstr(error, ":2:3: unknown key brust; there are interval, burst"));
	site_close(&s);
	unlink(path);
}

TEST(without_listeners_it_is_not_configured)
{
	const struct export_context none = {};
	const char *error = "untouched";

	CHECK(!exporter_prometheus.new(&none, &error) && !error);
}
