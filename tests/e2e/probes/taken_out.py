# SPDX-License-Identifier: Apache-2.0
"""taken_out.py - no probe outlives its reason, however sonde ends."""

import os
import signal
import subprocess

from lib import Sonde, check, children, equal, test, until
from subjects import Subject, breakpoints, build, folder, until_probes


def open_files(sonde):
	return len(os.listdir("/proc/%d/fd" % sonde.process.pid))


@test
def no_breakpoint_is_left_when_sonde_ends():
	with folder() as path, Subject(build(path)) as subject:
		with Sonde("--watch.pid=%d" % subject.pid) as sonde:
			until_probes(sonde, 2)
			equal(breakpoints(subject.pid, subject.path), 2, "breakpoints")
			sonde.stop()
		until(lambda: not breakpoints(subject.pid, subject.path), "its own text again")
		subject.pauses(10)


@test
def no_breakpoint_is_left_when_sonde_is_killed():
	with folder() as path, Subject(build(path)) as subject:
		with Sonde("--watch.pid=%d" % subject.pid) as sonde:
			until_probes(sonde, 2)
			equal(breakpoints(subject.pid, subject.path), 2, "breakpoints")
			sonde.process.send_signal(signal.SIGKILL)
			sonde.process.wait()
			until(lambda: not breakpoints(subject.pid, subject.path), "its own text again")
		subject.pauses(10)


@test
def no_breakpoint_is_left_when_the_last_that_is_watched_ends():
	with folder() as path, Subject(build(path)) as subject, Subject(subject.path) as other:
		with Sonde("--watch.pid=%d" % subject.pid) as sonde:
			until_probes(sonde, 2)
			equal(breakpoints(other.pid, other.path), 2, "breakpoints of the other")
			subject.__exit__()
			until(lambda: not breakpoints(other.pid, other.path), "its own text again")
			until_probes(sonde, 0)
			sonde.stop()


@test
def those_that_come_and_go_while_they_are_probed_live():
	"""A shell whose children begin, fork and end at any moment of their being probed."""
	with folder() as path:
		file = build(path)
		script = ("read line; for i in $(seq 150); do "
			  "(sleep 0.$((i %% 30 + 9)); echo quit) | %s callbacks & "
			  "printf 'pause 50 1\nfork 20\ngo\nquit\n' | %s callbacks & "
			  "[ $((i %% 8)) -eq 0 ] && wait; done; wait; echo over" % (file, file))
		with subprocess.Popen(["bash", "-c", script], stdin=subprocess.PIPE, text=True,
				      stdout=subprocess.PIPE, stderr=subprocess.PIPE) as shell:
			with Sonde("--watch.pid=%d" % shell.pid) as sonde:
				before, spawner = open_files(sonde), children(sonde.process.pid)
				said, wrong = shell.communicate("go\n")
				equal(said.count("ready"), 300, "programs that began")
				equal(said.count("done"), 300, "programs that did what they were to do")
				check("over" in said and not wrong, wrong)
				until_probes(sonde, 0)
				equal(sonde.metrics().sum("sonde_probe_waiting"), 0, "processes that wait")
				until(lambda: open_files(sonde) == before, "no more open files than before")
				equal(children(sonde.process.pid), spawner, "the monitor's children")
				sonde.stop()
