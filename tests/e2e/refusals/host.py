# SPDX-License-Identifier: Apache-2.0
"""host.py - a host on which sonde cannot run: exit 3, what is missing and what to do."""

import json
import subprocess

from lib import SONDE, Skipped, check, equal, test

NO_BTF = "mount -t tmpfs none /sys/kernel/btf && "
LOCKED = ("mount -t tmpfs none /sys/kernel/security && "
	  "echo 'none integrity [confidentiality]' >/sys/kernel/security/lockdown && ")


def run(before, *arguments):
	done = subprocess.run([*before, SONDE, *arguments], capture_output=True, text=True,
			      timeout=60)
	return done.returncode, done.stdout, done.stderr


def refuses(before, *wanted):
	"""Both the agent and `check` end with 3 and say all that is wanted."""
	status, _, said = run(before, "--watch.port=1", "--web.listen-address=")
	equal(status, 3, said)
	for text in wanted:
		check(text in said, "run: %r is not in %s" % (text, said))
	status, said, _ = run(before, "check")
	equal(status, 3, said)
	for text in wanted:
		check(text in said, "check: %r is not in %s" % (text, said))
	status, said, _ = run(before, "check", "--json")
	equal(status, 3, said)
	said = json.loads(said)
	equal(said["status"], 3, "its own status")
	for text in wanted:
		check(any(text in lack for lack in said["lacks"]), "json: %s" % said["lacks"])


def without(*capabilities):
	dropped = ",".join("-" + name for name in capabilities)
	return ["setpriv", "--inh-caps=" + dropped, "--bounding-set=" + dropped]


def in_a_mount_namespace(script):
	if subprocess.run(["unshare", "-m", "true"], check=False).returncode:
		raise Skipped("no mount namespace may be made here")
	return ["unshare", "-m", "sh", "-c", script + '"$0" "$@"']


@test
def each_capability_that_is_missing_is_named():
	for name in ("bpf", "perfmon", "setuid", "setgid", "setpcap"):
		refuses(without(name), "missing: CAP_%s; run sonde as root" % name.upper())
	refuses(without("bpf", "perfmon", "sys_admin"), "missing: CAP_BPF CAP_PERFMON; run sonde as root")


@test
def a_user_without_privileges_is_told_to_be_root():
	refuses(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
		"missing: CAP_BPF CAP_PERFMON CAP_SETUID CAP_SETGID CAP_SETPCAP; run sonde as root")


@test
def a_kernel_without_btf_is_told_as_such():
	refuses(in_a_mount_namespace(NO_BTF), "no BTF: /sys/kernel/btf/vmlinux", "CONFIG_DEBUG_INFO_BTF=y")


@test
def an_old_kernel_is_told_as_such():
	refuses(in_a_mount_namespace(NO_BTF + "exec setarch --uname-2.6 "),
		"kernel 2.6.", "too old: 6.1 or later is supported, 5.15 to 6.0 best effort")


@test
def lockdown_is_told_as_such():
	refuses([*in_a_mount_namespace(NO_BTF + LOCKED)], "lockdown is confidentiality", "lockdown=integrity")
