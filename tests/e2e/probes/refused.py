# SPDX-License-Identifier: Apache-2.0
"""refused.py - what cannot be probed is not, and says why."""

import os
import subprocess
import time

from lib import Sonde, equal, check, test, until
from subjects import Subject, build, explain, folder, hooks, probes, refused, until_probes


@test
def a_stripped_program_says_so():
	with folder() as path:
		file = build(path, "subject", "-fvisibility=hidden")
		subprocess.run(["strip", "--keep-symbol=node_module_register", file], check=True)
		# What is exported stays: take the hooks' names out of it.
		with open(file, "r+b") as f:
			text = f.read().replace(b"_ZN2v88internal", b"_ZN2v88outernal")
			f.seek(0)
			f.write(text)
		with Subject(file) as subject, Sonde("--watch.pid=%d" % subject.pid) as sonde:
			until(lambda: hooks(sonde) == {("nodejs-gc", "none", "no-hooks")}, "no hooks")
			check("gc: none (none of its functions" in explain(sonde, subject.pid),
			      explain(sonde, subject.pid))
			equal(probes(sonde), 0, "probes")
			sonde.stop()


@test
def off_means_nothing_is_read():
	with folder() as path, Subject(build(path)) as subject:
		with Sonde("--watch.pid=%d" % subject.pid, "--collect.runtimes=off") as sonde:
			end = time.monotonic() + 1  # it would take a tenth of that
			while time.monotonic() < end:
				equal(hooks(sonde), set(), "hooks")
				equal(probes(sonde), 0, "probes")
			sonde.stop()


@test
def a_file_that_changes_is_let_go():
	with folder() as path, Subject(build(path)) as subject:
		with Sonde("--watch.pid=%d" % subject.pid) as sonde:
			until_probes(sonde, 2)
			os.utime(subject.path)
			until_probes(sonde, 0)
			equal(refused(sonde, "file"), 1, "refusals")
			until(lambda: hooks(sonde) == {("nodejs-gc", "none", "file")}, "the reason")
			sonde.stop()


@test
def every_reason_is_there_from_the_start():
	with folder() as path, Subject(build(path)) as subject:
		with Sonde("--watch.pid=%d" % subject.pid) as sonde:
			found = {has["reason"]: v for name, has, v in sonde.metrics().samples
				 if name == "sonde_probe_refusals_total"}
			check(len(found) == 15 and not any(found.values()), found)
			sonde.stop()
