# SPDX-License-Identifier: Apache-2.0
"""quota.py - a cgroup with a CPU quota for one process, where the host lets one be made."""

import contextlib
import os
import uuid

from lib import Skipped, until

PERIOD_US = 100_000


def _write(path, text):
	with open(path, "w", encoding="ascii") as f:
		f.write(text)


def _mounted(kind, option):
	with open("/proc/mounts", encoding="ascii") as f:
		mounts = [line.split() for line in f]
	return [where for _, where, what, options, *_ in mounts if what == kind and (not option or option in options.split(","))]


class Group:
	"""A cgroup; `throttled_ns` is how long it has been held back by now."""

	def __init__(self, folder, key, unit_ns):
		self.folder, self.key, self.unit_ns = folder, key, unit_ns

	def throttled_ns(self):
		with open(os.path.join(self.folder, "cpu.stat"), encoding="ascii") as f:
			return int(dict(line.split() for line in f)[self.key]) * self.unit_ns


def _make(quota_us):
	name = "sonde-test-" + uuid.uuid4().hex[:8]
	for root in _mounted("cgroup", "cpu"):
		folder = os.path.join(root, name)
		os.mkdir(folder)
		_write(folder + "/cpu.cfs_period_us", str(PERIOD_US))
		_write(folder + "/cpu.cfs_quota_us", str(quota_us))
		return Group(folder, "throttled_time", 1)
	for root in _mounted("cgroup2", None):
		_write(root + "/cgroup.subtree_control", "+cpu")
		folder = os.path.join(root, name)
		os.mkdir(folder)
		_write(folder + "/cpu.max", "%d %d" % (quota_us, PERIOD_US))
		return Group(folder, "throttled_usec", 1000)
	raise OSError("no cgroup has the CPU controller")


def _remove(group, pid):
	parent = os.path.dirname(group.folder)
	with contextlib.suppress(OSError):
		_write(parent + "/cgroup.procs", str(pid))

	def is_gone():
		try:
			os.rmdir(group.folder)
		except OSError:
			return False
		return True
	until(is_gone, "the cgroup is empty")


@contextlib.contextmanager
def quota(pid, quota_us):
	"""The process may use that much of each 100 ms."""
	try:
		group = _make(quota_us)
	except OSError as error:
		raise Skipped("no cgroup can be made here: %s" % error) from None
	try:
		_write(group.folder + "/cgroup.procs", str(pid))
		yield group
	finally:
		_remove(group, pid)
