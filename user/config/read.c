/* SPDX-License-Identifier: Apache-2.0 */
/* read.c - from the four places to one config. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/config/settings.h"

static void settings_freep(struct settings **settings)
{
	settings_free(*settings);
}

/* The whole file, up to one byte more than the limit. 0 or negative errno. */
static int file_read(const char *path, struct buf *ret)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = 1;

	if (fd < 0)
		return -errno;
	while (len > 0 && ret->len <= LIMIT_CONFIG_BYTES) {
		size_t room = LIMIT_CONFIG_BYTES + 1 - ret->len;
		char *to = buf_reserve(ret, room < 16384 ? room : 16384);

		len = read(fd, to, room < 16384 ? room : 16384);
		if (len < 0)
			return -errno;
		ret->len += (size_t)len;
	}
	return 0;
}

static int yaml_read_file(struct settings *settings, const char *path, struct config_error *error)
{
	struct buf text = buf_new(LIMIT_CONFIG_BYTES + 1);
	int r = file_read(path, &text);

	if (r)
		r = config_fail(error, "config.file %s: %s", path, strerror(-r));
	else if (text.len > LIMIT_CONFIG_BYTES)
		r = config_fail(error, "config.file %s: larger than %d bytes", path,
				LIMIT_CONFIG_BYTES);
	else
		r = yaml_read(settings, buf_str(&text), path, error);
	buf_free(&text);
	return r;
}

int config_read(int argc, char **argv, char **environment, struct config **ret,
		struct config_error *error)
{
	_cleanup_(settings_freep) struct settings *settings = settings_new();
	int r = flags_read(settings, argc, argv, error);

	if (!r)
		r = environment_read(settings, environment, error);
	if (!r && settings->config.config_file)
		r = yaml_read_file(settings, settings->config.config_file, error);
	if (!r)
		r = settings_finish(settings, error);
	if (r)
		return r;
	*ret = &TAKE_PTR(settings)->config;
	return 0;
}

int config_read_text(struct str text, const char *name, struct config **ret,
		     struct config_error *error)
{
	_cleanup_(settings_freep) struct settings *settings = settings_new();
	int r;

	if (text.len > LIMIT_CONFIG_BYTES)
		return config_fail(error, "%s: larger than %d bytes", name, LIMIT_CONFIG_BYTES);
	r = yaml_read(settings, text, name, error);
	if (!r)
		r = settings_finish(settings, error);
	if (r)
		return r;
	*ret = &TAKE_PTR(settings)->config;
	return 0;
}
