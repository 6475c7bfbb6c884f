/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup.c - mirrors user/process/cgroup.c */
#include "user/process/cgroup.h"
#include "tests/test.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define POD   "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/"

static const struct {
	struct str text;
	const char *container, *unit;
} rows[] = {
	{ STR("0::/system.slice/docker-" ID ".scope\n"), ID, "" },
	{ STR("0::/docker/" ID "\n"), ID, "" },
	{ STR("12:pids:/docker/" ID "\n11:cpu:/docker/" ID "\n0::/\n"), ID, "" },
	{ STR("0::" POD "cri-containerd-" ID ".scope\n"), ID, "" },
	{ STR("0::" POD "crio-" ID ".scope\n"), ID, "" },
	{ STR("0::" POD "crio-" ID ".scope/container\n"), ID, "" },
	{ STR("0::/kubepods/burstable/pod12-34/" ID "\n"), ID, "" },
	{ STR("0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" ID "\n"),
	  ID, "" },
	{ STR("0::/machine.slice/libpod-" ID ".scope/container\n"), ID, "" },
	{ STR("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope\n"),
	  ID, "" },
	{ STR("0::/libpod_parent/libpod-" ID), ID, "" },
	{ STR("0::/docker/" OTHER "/docker/" ID "\n"), ID, "" },
	{ STR("0::/system.slice/docker-" ID ".scope/system.slice/nginx.service\n"), ID, "" },
	/* no containers */
	{ STR("0::/machine.slice/libpod-conmon-" ID ".scope\n"), "", "" },
	{ STR("0::" POD "crio-conmon-" ID ".scope\n"), "", "" },
	{ STR("0::/docker/0123456789abcdef\n"), "", "" },
	{ STR("0::/docker/" ID "0\n"), "", "" },
	{ STR("0::/docker/X123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"), "",
	  "" },
	{ STR("/docker/" ID "\n"), "", "" },
	{ STR(""), "", "" },
	{ STR("0::/\n"), "", "" },
	/* units */
	{ STR("0::/system.slice/nginx.service\n"), "", "nginx.service" },
	{ STR("1:name=systemd:/system.slice/nginx.service\n0::/\n"), "", "nginx.service" },
	{ STR("0::/system.slice/shop.service/workers\n"), "", "shop.service" },
	{ STR("0::/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service\n"), "",
	  "shop.service" },
	{ STR("0::/user.slice/user-1000.slice/user@1000.service/init.scope\n"), "", "" },
	{ STR("0::/user.slice/user-1000.slice/session-1.scope\n"), "", "" },
	{ STR("0::/system.slice/run-r0123.service\n"), "", "" },
	{ STR("0::/system.slice/.service\n"), "", "" },
};

TEST(a_cgroup_tells_container_and_unit)
{
	EACH(i, rows) {
		char *copy = test_tight(rows[i].text.at, rows[i].text.len);
		struct str text = { copy, rows[i].text.len };
		bool right = str_eq(cgroup_container(text), str_of(rows[i].container)) &&
			     str_eq(cgroup_unit(text), str_of(rows[i].unit));

		if (!right)
			printf("row %zu: %.*s %.*s\n", i, STR_ARGS(cgroup_container(text)),
			       STR_ARGS(cgroup_unit(text)));
		free(copy);
		CHECK(right);
	}
}

TEST(the_unified_path_beats_systemds_and_the_others)
{
	CHECK(str_eq(cgroup_path(STR("3:cpu:/a\n1:name=systemd:/b\n0::/c\n")), STR("/c")));
	CHECK(str_eq(cgroup_path(STR("3:cpu:/a\n1:name=systemd:/b\n0::/\n")), STR("/b")));
	CHECK(str_eq(cgroup_path(STR("3:cpu:/a\n0::/\n")), STR("/a")));
	CHECK(str_eq(cgroup_path(STR("0::/c\n1:name=systemd:/\n")), STR("/c")));
	CHECK(str_eq(cgroup_path(STR("1:name=systemd:/\n0::/\n")), STR("/")));
	CHECK(!cgroup_path(STR("nonsense")).len);
}
