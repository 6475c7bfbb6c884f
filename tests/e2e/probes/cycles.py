# SPDX-License-Identifier: Apache-2.0
"""cycles.py - probes in and out again while the program runs, more often than in years of use."""

import os
import subprocess

from lib import check, equal, test
from subjects import Subject, breakpoints, build, folder


@test
def a_thousand_times_in_and_out():
	with folder() as path, Subject(build(path)) as subject:
		build_bench()
		subject.say("pause 4000000000 0")
		cycles = subprocess.run([bench(), str(subject.pid), "1000"], capture_output=True, text=True,
					check=False)
		equal(cycles.returncode, 0, cycles.stderr)
		check(subject.process.poll() is None, "it lives")
		equal(breakpoints(subject.pid, subject.path), 0, "breakpoints")


def bench():
	return os.path.join(os.path.dirname(os.path.realpath(
		os.environ.get("SONDE", "build/sonde"))), "bench/attach_cycles")


def build_bench():
	subprocess.run(["make", "-s", os.path.relpath(bench())], check=True)
