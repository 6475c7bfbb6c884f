# SPDX-License-Identifier: Apache-2.0
"""attached.py - which processes are probed, and that each pause makes one record."""

import os
import shutil
from collections import Counter

from lib import Sonde, check, equal, test, until
from subjects import (Subject, build, explain, folder, hooks, probes, processes_of, tape_pauses,
		      until_probes)

COUNT = 10000


def watching(pid, path, *options):
	return Sonde("--watch.pid=%d" % pid, "--tape.record=" + os.path.join(path, "tape"), *options)


@test
def each_pause_makes_one_record():
	with folder() as path, Subject(build(path)) as subject:
		with watching(subject.pid, path) as sonde:
			until_probes(sonde, 2)
			equal(hooks(sonde), {("nodejs-gc", "callbacks", "")}, "hooks")
			check("gc: callbacks (" in explain(sonde, subject.pid), "explain names its hooks")
			subject.pauses(COUNT)
			m = sonde.settled()
			sonde.stop()
		equal(m.lost(), {}, "lost")
		equal(m.sum("sonde_probe_lost_total"), 0, "ends of pauses not seen")
		found = tape_pauses(os.path.join(path, "tape"))
		equal(Counter(p.detail for p in found), {1 << i: COUNT // 4 for i in range(4)}, "pauses")
		equal({(p.pid, p.thread) for p in found}, {(subject.pid, subject.pid)}, "processes, threads")
		check(all(0 < p.began_ns < p.at_ns for p in found), "a pause begins before it ends")


@test
def a_pause_is_as_long_as_it_was():
	with folder() as path, Subject(build(path)) as subject:
		with watching(subject.pid, path) as sonde:
			until_probes(sonde, 2)
			subject.pauses(10, 20000)
			sonde.settled()
			sonde.stop()
		found = [p.at_ns - p.began_ns for p in tape_pauses(os.path.join(path, "tape"))]
		equal(len(found), 10, "pauses")
		check(min(found) >= 20e6, "of 20 ms each: %s" % found)


@test
def who_runs_the_same_file_and_is_not_watched_makes_none():
	with folder() as path, Subject(build(path)) as subject, Subject(subject.path) as other:
		with watching(subject.pid, path) as sonde:
			until_probes(sonde, 2)
			other.pauses(COUNT)
			subject.pauses(5)
			sonde.settled()
			sonde.stop()
		found = tape_pauses(os.path.join(path, "tape"))
		equal({p.pid for p in found}, {subject.pid}, "processes")
		equal(len(found), 5, "pauses")


@test
def a_forked_child_is_probed_from_its_first_instruction():
	with folder() as path, Subject(build(path)) as subject:
		with watching(subject.pid, path) as sonde:
			until_probes(sonde, 2)
			child = int(subject.ask("fork 1000").split()[1])
			subject.say("go")
			equal(subject.hear(), "done", "the child")
			sonde.settled()
			sonde.stop()
		equal(Counter(p.pid for p in tape_pauses(os.path.join(path, "tape"))), {child: 1000},
		      "pauses by process")


@test
def many_processes_of_one_file_share_its_probes():
	with folder() as path:
		file = build(path)
		subjects = [Subject(file) for _ in range(20)]
		try:
			with Sonde(*["--watch.pid=%d" % s.pid for s in subjects]) as sonde:
				until_probes(sonde, 2)
				until(lambda: not sonde.metrics().sum("sonde_probe_waiting"), "all are read")
				equal(sonde.metrics().sum("sonde_probe_files"), 1, "files")
				for subject in subjects[1:]:
					subject.__exit__()
				equal(probes(sonde), 2, "probes while one is left")
				subjects[0].__exit__()
				until_probes(sonde, 0)
		finally:
			for subject in subjects:
				subject.process.kill()


@test
def another_program_in_its_place_is_probed_anew():
	with folder() as path, Subject(build(path)) as subject:
		other = os.path.join(path, "other")
		shutil.copy(subject.path, other)
		with watching(subject.pid, path) as sonde:
			until_probes(sonde, 2)
			equal(subject.ask("exec " + other), "ready", "the other program")
			until(lambda: probes(sonde) == 2 and not sonde.metrics().sum("sonde_probe_waiting"),
			      "probes of the other program")
			subject.pauses(100)
			until(lambda: sonde.metrics().sum("sonde_out_total", stage="ring") == 100, "100 pauses")
			sonde.stop()


@test
def a_program_that_another_file_took_the_place_of_is_probed():
	with folder() as path, Subject(build(path)) as subject:
		os.unlink(subject.path)
		with watching(subject.pid, path) as sonde:
			until_probes(sonde, 2)
			subject.pauses(100)
			until(lambda: sonde.metrics().sum("sonde_out_total", stage="ring") == 100, "100 pauses")
			sonde.stop()


@test
def functions_that_are_never_called_give_way_to_others():
	with folder() as path, Subject(build(path), "tracer") as subject:
		with watching(subject.pid, path) as sonde:
			until_probes(sonde, 2)
			subject.pauses(4)  # before there is a doubt
			equal(subject.ask("spin 10500"), "done", "CPU time")
			until_probes(sonde, 3, "trial")
			equal(hooks(sonde), {("nodejs-gc", "callbacks", "")}, "hooks on trial are not in use")
			subject.pauses(4)
			until(lambda: hooks(sonde) == {("nodejs-gc", "tracer", "")}, "the next hooks")
			equal(probes(sonde, "trial"), 0, "probes on trial when it is decided")
			subject.pauses(4)
			sonde.settled()
			sonde.stop()
		found = tape_pauses(os.path.join(path, "tape"))
		equal([p.detail for p in found], [0, 1, 0, 1], "pauses since, and what was noted of each")


@test
def silence_alone_changes_nothing():
	with folder() as path, Subject(build(path)) as subject:
		with watching(subject.pid, path) as sonde:
			until_probes(sonde, 2)
			equal(subject.ask("spin 10500"), "done", "CPU time")
			until_probes(sonde, 3, "trial")
			subject.pauses(1)
			until_probes(sonde, 0, "trial")
			equal(hooks(sonde), {("nodejs-gc", "callbacks", "")}, "hooks")
			sonde.stop()
		equal(len(tape_pauses(os.path.join(path, "tape"))), 1, "pauses")


@test
def a_new_worker_is_told_again():
	with folder() as path, Subject(build(path)) as subject:
		with watching(subject.pid, path) as sonde:
			until(lambda: hooks(sonde), "hooks")
			os.kill(processes_of(sonde)[-1], 9)
			until(lambda: sonde.is_ready() and sonde.metrics().sum("sonde_worker_restarts_total") == 1
			      and hooks(sonde), "hooks told to a new worker")
			sonde.stop()
