/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prometheus_fixture.c - the exporter alone on a loopback port, with the fixed set of metrics.
 *
 *	prometheus_fixture [WEB_CONFIG_FILE]
 *
 * Prints the port it listens on and serves until its standard input ends.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "tests/unit/export/prometheus_samples.h"
#include "user/base/clock.h"
#include "user/base/loop.h"
#include "user/config/config.h"
#include "user/export/exporter.h"

extern const struct exporter exporter_prometheus;

struct ending {
	struct watch watch;
	struct loop *loop;
};

static void on_input_end(struct watch *watch, uint32_t events)
{
	(void)events;
	loop_stop(container_of(watch, struct ending, watch)->loop);
}

static int listen_anywhere(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || listen(fd, 64) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		return -1;
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct config config = { .web = { .telemetry_path = (char *)"/metrics",
					  .config_file = argc > 1 ? argv[1] : NULL,
					  .max_requests = 40 } };
	struct collector first = { .collect = samples_collect };
	struct collector second = { .collect = samples_collect_more };
	struct loop *loop = loop_new();
	struct ending ending = { .watch = { .ready = on_input_end }, .loop = loop };
	struct collectors collectors;
	struct export_context context = {
		.config = &config, .loop = loop, .collectors = &collectors, .listener_count = 1
	};
	int listener = listen_anywhere();
	const char *error = NULL;
	void *exporter;

	samples_exemplar_unix_ns = clock_ns(CLOCK_REALTIME);
	collectors_init(&collectors);
	collectors_add(&collectors, &first);
	collectors_add(&collectors, &second);
	context.listeners = &listener;
	exporter = listener < 0 ? NULL : exporter_prometheus.new(&context, &error);
	if (!exporter) {
		fprintf(stderr, "%s\n", error ? error : "cannot listen");
		return 1;
	}
	if (loop_watch(loop, &ending.watch, EPOLLIN) || loop_run(loop))
		return 1;
	exporter_prometheus.free(exporter);
	loop_free(loop);
	close(listener);
	return 0;
}
