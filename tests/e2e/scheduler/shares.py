# SPDX-License-Identifier: Apache-2.0
"""shares.py - of what tasks waited for the CPU: who ran instead, what a quota was, and how often they moved."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../causes"))

# pylint: disable=wrong-import-position
from lib import Skipped, Sonde, check, equal, running, test
from proc import WAITED, at_rest, migrations, total
from quota import quota

HOG = "sonde-test-hog"
QUOTA_US = 25_000
MOVES = 20
SLEEPERS = 8
# On each line it spins for so many ms of CPU time and says so; other threads of it sleep for half a second at a time.
SPINNER = """
import sys, threading, time
def sleep():
	while True:
		time.sleep(0.5)
for _ in range(int(sys.argv[1])):
	threading.Thread(target=sleep, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
	end = time.thread_time() + int(line) / 1e3
	while time.thread_time() < end:
		pass
	print("done", flush=True)
"""


class Spinner:
	"""On one CPU, at rest."""

	def __init__(self, process):
		self.process, self.pid = process, process.pid
		self.cpus = sorted(os.sched_getaffinity(0))
		self.cpu = self.cpus[0]
		equal(process.stdout.readline(), "ready\n", "its first line")
		self.move(self.cpu)

	def move(self, cpu):
		os.sched_setaffinity(self.pid, {cpu})

	def begin(self, ms):
		self.process.stdin.write("%d\n" % ms)
		self.process.stdin.flush()

	def end(self):
		equal(self.process.stdout.readline(), "done\n", "its answer")

	def spin(self, ms):
		self.begin(ms)
		self.end()


@contextlib.contextmanager
def spinner(sleepers=0):
	with running([sys.executable, "-c", SPINNER, str(sleepers)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
		yield Spinner(process)


def waited_ns(pid):
	return total(at_rest(pid).values())[WAITED]


def ran_ns(pid):
	with open("/proc/%d/schedstat" % pid, encoding="ascii") as f:
		return int(f.read().split()[0])


@contextlib.contextmanager
def hog(cpu):
	"""A program by a name of its own that takes all of a CPU that it gets."""
	with tempfile.TemporaryDirectory(prefix="sonde-scheduler-") as folder:
		program = shutil.copy(os.path.realpath("/bin/sh"), os.path.join(folder, HOG))
		command = ["taskset", "-c", str(cpu), program, "-c", "echo; while :; do :; done"]
		with running(command, stdout=subprocess.PIPE) as process:
			process.stdout.readline()
			yield process.pid


def instead(m):
	"""{program: seconds}; with what a quota was they are all that was waited."""
	seconds = {has["by"]: value for name, has, value in m.samples if name == "sonde_preempted_seconds_total"}
	waited, throttled = m.sum("sonde_scheduler_delay_seconds_sum"), m.sum("sonde_scheduler_throttled_seconds_total")
	check(abs(sum(seconds.values()) - (waited - throttled)) < 1e-6,
	      "%s are not %.6f s less %.6f s" % (seconds, waited, throttled))
	return seconds


@test
def who_ran_instead_is_named():
	with spinner() as started:
		before = waited_ns(started.pid)
		with Sonde("--watch.pid=%d" % started.pid, console="off") as sonde:
			with hog(started.cpu) as other:
				ran = ran_ns(other)
				started.spin(500)
				ran = (ran_ns(other) - ran) / 1e9
			waited = (waited_ns(started.pid) - before) / 1e9
			m = sonde.metrics()
			sonde.stop()
	seconds = instead(m)
	check(waited > 0.1, "they competed: %.6f s" % waited)
	equal(m.sum("sonde_scheduler_throttled_seconds_total"), 0, "throttled")
	# Most of what it waited; where others want the CPU too, most of what the hog had of it.
	check(seconds.get(HOG, 0) > 0.5 * min(ran, waited), "%s of %.6f s, in which it ran %.6f" % (seconds, waited, ran))
	if os.environ.get("V"):
		print("waited %.6f s, the hog ran %.6f: %s" % (waited, ran, seconds))


@test
def what_a_quota_held_back_is_told_and_nobody_s():
	with spinner() as started, quota(started.pid, QUOTA_US) as group:
		before, throttled = waited_ns(started.pid), group.throttled_ns()
		with Sonde("--watch.pid=%d" % started.pid, console="off") as sonde:
			started.spin(400)
			waited = (waited_ns(started.pid) - before) / 1e9
			throttled = (group.throttled_ns() - throttled) / 1e9
			m = sonde.metrics()
			sonde.stop()
	have = m.sum("sonde_scheduler_throttled_seconds_total")
	if os.environ.get("V"):
		print("waited %.6f s, held back %.6f by the cgroup, %.6f here: %s" % (waited, throttled, have, instead(m)))
	check(throttled > 0.05, "it was held back: %.6f s" % throttled)
	# Nothing else is in the cgroup. It may differ by the wait that is open when the thread is woken, or enqueued, late.
	check(abs(have - throttled) < 0.01 * throttled, "held back %.6f s, by the cgroup %.6f" % (have, throttled))
	instead(m)


@test
def a_quota_holds_back_nobody_who_sleeps():
	with spinner(SLEEPERS) as started, quota(started.pid, QUOTA_US):
		with Sonde("--watch.pid=%d" % started.pid, console="off") as sonde:
			started.spin(400)
			m = sonde.metrics()
			sonde.stop()
	have, waited = m.sum("sonde_scheduler_throttled_seconds_total"), m.sum("sonde_scheduler_delay_seconds_sum")
	check(0.05 < have <= waited, "held back %.6f s, waited %.6f" % (have, waited))
	instead(m)


@test
def moves_to_another_cpu_are_counted():
	with spinner() as started:
		if len(started.cpus) < 2:
			raise Skipped("one CPU")
		at_rest(started.pid)
		before = migrations(started.pid)
		with Sonde("--watch.pid=%d" % started.pid, console="off") as sonde:
			for at in range(MOVES):
				started.begin(20)
				started.move(started.cpus[1 - at % 2])
				started.end()
			at_rest(started.pid)
			want = MOVES if before is None else migrations(started.pid) - before
			m = sonde.metrics()
			sonde.stop()
		check(want >= MOVES / 2, "it moved: %d times" % want)
		equal(m.sum("sonde_scheduler_migrations_total"), want, "moves")
