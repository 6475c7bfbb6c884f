# SPDX-License-Identifier: Apache-2.0
"""proc.py - what /proc says of tasks, once nothing of it moves."""

import os

from lib import until

WAITED, RUNS, VOLUNTARY, INVOLUNTARY = range(4)
STILL = ("S (sleeping)", "Z (zombie)")


def task(folder):
	"""(state, numbers) of a task by its folder in /proc."""
	with open(folder + "/schedstat", encoding="ascii") as f:
		_, waited, runs = map(int, f.read().split())
	with open(folder + "/status", encoding="ascii") as f:
		status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
	return status["State"], (waited, runs, int(status["voluntary_ctxt_switches"]),
				 int(status["nonvoluntary_ctxt_switches"]))


def tasks(pid):
	folder = "/proc/%d/task" % pid
	return {int(tid): task(folder + "/" + tid) for tid in os.listdir(folder)}


def at_rest(*pids):
	"""{task: numbers} of processes, once all sleep and nothing moves."""
	seen = [None]

	def unchanged():
		now = [tasks(pid) for pid in pids]
		before, seen[0] = seen[0], now
		return now == before and all(state in STILL for each in now for state, _ in each.values())
	until(unchanged, "the subject is at rest")
	return {tid: numbers for each in seen[0] for tid, (_, numbers) in each.items()}


def total(numbers):
	return [sum(column) for column in zip(*numbers)]


def migrations(pid):
	"""Of all its tasks there are, or None where the kernel does not tell."""
	moved = 0
	for tid in tasks(pid):
		try:
			with open("/proc/%d/task/%d/sched" % (pid, tid), encoding="ascii") as f:
				words = [line.split() for line in f]
		except FileNotFoundError:
			return None
		moved += next(int(each[-1]) for each in words if each and each[0].endswith("nr_migrations"))
	return moved
