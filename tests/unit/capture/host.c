/* SPDX-License-Identifier: Apache-2.0 */
/* host.c - mirrors user/capture/host.c */
#include "user/capture/host.h"
#include "tests/test.h"

TEST(a_kernel_is_supported_from_6_1_and_best_effort_from_5_15)
{
	static const struct {
		const char *release;
		enum kernel_support support;
	} rows[] = {
		{ "2.6.78", KERNEL_TOO_OLD },	  { "5.10.0-28-amd64", KERNEL_TOO_OLD },
		{ "5.14", KERNEL_TOO_OLD },	  { "nonsense", KERNEL_TOO_OLD },
		{ "5.15", KERNEL_BEST_EFFORT },	  { "5.15.0-1-generic", KERNEL_BEST_EFFORT },
		{ "6.0.19", KERNEL_BEST_EFFORT }, { "6.1.0-56-amd64", KERNEL_SUPPORTED },
		{ "6.18.44", KERNEL_SUPPORTED },  { "7.3-rc1", KERNEL_SUPPORTED },
		{ "10.0", KERNEL_SUPPORTED },
	};

	EACH(i, rows)
		CHECK(kernel_support_of(rows[i].release) == rows[i].support);
}

TEST(only_confidentiality_forbids)
{
	CHECK(lockdown_forbids(STR("none integrity [confidentiality]\n")));
	CHECK(!lockdown_forbids(STR("none [integrity] confidentiality\n")));
	CHECK(!lockdown_forbids(STR("[none] integrity confidentiality\n")));
	CHECK(!lockdown_forbids(STR("")));
}

TEST(each_lack_is_said_with_what_to_do)
{
	char lacks[HOST_LACKS][HOST_LACK_BYTES];
	struct host host = { .kernel = "5.10.0", .locked = true, .missing = "CAP_BPF CAP_PERFMON" };

	CHECK(host_lacks(&host, lacks) == 4);
	CHECK(strstr(lacks[0], "5.10.0") && strstr(lacks[0], "6.1 or later"));
	CHECK(strstr(lacks[1], "no BTF") && strstr(lacks[1], "CONFIG_DEBUG_INFO_BTF"));
	CHECK(strstr(lacks[2], "CAP_BPF CAP_PERFMON") && strstr(lacks[2], "as root"));
	CHECK(strstr(lacks[3], "lockdown=integrity"));
	host = (struct host){ .support = KERNEL_SUPPORTED, .has_btf = true };
	CHECK(host_lacks(&host, lacks) == 1);
	CHECK(strstr(lacks[0], "bpf(2)"));
}
