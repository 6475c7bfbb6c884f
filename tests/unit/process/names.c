/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - mirrors user/process/names.c, script.c, package.c and environ.c */
#include <fcntl.h>
#include <sys/mman.h>

#include "tests/test.h"
#include "user/base/mem.h"
#include "user/process/environ.h"
#include "user/process/names.h"

struct file {
	const char *path, *text;
};

/* A process with the texts that its name could come from; lists are "a\0b\0". */
static const struct {
	const char *name, *rule;
	const char *exe;
	struct str cmdline, environ, cgroup;
	const char *ports;
	struct file files[2];
} rows[] = {
	/* the user's own rules */
	{ "gateway", "services", "/usr/sbin/nginx", .environ = STR("OTEL_SERVICE_NAME=x\0") },
	{ "by-port", "services", "/usr/bin/python3", .ports = "80 8081" },
	{ "by-cgroup", "services", "/bin/a", .cgroup = STR("0::/billing.slice/b.service\n") },
	/* the environment */
	{ "shop", "OTEL_SERVICE_NAME", "/usr/bin/node",
	  .environ =
		  STR("A=1\0OTEL_SERVICE_NAME= shop \0OTEL_RESOURCE_ATTRIBUTES=service.name=y\0") },
	{ "my shop,1", "OTEL_RESOURCE_ATTRIBUTES", "/usr/bin/node",
	  .environ = STR("OTEL_SERVICE_NAME=\0"
			 "OTEL_RESOURCE_ATTRIBUTES=a=b, service.name = my%20shop%2c1 ,c=d\0") },
	{ "100%", "OTEL_RESOURCE_ATTRIBUTES", "/a",
	  .environ = STR("OTEL_RESOURCE_ATTRIBUTES=,=,x,service.name=100%\0") },
	{ "a", "executable", "/a", .environ = STR("XOTEL_SERVICE_NAME=x\0OTEL_SERVICE_NAME") },
	/* systemd */
	{ "shop", "systemd-unit", "/a", .cgroup = STR("0::/system.slice/shop.service\n") },
	{ "postgresql", "systemd-unit", "/a",
	  .cgroup = STR("0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n") },
	{ "my-app", "systemd-unit", "/a", .cgroup = STR("0::/system.slice/my\\x2dapp.service\n") },
	{ "a", "executable", "/a", .cgroup = STR("0::/user.slice/user@1000.service/init.scope\n") },
	{ "a", "executable", "/a", .cgroup = STR("0::/system.slice/run-u12.service\n") },
	{ "a", "executable", "/a", .cgroup = STR("0::/system.slice/\0b.service\n") },
	/* scripts */
	{ "web", "script", "/usr/bin/node",
	  STR("node\0web.js\0--port\0"
	      "1\0") },
	{ "web", "script", "/usr/bin/nodejs", STR("node\0-r\0dotenv\0--inspect\0src/web.mjs\0") },
	{ "acme-shop", "script", "/usr/bin/node", STR("node\0dist/main.js\0"),
	  .files = { { "package.json", "{\"name\": \"acme-shop\"}" } } },
	{ "near", "script", "/usr/bin/node", STR("node\0/srv/shop/dist/main.js\0"),
	  .files = { { "/srv/shop/package.json", "{\"version\": \"1\", \"name\": \"near\"}" },
		     { "/package.json", "{\"name\": \"far\"}" } } },
	{ "far", "script", "/usr/bin/node", STR("node\0/srv/shop/dist/main.js\0"),
	  .files = { { "/srv/shop/dist/package.json", "{\"type\": \"module\"}" },
		     { "/package.json", "{\"name\": \"far\"}" } } },
	{ "above", "script", "/usr/bin/node", STR("node\0main.js\0"),
	  .files = { { "../package.json", "{\"name\": \"above\"}" } } },
	{ "shop", "script", "/usr/bin/node", STR("node\0/srv/shop/dist/index.js\0"),
	  .files = { { "/srv/shop/package.json", "{\"name\": 1" } } },
	{ "main", "script", "/usr/bin/node", STR("node\0dist/main.js\0") },
	{ "node", "executable", "/usr/bin/node", STR("node\0-e\0code('secret')\0") },
	{ "node", "executable", "/usr/bin/node", STR("node\0") },
	{ "http.server", "script", "/usr/bin/python3.11",
	  STR("python3\0-u\0-m\0http.server\0"
	      "80\0") },
	{ "uvicorn", "script", "/usr/bin/python3.11",
	  STR("python3\0-Wd\0-Xdev\0-um\0uvicorn\0app\0") },
	{ "gunicorn", "script", "/usr/bin/python3",
	  STR("python3\0-X\0utf8\0/usr/bin/gunicorn\0a:b\0") },
	{ "server", "script", "/usr/bin/python3", STR("python3\0--\0./server.py\0") },
	{ "python3.11", "executable", "/usr/bin/python3.11", STR("python3\0-uc\0import x\0") },
	{ "python3.11", "executable", "/usr/bin/python3.11", STR("python3\0-c\0import x\0") },
	{ "python3.11", "executable", "/usr/bin/python3.11", STR("python3\0-m\0") },
	{ "shop", "script", "/usr/bin/java",
	  STR("java\0-Xmx1g\0-jar\0/opt/shop-1.2.3-SNAPSHOT.jar\0") },
	{ "com.acme.Main", "script", "/jvm/bin/java",
	  STR("java\0-cp\0a.jar:b.jar\0-Da=b\0com.acme.Main\0arg\0") },
	{ "com.acme.shop", "script", "/jvm/bin/java",
	  STR("java\0-p\0mods\0-m\0com.acme.shop/a.Main\0") },
	{ "HttpServer", "script", "/jvm/bin/java", STR("java\0HttpServer.java\0") },
	{ "puma", "script", "/usr/bin/ruby3.1", STR("ruby\0-I\0lib\0/usr/bin/puma\0") },
	{ "api", "script", "/usr/bin/php8.2", STR("php\0-S\0:80\0-t\0www\0api.php\0") },
	{ "php-fpm8.2", "executable", "/usr/sbin/php-fpm8.2", STR("php-fpm: pool www\0") },
	{ "Shop", "script", "/usr/bin/dotnet", STR("dotnet\0exec\0/app/Shop.dll\0") },
	{ "server", "script", "/root/.deno/bin/deno", STR("deno\0run\0--allow-net\0server.ts\0") },
	/* the executable */
	{ "caddy", "executable", "/usr/bin/caddy", STR("caddy\0run\0") },
	{ "comm", "comm", "" },
};

static int file_open(void *context, const char *path)
{
	const struct file *files = context;

	for (int i = 0; i < 2; i++)
		if (files[i].path && !strcmp(files[i].path, path)) {
			int fd = memfd_create("file", MFD_CLOEXEC);

			if (write(fd, files[i].text, strlen(files[i].text)) < 0)
				abort();
			return fd;
		}
	return -1;
}

static struct process_files files_at(const void *context)
{
	struct process_files files = process_files_new(NULL, 0, 0);

	files.open = file_open;
	files.context = (void *)context;
	return files;
}

static struct port_range ports[] = { { 8000, 8099 } };
static struct service_rule services[] = {
	{ .exe = "nginx*", .name = "gateway" },
	{ .port = { ports, 1 }, .name = "by-port" },
	{ .cgroup = "/billing.slice/*", .name = "by-cgroup" },
	{ .exe = "/usr/bin/*", .namespace = "names nothing" },
};
static const struct config config = { .services = services, .service_count = 4 };

TEST(the_first_rule_that_finds_a_name_gives_it)
{
	EACH(i, rows) {
		struct process_files files = files_at(rows[i].files);
		struct clues clues = {
			.config = &config,
			.files = &files,
			.exe = str_of(rows[i].exe),
			.comm = STR("comm"),
			.environ = rows[i].environ,
			.cmdline = rows[i].cmdline,
			.cgroup = rows[i].cgroup,
			.ports = str_of(rows[i].ports),
		};
		struct buf name = buf_new(256);
		const char *rule = service_name_find(&clues, &name);
		bool right =
			str_eq(buf_str(&name), str_of(rows[i].name)) && !strcmp(rule, rows[i].rule);

		if (!right)
			printf("%s by %s, but got %.*s by %s\n", rows[i].name, rows[i].rule,
			       STR_ARGS(buf_str(&name)), rule);
		buf_free(&name);
		CHECK(right);
	}
}

/* Every start of every command line, as tight as it can be, for ASan. */
TEST(a_cut_command_line_is_read_within_its_bounds)
{
	EACH(i, rows)
		for (size_t len = 0; len < rows[i].cmdline.len; len++) {
			struct process_files files = files_at(rows[i].files);
			char *copy = test_tight(rows[i].cmdline.at, len);
			struct clues clues = { .config = &config,
					       .files = &files,
					       .exe = str_of(rows[i].exe),
					       .cmdline = { copy, len } };
			struct buf name = buf_new(256);

			service_name_find(&clues, &name);
			CHECK(name.len);
			buf_free(&name);
			free(copy);
		}
}

TEST(percent_escapes_become_bytes_and_what_is_none_stays)
{
	struct buf out = buf_new(64);

	CHECK(!percent_decode(STR("a%20b%2Fc%2fd%zz%4%00%"), &out));
	CHECK(str_eq(buf_str(&out), STR("a b/c/d%zz%4%00%")));
	buf_free(&out);
}
