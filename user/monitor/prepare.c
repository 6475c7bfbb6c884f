/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/base/mem.h"
#include "user/monitor/privileges.h"

enum { HOLDERS_BYTES = 1 << 16 };

int prepare_shared(struct monitor *m)
{
	m->shared_fd = memfd_create("sonde", MFD_CLOEXEC);
	if (m->shared_fd < 0 || ftruncate(m->shared_fd, sizeof(*m->shared)))
		return -errno;
	m->shared =
		mmap(NULL, sizeof(*m->shared), PROT_READ | PROT_WRITE, MAP_SHARED, m->shared_fd, 0);
	return m->shared == MAP_FAILED ? -errno : 0;
}

/* A tape is as secret as the requests on it: only its owner may read it. */
int prepare_tape(struct monitor *m)
{
	const char *path = m->config->tape_record;

	m->tape_fd =
		open(path ? path : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (m->tape_fd < 0) {
		log_error("the tape cannot be opened", "path=%s error=%s", log_value(str_of(path)),
			  strerror(errno));
		return EXIT_FAILED;
	}
	return 0;
}

/* Without it sonde works all the same: it cannot be asked. */
void prepare_inspect(struct monitor *m)
{
	m->inspect_fd = inspect_open();
	if (m->inspect_fd >= 0)
		return;
	log_warn("sonde explain and sonde top cannot ask this sonde", "error=%s",
		 log_value(str_of(strerror(-m->inspect_fd))));
	m->inspect_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Another sonde holds a map of ours by name, whatever namespace it lives in. */
static int refuse_second(struct monitor *m)
{
	struct buf holders = buf_new(HOLDERS_BYTES);
	const struct process_line *line;
	int status = 0;

	capture_list_holders(m->capture, &holders);
	line = (const void *)holders.at;
	for (size_t i = 0; i < holders.len / sizeof(*line); i++)
		if (line[i].process.tgid != (uint32_t)getpid()) {
			log_error("another sonde is running on this host: end it first", "pid=%u",
				  line[i].process.tgid);
			status = EXIT_CANNOT;
			break;
		}
	buf_free(&holders);
	return status;
}

int prepare_listeners(struct monitor *m)
{
	char error[256];
	int count =
		listeners_open(&m->config->web.listen_address, m->listeners, error, sizeof(error));

	if (count < 0) {
		log_error("cannot listen", "error=%s", log_value(str_of(error)));
		return EXIT_FAILED;
	}
	m->listener_count = (size_t)count;
	return 0;
}

int prepare_capture(struct monitor *m)
{
	char missing[128];
	int error = capture_new(m->config, m->features, &m->capture);

	memcpy(m->shared->features, m->features, sizeof(m->features));
	if (!error)
		return refuse_second(m);
	privileges_missing(missing, sizeof(missing));
	for (size_t i = 0; i < FEATURES; i++)
		if (features[i].required && !m->features[i].used)
			log_error("this host cannot", "feature=%s reason=%s needed=%s",
				  features[i].name, log_value(str_of(m->features[i].reason)),
				  log_value(str_of(features[i].without)));
	log_error("sonde cannot run here; `sonde check` says more", "error=%s missing=%s",
		  log_value(str_of(strerror(-error))), log_value(str_of(missing)));
	return EXIT_CANNOT;
}
