/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/web_settings.h"

#include <errno.h>
#include <sys/stat.h>

#include "user/base/log.h"
#include "user/base/mem.h"

static struct file_stamp stamp_of(const struct web_settings *s, const char *file)
{
	_cleanup_(freep) char *path = NULL;
	struct stat st;

	if (!file)
		return (struct file_stamp){};
	path = file[0] == '/' ? xstrdup(file) : xasprintf("%s/%s", s->directory, file);
	if (stat(path, &st))
		return (struct file_stamp){};
	return (struct file_stamp){ st.st_dev, st.st_ino, st.st_size, st.st_mtim };
}

static bool same(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static void stamp_all(const struct web_settings *s, const struct web_config *c,
		      struct file_stamp ret[WEB_FILES])
{
	const char *name = strrchr(s->path, '/');

	ret[0] = stamp_of(s, name ? name + 1 : s->path);
	ret[1] = stamp_of(s, c ? c->cert_file : NULL);
	ret[2] = stamp_of(s, c ? c->key_file : NULL);
	ret[3] = stamp_of(s, c ? c->client_ca_file : NULL);
}

/* Each file's stamp is taken before it is read: a change in between is seen the next time. */
static int read_all(const struct web_settings *s, struct web_settings *ret,
		    struct config_error *error)
{
	_cleanup_(freep) char *text = NULL;
	struct file_stamp first[WEB_FILES];
	size_t len;

	stamp_all(s, NULL, first);
	if (file_read(s->path, &text, &len, error) ||
	    web_config_parse((struct str){ text, len }, s->path, &ret->config, error))
		return -EINVAL;
	stamp_all(s, ret->config, ret->stamps);
	ret->stamps[0] = first[0];
	if (ret->config->tls && tls_new(ret->config, s->directory, &ret->tls, error)) {
		web_config_free(ret->config);
		return -EINVAL;
	}
	return 0;
}

static void each_beside(const char *directory, const char *file,
			void (*each)(void *context, const char *path), void *context)
{
	_cleanup_(freep) char *path = NULL;

	if (!file)
		return;
	path = file[0] == '/' ? xstrdup(file) : xasprintf("%s/%s", directory, file);
	each(context, path);
}

void web_settings_paths(const char *path, void (*each)(void *context, const char *path),
			void *context)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(freep) char *directory =
		slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	_cleanup_(freep) char *text = NULL;
	struct web_config *config = NULL;
	struct config_error error;
	size_t len;

	each(context, path);
	if (file_read(path, &text, &len, &error) ||
	    web_config_parse((struct str){ text, len }, path, &config, &error))
		return; /* web_settings_new() says why */
	each_beside(directory, config->cert_file, each, context);
	each_beside(directory, config->key_file, each, context);
	each_beside(directory, config->client_ca_file, each, context);
	web_config_free(config);
}

int web_settings_new(const char *path, struct web_settings **ret, struct config_error *error)
{
	struct web_settings *s = xcalloc(1, sizeof(*s));
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!path) {
		s->config = xcalloc(1, sizeof(*s->config));
		*ret = s;
		return 0;
	}
	s->path = xstrdup(path);
	s->directory = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	if (read_all(s, s, error)) {
		s->config = NULL;
		web_settings_free(s);
		return -EINVAL;
	}
	*ret = s;
	return 0;
}

void web_settings_free(struct web_settings *s)
{
	if (!s)
		return;
	free(s->path);
	free(s->directory);
	web_config_free(s->config);
	tls_unref(s->tls);
	free(s);
}

/* The listener was opened with TLS or without; that lasts as long as it. */
static int take_over(struct web_settings *s, struct config_error *error)
{
	struct web_settings fresh = {};

	if (read_all(s, &fresh, error))
		return -EINVAL;
	if (!fresh.tls != !s->tls) {
		web_config_free(fresh.config);
		tls_unref(fresh.tls);
		snprintf(error->text, sizeof(error->text),
			 "%s: TLS can be turned on or off only by a restart", s->path);
		return -EINVAL;
	}
	web_config_free(s->config);
	tls_unref(s->tls);
	s->config = fresh.config;
	s->tls = fresh.tls;
	memcpy(s->stamps, fresh.stamps, sizeof(s->stamps));
	return 0;
}

void web_settings_refresh(struct web_settings *s)
{
	struct file_stamp now[WEB_FILES];
	struct config_error error;
	bool changed = false;

	if (!s->path)
		return;
	stamp_all(s, s->config, now);
	for (size_t i = 0; i < WEB_FILES; i++)
		changed |= !same(&now[i], &s->stamps[i]);
	if (!changed)
		return;
	memcpy(s->stamps, now, sizeof(now));
	if (take_over(s, &error)) {
		s->failures++;
		log_error("web.config.file not taken, the old one stays", "error=%s",
			  log_value(str_of(error.text)));
		return;
	}
	s->reloads++;
	log_info("web.config.file read again", "file=%s", log_value(str_of(s->path)));
}
