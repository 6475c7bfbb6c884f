/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - web.config.file as it is in force now.
 *
 * The file and what it names are looked at before each connection and request; when
 * one of them changed, all are read again. A bad new state keeps the old one.
 */
#pragma once

#include <sys/types.h>

#include "user/export/prometheus/tls.h"
#include "user/export/prometheus/web_config.h"

enum { WEB_FILES = 4 }; /* itself, certificate, key, client CA */

/* How a file looked when it was read. All zero: it is not there. */
struct file_stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct web_settings {
	char *path, *directory; /* NULL: there is no file and all is default */
	struct web_config *config;
	struct tls *tls; /* NULL: plain */
	struct file_stamp stamps[WEB_FILES];
	uint64_t reloads, failures;
};

/* -EINVAL with `error` filled, `ret` untouched. */
int web_settings_new(const char *path, struct web_settings **ret, struct config_error *error);
void web_settings_free(struct web_settings *s);
/*
 * The file and those that it names now, whether they can be read or not. One that
 * it names later, in another directory, is out of the worker's reach until a restart.
 */
void web_settings_paths(const char *path, void (*each)(void *context, const char *path),
			void *context);
/* Read again what changed. A failure is logged once a change and counted. */
void web_settings_refresh(struct web_settings *s);
