/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - mirrors user/config/watch.c */
#include "user/config/watch.h"
#include "tests/test.h"
#include "user/base/mem.h"

/* What chooses a process; empty: nothing. */
static const char *chosen(const struct config *config, uint32_t pid, const char *exe, uint16_t port)
{
	static char text[64];
	const char *why_not, *rule;

	rule = watch_rule(config, pid, exe, "/shop", &port, 1, &why_not, text, sizeof(text));
	return rule ? rule : "";
}

TEST(the_first_process_is_chosen_by_everything_but_its_ports)
{
	struct port_range range = { 80, 80 };
	uint32_t one = 1;
	char *globs[] = { "shop", "/shop" };
	struct config by_port = { .watch.port = { &range, 1 } };

	CHECK(!strcmp(chosen(&(struct config){ .watch.all = true }, 1, "/bin/shop", 80),
		      "watch.all"));
	CHECK(!strcmp(chosen(&(struct config){ .watch.pid = { &one, 1 } }, 1, "/bin/shop", 80),
		      "watch.pid=1"));
	CHECK(!strcmp(chosen(&(struct config){ .watch.exe = { globs, 1 } }, 1, "/bin/shop", 80),
		      "watch.exe=shop"));
	CHECK(!strcmp(
		chosen(&(struct config){ .watch.cgroup = { globs + 1, 1 } }, 1, "/bin/shop", 80),
		"watch.cgroup=/shop"));
	CHECK(!*chosen(&by_port, 1, "/bin/shop", 80));
	CHECK(!strcmp(chosen(&by_port, 2, "/bin/shop", 80), "watch.port=80"));
	CHECK(!*chosen(&by_port, 2, "/usr/bin/docker-proxy", 80));
}

TEST(exclusion_beats_the_rest)
{
	char *glob = "*/shop";
	uint32_t pid = 7;
	struct config config = { .watch.all = true,
				 .watch.pid = { &pid, 1 },
				 .watch.exclude_exe = { &glob, 1 } };

	CHECK(!*chosen(&config, 7, "/bin/shop", 80));
	CHECK(!strcmp(chosen(&config, 7, "/bin/other", 80), "watch.pid=7"));
}
