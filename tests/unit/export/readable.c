/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/export/readable.c - mirrors user/export/readable.c and what uses it */
#include <errno.h>
#include <stdlib.h>

#include "tests/test.h"
#include "tests/unit/config/read.h"
#include "user/base/str.h"
#include "user/export/exporter.h"
#include "user/export/readable.h"

TEST(a_file_that_permission_keeps_away_says_which_user_needs_it)
{
	char text[256];

	unreadable_say("/etc/key.pem", EACCES, text, sizeof(text));
	CHECK(strstr(text, "/etc/key.pem: Permission denied") && strstr(text, "worker.user"));
	unreadable_say("/etc/key.pem", ENOENT, text, sizeof(text));
	CHECK(!strcmp(text, "/etc/key.pem: No such file or directory"));
	CHECK(readable_check("/nowhere/key.pem", text, sizeof(text)) == -ENOENT);
	CHECK(readable_check(NULL, text, sizeof(text)) == 0);
	CHECK(readable_check("/dev/null", text, sizeof(text)) == 0);
}

/* Everything that was named, one after the other. */
static void add_path(void *context, const char *path)
{
	strcat(strcat(context, path), " ");
}

static void add_port(void *context, uint16_t port)
{
	sprintf((char *)context + strlen(context), "%u ", port);
}

static const char *reach_of(const struct config *config)
{
	static char said[4096];

	said[0] = '\0';
	for (size_t i = 0; exporters[i]; i++) {
		if (exporters[i]->paths)
			exporters[i]->paths(config, add_path, said);
		if (exporters[i]->ports)
			exporters[i]->ports(config, add_port, said);
	}
	return said;
}

TEST(exporters_name_the_certificates_and_ports_they_come_back_to)
{
	SCOPED *plain = FLAGS("--otlp.endpoint=http://a:4318", "--otlp.certificate=/c/ca.pem");
	SCOPED *two = FLAGS("--otlp.traces.endpoint=https://a/v1",
			    "--otlp.client-certificate=/c/cert", "--otlp.client-key=/c/key");
	SCOPED *none = FLAGS("--otlp.certificate=/c/ca.pem");

	CHECK(plain && two && none);
	CHECK(!strcmp(reach_of(plain), "/c/ca.pem /c/ca.pem 4318 4318 "));
	CHECK(!strcmp(reach_of(two), "/c/cert /c/key 443 "));
	CHECK(!strcmp(reach_of(none), ""));
}

TEST(files_that_web_config_file_names_are_named_too)
{
	static const char text[] =
		"tls_server_config:\n  cert_file: certs/a.pem\n"
		"  key_file: /keys/a.pem\n  client_auth_type: RequireAndVerifyClientCert\n"
		"  client_ca_file: ca.pem\n";
	char path[] = "/tmp/sonde-web-XXXXXX", flag[128], want[256];
	int fd = mkstemp(path);

	CHECK(fd >= 0 && write(fd, text, sizeof(text) - 1) == sizeof(text) - 1);
	close(fd);
	snprintf(flag, sizeof(flag), "--web.config.file=%s", path);
	snprintf(want, sizeof(want), "%s /tmp/certs/a.pem /keys/a.pem /tmp/ca.pem ", path);
	{
		SCOPED *config = FLAGS(flag);

		CHECK(config && !strcmp(reach_of(config), want));
		unlink(path);
		CHECK(!strncmp(reach_of(config), path, strlen(path)) &&
		      strlen(reach_of(config)) == strlen(path) + 1);
	}
}
