/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c - mirrors user/worker/graph.c and edges.c, by HTTP on wires whose ends may both be seen. */
#include "user/worker/graph.h"

#include <arpa/inet.h>

#include "tests/test.h"
#include "tests/unit/worker/piped.h"
#include "user/base/clock.h"

#define OK	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define FAILED	"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
#define MISSING "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"

#define TOTAL	 "sonde_service_requests_total{"
#define COUNT	 "sonde_service_duration_seconds_count{"
#define GOOD	 "failed=\"false\""
#define BAD	 "failed=\"true\""
#define OVERFLOW "otel_metric_overflow=\"true\""

enum { SHOP = 1, BANK, CACHE };

/* One end of a connection; the numbers of its bytes begin as `received` and `sent`. */
struct end {
	struct wire wire;
	uint16_t family, port;
	uint8_t remote[ADDRESS_BYTES];
	uint32_t received, sent;
};

static void end_begin(struct end *end, uint64_t cookie, uint32_t tgid)
{
	memset(end, 0, sizeof(*end));
	wire_begin(&end->wire, cookie);
	end->wire.process.tgid = tgid;
}

static void announce(struct piped *t, struct end *end)
{
	struct record_connection r = {
		.head = { .type = RECORD_CONNECTION,
			  .size = sizeof(r),
			  .process = end->wire.process,
			  .cookie = end->wire.cookie },
		.family = end->family,
		.remote_port = end->port,
		.first = { [RECEIVED] = end->received, [SENT] = end->sent },
	};

	memcpy(r.remote, end->remote, sizeof(r.remote));
	rig_feed(&t->rig, &r);
}

/* Its other end is there, and nobody watches it. */
static void end_alone(struct piped *t, struct end *end, const char *address, uint16_t port)
{
	bool v6 = strchr(address, ':');

	end->family = v6 ? FAMILY_INET6 : FAMILY_INET;
	end->port = port;
	if (inet_pton(v6 ? AF_INET6 : AF_INET, address, end->remote) != 1)
		abort();
	announce(t, end);
}

static void op(struct piped *t, struct end *end, enum direction d, const char *text)
{
	build_op(&t->rig, &end->wire, d, text, strlen(text));
}

/* Long enough to be remembered, so that its row is recalled. */
#define GET                                                                                        \
	"GET / HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: unit/1.0\r\n"                         \
	"Accept: text/html\r\nAccept-Encoding: gzip\r\n\r\n"

static void serve(struct piped *t, struct end *end, const char *answer)
{
	op(t, end, RECEIVED, GET);
	op(t, end, SENT, answer);
}

static void call(struct piped *t, struct end *end, const char *answer)
{
	op(t, end, SENT, GET);
	op(t, end, RECEIVED, answer);
}

/* A connection both ends of which are watched. */
struct both {
	struct end client, server;
};

static void both_begin(struct piped *t, struct both *p, uint32_t number, uint32_t client,
		       uint32_t server)
{
	end_begin(&p->client, 2 * number + 100, client);
	end_begin(&p->server, 2 * number + 101, server);
	p->client.received = p->server.sent = 7000 + 100 * number;
	p->server.received = p->client.sent = 500000 + 100 * number;
	end_alone(t, &p->client, "127.0.0.1", 80);
	end_alone(t, &p->server, "127.0.0.1", 40000);
}

static void ask(struct piped *t, struct both *p, const char *answer)
{
	op(t, &p->client, SENT, GET);
	op(t, &p->server, RECEIVED, GET);
	op(t, &p->server, SENT, answer);
	op(t, &p->client, RECEIVED, answer);
}

/* A server's request from this address, on a connection of its own. */
static void serve_from(struct piped *t, uint32_t tgid, uint64_t cookie, const char *address)
{
	struct end end;

	end_begin(&end, cookie, tgid);
	end_alone(t, &end, address, (uint16_t)(30000 + cookie));
	serve(t, &end, OK);
}

static void begin(struct piped *t, struct config *config)
{
	piped_begin(t, config);
	learn(t, SHOP, "event=seen|name=shop|namespace=east|exe=/shop|");
	learn(t, BANK, "event=seen|name=bank|exe=/bank|");
	learn(t, CACHE, "event=seen|name=cache|exe=/cache|");
}

static void pass_seconds(struct piped *t, uint64_t seconds)
{
	t->rig.now_ns += seconds * NS_PER_S;
}

static int count_lines(struct piped *t, const char *part)
{
	double value;

	return lines_with(t, &value, (const char *const[]){ part, NULL });
}

TEST(a_request_between_two_services_is_counted_once_with_names_and_namespaces)
{
	for (int spans = 0; spans <= 1; spans++) {
		struct piped t;
		struct both p;

		begin(&t, FLAGS("--watch.all"));
		t.pipeline->exports_spans = spans;
		both_begin(&t, &p, 1, SHOP, BANK);
		for (int i = 0; i < 3; i++)
			ask(&t, &p, OK);
		CHECK(VALUE(&t, TOTAL, "client=\"shop\"", "client_namespace=\"east\"",
			    "server=\"bank\"", GOOD) == 3);
		CHECK(VALUE(&t, COUNT, "client=\"shop\"", "client_namespace=\"east\"") == 3);
		CHECK(count_lines(&t, TOTAL) == 2 && count_lines(&t, COUNT) == 1);
		CHECK(!count_lines(&t, "virtual_node"));
		CHECK(!count_lines(&t, "server_namespace"));
		pipeline_finish(t.pipeline);
		CHECK(piped_end(&t));
	}
}

TEST(instances_of_a_service_are_one_end)
{
	struct both p[2];
	struct piped t;

	begin(&t, FLAGS("--watch.all"));
	learn(&t, 4, "event=seen|name=bank|exe=/bank|instance=other|");
	both_begin(&t, &p[0], 1, SHOP, BANK);
	both_begin(&t, &p[1], 2, SHOP, 4);
	ask(&t, &p[0], OK);
	ask(&t, &p[1], OK);
	CHECK(VALUE(&t, COUNT, "client=\"shop\"", "server=\"bank\"") == 2);
	CHECK(count_lines(&t, COUNT) == 1);
	CHECK(piped_end(&t));
}

TEST(who_is_not_watched_appears_by_address_and_a_server_with_its_port)
{
	static const struct {
		const char *address, *client, *server;
	} rows[] = {
		{ "10.0.0.5", "client=\"10.0.0.5\"", "server=\"10.0.0.5:5432\"" },
		{ "fd00::5", "client=\"fd00::5\"", "server=\"[fd00::5]:5432\"" },
		{ "::ffff:10.0.0.5", "client=\"10.0.0.5\"", "server=\"10.0.0.5:5432\"" },
		{ NULL, "client=\"unix\"", "server=\"unix\"" },
	};

	EACH(i, rows) {
		struct end ends[2];
		struct piped t;

		begin(&t, FLAGS("--watch.all"));
		for (int e = 0; e < 2; e++) {
			end_begin(&ends[e], 100 + (uint64_t)e, BANK);
			ends[e].family = FAMILY_UNIX;
			if (rows[i].address)
				end_alone(&t, &ends[e], rows[i].address, 5432);
			else
				announce(&t, &ends[e]);
		}
		serve(&t, &ends[0], OK);
		call(&t, &ends[1], OK);
		CHECK(VALUE(&t, COUNT, rows[i].client, "server=\"bank\"",
			    "virtual_node=\"client\"") == 1);
		CHECK(VALUE(&t, COUNT, "client=\"bank\"", rows[i].server,
			    "virtual_node=\"server\"") == 1);
		CHECK(piped_end(&t));
	}
}

TEST(who_is_not_known_is_said_to_be_unknown)
{
	struct end end;
	struct piped t;

	begin(&t, FLAGS("--watch.all"));
	end_begin(&end, 100, BANK); /* the record of its connection was lost */
	serve(&t, &end, OK);
	CHECK(VALUE(&t, COUNT, "client=\"unknown\"", "server=\"bank\"") == 1);
	CHECK(piped_end(&t));
}

TEST(requests_that_failed_are_told_apart_each_time)
{
	for (int spans = 0; spans <= 1; spans++) {
		struct piped t;
		struct both p;

		begin(&t, FLAGS("--watch.all"));
		t.pipeline->exports_spans = spans;
		both_begin(&t, &p, 1, SHOP, BANK);
		ask(&t, &p, OK);
		CHECK(VALUE(&t, TOTAL, BAD) == 0);
		for (int i = 0; i < 10; i++)
			ask(&t, &p, FAILED);
		ask(&t, &p, MISSING); /* no fault of the server's */
		CHECK(VALUE(&t, TOTAL, BAD) == 10 && VALUE(&t, TOTAL, GOOD) == 2);
		CHECK(VALUE(&t, COUNT) == 12);
		pipeline_finish(t.pipeline);
		CHECK(piped_end(&t));
	}
}

TEST(a_client_that_is_alone_counts_its_own_failures)
{
	struct end end;
	struct piped t;

	begin(&t, FLAGS("--watch.all"));
	end_begin(&end, 100, SHOP);
	end_alone(&t, &end, "10.0.0.5", 80);
	call(&t, &end, MISSING);
	call(&t, &end, OK);
	CHECK(VALUE(&t, TOTAL, BAD, "10.0.0.5:80") == 1);
	CHECK(VALUE(&t, TOTAL, GOOD, "10.0.0.5:80") == 1);
	CHECK(piped_end(&t));
}

TEST(a_client_keeps_its_servers_apart_by_port_and_a_server_its_clients_not)
{
	struct end ends[4];
	struct piped t;

	begin(&t, FLAGS("--watch.all"));
	for (unsigned i = 0; i < 4; i++) {
		end_begin(&ends[i], 100 + i, BANK);
		end_alone(&t, &ends[i], "10.0.0.5", (uint16_t)(5000 + i));
	}
	for (unsigned i = 0; i < 2; i++) {
		serve(&t, &ends[i], OK);
		call(&t, &ends[2 + i], OK);
	}
	CHECK(VALUE(&t, COUNT, "client=\"10.0.0.5\"") == 2);
	CHECK(VALUE(&t, COUNT, "server=\"10.0.0.5:5002\"") == 1);
	CHECK(VALUE(&t, COUNT, "server=\"10.0.0.5:5003\"") == 1);
	CHECK(piped_end(&t));
}

TEST(an_address_that_was_mapped_to_ipv6_is_the_same_client)
{
	struct piped t;

	begin(&t, FLAGS("--watch.all"));
	serve_from(&t, SHOP, 100, "10.0.0.5");
	serve_from(&t, SHOP, 101, "::ffff:10.0.0.5");
	CHECK(VALUE(&t, COUNT, "client=\"10.0.0.5\"") == 2);
	CHECK(piped_end(&t));
}

TEST(edges_past_a_services_limit_share_one_and_sums_stay_exact)
{
	struct piped t;
	char address[32];

	begin(&t, FLAGS("--limit.series=6"));
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 10; i++) {
			snprintf(address, sizeof(address), "10.0.0.%u", i);
			serve_from(&t, SHOP, 100 + 10 * round + i, address);
		}
	serve_from(&t, BANK, 200, "10.0.1.1");
	CHECK(VALUE(&t, COUNT, "client=\"10.0.0.2\"") == 2);
	CHECK(!count_lines(&t, "client=\"10.0.0.3\""));
	CHECK(VALUE(&t, COUNT, "server=\"shop\"", "server_namespace=\"east\"", OVERFLOW) == 14);
	CHECK(VALUE(&t, TOTAL, "server=\"shop\"", OVERFLOW, GOOD) == 14);
	CHECK(count_lines(&t, "client=\"") && count_lines(&t, COUNT) == 5);
	/* Others have room of their own. */
	CHECK(VALUE(&t, COUNT, "client=\"10.0.1.1\"", "server=\"bank\"") == 1);
	CHECK(graph_overflowed(t.pipeline->graph) == 14);
	CHECK(piped_end(&t));
}

TEST(edges_count_into_the_limit_of_all_series)
{
	struct piped t;

	begin(&t, FLAGS("--limit.series-total=4"));
	serve_from(&t, SHOP, 100, "10.0.0.1"); /* a row of HTTP, and two for its edge */
	serve_from(&t, SHOP, 101, "10.0.0.2");
	serve_from(&t, BANK, 102, "10.0.0.2"); /* the fourth: a row of HTTP */
	serve_from(&t, CACHE, 103, "10.0.0.2");
	CHECK(VALUE(&t, COUNT, "client=\"10.0.0.1\"") == 1);
	CHECK(VALUE(&t, COUNT, "server=\"shop\"", OVERFLOW) == 1);
	CHECK(VALUE(&t, COUNT, "server=\"bank\"", OVERFLOW) == 1);
	CHECK(VALUE(&t, "http_server_request_duration_seconds_count", "job=\"bank\"",
		    "http_request_method") == 1);
	CHECK(VALUE(&t, "http_server_request_duration_seconds_count", "job=\"cache\"", OVERFLOW) ==
	      1);
	CHECK(piped_end(&t));
}

TEST(an_edge_to_an_address_ends_some_time_after_its_last_request)
{
	struct piped t;

	begin(&t, FLAGS("--limit.ended-series=60s", "--limit.series=2"));
	serve_from(&t, SHOP, 100, "10.0.0.1");
	serve_from(&t, SHOP, 101, "10.0.0.2");
	pass_seconds(&t, 40);
	serve_from(&t, SHOP, 102, "10.0.0.1");
	pass_seconds(&t, 59);
	CHECK(VALUE(&t, COUNT, "client=\"10.0.0.1\"") == 2);
	pass_seconds(&t, 2);
	CHECK(!count_lines(&t, COUNT));
	CHECK(graph_overflowed(t.pipeline->graph) == 1); /* which does not end */
	/* What is new has their room, and begins anew. */
	serve_from(&t, SHOP, 103, "10.0.0.2");
	CHECK(VALUE(&t, COUNT, "client=\"10.0.0.2\"") == 1);
	serve_from(&t, SHOP, 104, "10.0.0.1");
	CHECK(VALUE(&t, COUNT, OVERFLOW) == 1);
	CHECK(piped_end(&t));
}

TEST(a_new_edge_makes_room_without_waiting_for_a_scrape)
{
	struct piped t;

	begin(&t, FLAGS("--limit.ended-series=60s", "--limit.series=2"));
	serve_from(&t, SHOP, 100, "10.0.0.1");
	pass_seconds(&t, 61);
	serve_from(&t, SHOP, 101, "10.0.0.2");
	serve_from(&t, SHOP, 102, "10.0.0.1"); /* kept nowhere as what it was */
	CHECK(VALUE(&t, COUNT, "client=\"10.0.0.2\"") == 1);
	CHECK(VALUE(&t, COUNT, OVERFLOW) == 1);
	CHECK(piped_end(&t));
}

TEST(an_edge_between_services_stays_as_long_as_they_live)
{
	struct piped t;
	struct both p;

	begin(&t, FLAGS("--limit.ended-series=60s"));
	both_begin(&t, &p, 1, SHOP, BANK);
	ask(&t, &p, OK);
	pass_seconds(&t, 3600);
	CHECK(VALUE(&t, COUNT, "client=\"shop\"") == 1);
	learn(&t, BANK, "event=exit|");
	pass_seconds(&t, 59);
	CHECK(VALUE(&t, COUNT, "client=\"shop\"") == 1);
	pass_seconds(&t, 2);
	CHECK(!count_lines(&t, COUNT));
	CHECK(piped_end(&t));
}

TEST(an_edge_goes_on_with_the_instances_that_come_after)
{
	struct both p[2];
	struct piped t;

	begin(&t, FLAGS("--limit.ended-series=60s"));
	both_begin(&t, &p[0], 1, SHOP, BANK);
	ask(&t, &p[0], OK);
	learn(&t, BANK, "event=exit|");
	learn(&t, 4, "event=seen|name=bank|exe=/bank|instance=next|");
	both_begin(&t, &p[1], 2, SHOP, 4);
	ask(&t, &p[1], OK);
	pass_seconds(&t, 3600);
	processes_expire(t.pipeline->processes, t.rig.now_ns);
	CHECK(VALUE(&t, COUNT, "client=\"shop\"", "server=\"bank\"") == 2);
	CHECK(piped_end(&t));
}

TEST(a_process_that_became_another_is_another_end)
{
	struct piped t;
	struct both p;

	begin(&t, FLAGS("--watch.all"));
	both_begin(&t, &p, 1, SHOP, BANK);
	ask(&t, &p, OK);
	learn(&t, SHOP, "event=exec|name=stall|exe=/stall|");
	ask(&t, &p, OK);
	CHECK(VALUE(&t, COUNT, "client=\"shop\"") == 1);
	CHECK(VALUE(&t, COUNT, "client=\"stall\"") == 1);
	CHECK(piped_end(&t));
}

TEST(more_clients_than_are_kept_are_counted_exactly)
{
	enum { CLIENTS = 3 * GRAPH_PLACES };
	char address[32], label[64];
	struct piped t;

	begin(&t, FLAGS("--limit.connections=10000"));
	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = 0; i < CLIENTS; i++) {
			snprintf(address, sizeof(address), "10.0.%u.%u", i / 256, i % 256);
			serve_from(&t, SHOP, 100 + round * CLIENTS + i, address);
		}
	CHECK(count_lines(&t, COUNT) == CLIENTS);
	for (unsigned i = 0; i < CLIENTS; i += 191) {
		snprintf(label, sizeof(label), "client=\"10.0.%u.%u\"", i / 256, i % 256);
		CHECK(VALUE(&t, COUNT, label) == 3);
	}
	CHECK(!graph_overflowed(t.pipeline->graph));
	CHECK(piped_end(&t));
}

TEST(routes_without_metrics_are_in_no_edge)
{
	for (int spans = 0; spans <= 1; spans++) {
		struct end end;
		struct piped t;

		begin(&t, FLAGS("--http.ignore=/healthz=metrics"));
		t.pipeline->exports_spans = spans;
		end_begin(&end, 100, SHOP);
		end_alone(&t, &end, "10.0.0.1", 5000);
		for (int i = 0; i < 2; i++) {
			op(&t, &end, RECEIVED, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
			op(&t, &end, SENT, OK);
		}
		serve(&t, &end, OK);
		CHECK(VALUE(&t, COUNT) == 1);
		pipeline_finish(t.pipeline);
		CHECK(piped_end(&t));
	}
}

TEST(without_the_option_there_is_no_graph)
{
	struct piped t;
	struct both p;

	begin(&t, FLAGS("--service.graph=off"));
	both_begin(&t, &p, 1, SHOP, BANK);
	ask(&t, &p, OK);
	CHECK(!count_lines(&t, "sonde_service_"));
	CHECK(graph_overflowed(t.pipeline->graph) == 0);
	CHECK(piped_end(&t));
}
