/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/mem.h"
#include "user/capture/host.h"

enum { HOLDERS_BYTES = 1 << 16 };

int prepare_shared(struct monitor *m)
{
	m->shared_fd = memfd_create("sonde", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (m->shared_fd < 0 || ftruncate(m->shared_fd, sizeof(*m->shared)))
		return -errno;
	/* A worker that cut it short would end the monitor by a fault. */
	if (fcntl(m->shared_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	m->shared =
		mmap(NULL, sizeof(*m->shared), PROT_READ | PROT_WRITE, MAP_SHARED, m->shared_fd, 0);
	return m->shared == MAP_FAILED ? -errno : 0;
}

/* A tape is as secret as the requests on it: only its owner may read it. */
int prepare_tape(struct monitor *m)
{
	const char *path = m->config->tape_record;
	struct stat status;
	int error = 0;

	/* A pipe that nobody reads would keep us waiting. */
	m->tape_fd =
		open(path ? path : "/dev/null", O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (!path && m->tape_fd >= 0)
		return 0;
	if (m->tape_fd < 0 || fstat(m->tape_fd, &status))
		error = errno;
	else if (!S_ISREG(status.st_mode))
		error = EINVAL;
	else if (ftruncate(m->tape_fd, 0))
		error = errno;
	if (!error)
		return 0;
	log_error("the tape cannot be opened", "path=%s error=%s", log_value(str_of(path)),
		  error == EINVAL || error == ENXIO ? "it is no regular file" : strerror(error));
	return EXIT_USAGE;
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

/* Of two that start at once both end, rather than neither: each claims before it looks. */
static int refuse_second(struct monitor *m)
{
	struct buf holders = buf_new(HOLDERS_BYTES);
	const struct process_line *line;
	int error = capture_claim(m->capture), status = 0;

	if (!error)
		error = capture_list_holders(m->capture, &holders);
	line = (const void *)holders.at;
	if (holders.len >= sizeof(*line)) {
		log_error("another sonde is running on this host: end it first", "pid=%u",
			  line->process.tgid);
		status = EXIT_CANNOT;
	} else if (error) {
		log_error("cannot look for another sonde", "error=%s", strerror(-error));
		status = EXIT_FAILED;
	}
	buf_free(&holders);
	return status;
}

int prepare_listeners(struct monitor *m)
{
	const struct text_list *addresses = &m->config->web.listen_address;

	for (size_t i = 0; i < addresses->count; i++) {
		bool fits = m->listener_count < LISTENERS_MAX;
		int fd;

		if (!*addresses->at[i])
			continue;
		fd = fits ? listen_at(addresses->at[i]) : -E2BIG;
		if (fd < 0) {
			log_error("cannot listen", "web.listen-address=%s error=%s",
				  log_value(str_of(addresses->at[i])),
				  log_value(str_of(strerror(-fd))));
			return EXIT_FAILED;
		}
		m->listeners[m->listener_count++] = fd;
	}
	return 0;
}

int prepare_capture(struct monitor *m)
{
	char lacks[HOST_LACKS][HOST_LACK_BYTES];
	struct host host;
	int error = capture_new(m->config, m->features, &m->capture);

	memcpy(m->shared->features, m->features, sizeof(m->features));
	host_look(&host);
	/* CAP_SYS_ADMIN may have stood in for one that is to be kept. */
	if (!error && *host.missing)
		error = -EPERM;
	if (!error)
		return refuse_second(m);
	for (size_t i = 0; i < FEATURES; i++)
		if (features[i].required && !m->features[i].used)
			log_error("this host cannot", "feature=%s reason=%s needed=%s",
				  features[i].name, log_value(str_of(m->features[i].reason)),
				  log_value(str_of(features[i].without)));
	for (size_t i = 0, count = host_lacks(&host, lacks); i < count; i++)
		log_error("sonde cannot run here; `sonde check` says more", "error=%s reason=%s",
			  strerror(-error), lacks[i]);
	return EXIT_CANNOT;
}
