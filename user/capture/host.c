/* SPDX-License-Identifier: Apache-2.0 */
#include "user/capture/host.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "user/base/mem.h"

/* Major times 1000 and minor. */
enum { FIRST_POSSIBLE = 5015, FIRST_SUPPORTED = 6001 };

static const struct {
	int capability;
	const char *name;
} needed[] = {
	{ CAP_BPF, "CAP_BPF" },
	{ CAP_PERFMON, "CAP_PERFMON" },
	/* The worker gives up everything with these. */
	{ CAP_SETUID, "CAP_SETUID" },
	{ CAP_SETGID, "CAP_SETGID" },
	{ CAP_SETPCAP, "CAP_SETPCAP" },
};

enum kernel_support kernel_support_of(const char *release)
{
	char *end;
	unsigned long version = strtoul(release, &end, 10) * 1000;

	if (*end == '.')
		version += strtoul(end + 1, &end, 10);
	if (version < FIRST_POSSIBLE)
		return KERNEL_TOO_OLD;
	return version < FIRST_SUPPORTED ? KERNEL_BEST_EFFORT : KERNEL_SUPPORTED;
}

const char *kernel_support_text(enum kernel_support support)
{
	static const char *const texts[] = {
		[KERNEL_TOO_OLD] = "too old: 6.1 or later is supported, 5.15 to 6.0 best effort",
		[KERNEL_BEST_EFFORT] = "best effort: 5.15 to 6.0 are not tested, 6.1 or later is",
		[KERNEL_SUPPORTED] = "supported",
	};

	return texts[support];
}

bool lockdown_forbids(struct str text)
{
	return text.len && memmem(text.at, text.len, "[confidentiality]", 17);
}

static bool is_locked(void)
{
	_cleanup_(closep) int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text));

	return len > 0 && lockdown_forbids((struct str){ text, (size_t)len });
}

bool host_is_whole(void)
{
	/* PROC_PID_INIT_INO of include/linux/proc_ns.h, the same since 3.8 */
	static const char whole[] = "pid:[4026531836]";
	char name[64] = "";

	return readlink("/proc/self/ns/pid", name, sizeof(name) - 1) <= 0 || !strcmp(name, whole);
}

void host_look(struct host *ret)
{
	struct utsname name;
	size_t len = 0;

	uname(&name);
	*ret = (struct host){ .support = kernel_support_of(name.release),
			      .has_btf = !access("/sys/kernel/btf/vmlinux", R_OK),
			      .locked = is_locked() };
	snprintf(ret->kernel, sizeof(ret->kernel), "%s", name.release);
	capng_get_caps_process();
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!capng_have_capability(CAPNG_EFFECTIVE, (unsigned)needed[i].capability))
			len += (size_t)snprintf(ret->missing + len, sizeof(ret->missing) - len,
						"%s%s", len ? " " : "", needed[i].name);
}

size_t host_lacks(const struct host *host, char ret[HOST_LACKS][HOST_LACK_BYTES])
{
	size_t count = 0;

	if (host->support == KERNEL_TOO_OLD)
		snprintf(ret[count++], HOST_LACK_BYTES, "kernel %s is %s", host->kernel,
			 kernel_support_text(host->support));
	if (!host->has_btf)
		snprintf(ret[count++], HOST_LACK_BYTES,
			 "no BTF: /sys/kernel/btf/vmlinux cannot be read; it needs a kernel with "
			 "CONFIG_DEBUG_INFO_BTF=y, and /sys mounted");
	if (*host->missing)
		snprintf(ret[count++], HOST_LACK_BYTES,
			 "missing: %s; run sonde as root, or give it the capabilities that README "
			 "names",
			 host->missing);
	if (host->locked)
		snprintf(ret[count++], HOST_LACK_BYTES,
			 "lockdown is confidentiality, under which BPF reads nothing of the "
			 "kernel; boot with lockdown=integrity or none");
	if (!count)
		snprintf(ret[count++], HOST_LACK_BYTES,
			 "the kernel refuses what it has: a container's seccomp profile or a "
			 "security module may forbid bpf(2)");
	return count;
}
