# SPDX-License-Identifier: Apache-2.0
"""measure.py - one variant's pauses: what it said, and what sonde saw, from its first quiet moment on."""

import contextlib
import json
import os
import subprocess
import time
from typing import NamedTuple

import probe
from lib import SONDE, Failed, Sonde, check, equal, until
from subject import Truth, started, truth_of


class Measured(NamedTuple):
	"""One run of a variant."""
	truth: Truth
	probe: probe.Probe
	runtimes: list  # as `sonde explain` tells of it
	hooks: dict  # {hook: (flavour, reason)}, as sonde_hook_info says
	changed: int  # bytes of its code that were not the file's, while it was watched
	left: int  # and after


def hooks_of(metrics, runtime):
	return {has["hook"]: (has["flavour"], has.get("reason", "")) for name, has, _ in metrics.samples
		if name == "sonde_hook_info" and has["hook"].startswith(runtime + "-")}


def until_attached(sonde, runtime):
	"""{hook: (flavour, reason)}, once its collections have hooks, or a reason for none."""
	def told():
		hooks = hooks_of(sonde.metrics(), runtime)
		return hooks if runtime + "-gc" in hooks else None
	return until(told, "hooks of " + runtime)


def explained(pid):
	said = subprocess.run([SONDE, "explain", str(pid), "--json"], capture_output=True, text=True, check=False)
	equal(said.returncode, 0, "exit status of explain, which says " + said.stderr)
	return json.loads(said.stdout)["process"]["runtimes"]


def _code(pid):
	with open("/proc/%d/maps" % pid, encoding="utf-8") as f:
		for line in f:
			words = line.split(maxsplit=5)
			if words[1] == "r-xp" and len(words) == 6 and words[5].startswith("/"):
				first, last = (int(word, 16) for word in words[0].split("-"))
				yield first, last - first, int(words[2], 16), words[5].rstrip("\n")


def changed_bytes(pid):
	"""How many bytes of a process's code are not those of the files that they were mapped from."""
	changed = 0
	with open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
		for address, length, offset, path in _code(pid):
			with open(path, "rb") as f:
				want = os.pread(f.fileno(), length, offset)
			have = os.pread(memory.fileno(), len(want), address)
			check(len(have) == len(want), "the code of " + path)
			changed += 0 if have == want else sum(a != b for a, b in zip(have, want))
	return changed


def left_bytes(pid):
	"""After sonde: the kernel takes out probes of a process that ended by itself, and not at once."""
	with contextlib.suppress(Failed):
		until(lambda: changed_bytes(pid) == 0, "nothing is changed any more")
	return changed_bytes(pid)


def within(truth, began_ns, ended_ns):
	"""Without what a runtime did by itself while it should have been quiet."""
	if not truth.events:
		return truth
	return truth_of(e for e in truth.events if began_ns <= e.began_ns and e.began_ns + e.duration_ns <= ended_ns)


def measure(variant):
	with started(variant) as subject:
		tape = os.path.join(subject.folder, "tape")
		equal(changed_bytes(subject.pid), 0, "changed bytes before it is watched")
		with Sonde("--watch.pid=%d" % subject.pid, "--tape.record=" + tape, console="off") as sonde:
			hooks = until_attached(sonde, variant.runtime)
			changed = changed_bytes(subject.pid)
			before, began_ns = sonde.settled(), time.monotonic_ns()
			said = subject.work()
			metrics, ended_ns = sonde.settled(), time.monotonic_ns()
			runtimes = explained(subject.pid)
			sonde.stop()
		left = left_bytes(subject.pid)
		truth = within(variant.truth(said, subject.folder), began_ns, ended_ns)
		name_of = variant.event_kind or (lambda *_: None)
		seen = probe.grown(probe.of(before, variant.runtime, variant.fold), probe.of(metrics, variant.runtime, variant.fold))
		events = within(truth_of(probe.pauses_on(tape, subject.pid, name_of)), began_ns, ended_ns).events
		return Measured(truth, probe.Probe(*seen, events, metrics.lost()), runtimes, hooks, changed, left)
