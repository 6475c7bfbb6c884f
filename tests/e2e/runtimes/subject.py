# SPDX-License-Identifier: Apache-2.0
"""subject.py - a program of programs/ as it runs, and the truth about its pauses."""

import contextlib
import os
import subprocess
import tempfile
import threading
from typing import Callable, NamedTuple

from lib import SLOW, check, end_process

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
LONGEST_S = 60 * SLOW


class Event(NamedTuple):
	"""One pause; times are CLOCK_MONOTONIC."""
	kind: str
	began_ns: int
	duration_ns: int


class Truth(NamedTuple):
	"""What the runtime said: counts and sums by kind, and the events, or none where it tells of none."""
	counts: dict
	sums_ns: dict
	events: list


class Bar(NamedTuple):
	"""What is asked besides equal counts: each pause, or the sum, within the larger of the two."""
	share: float = None
	ns: int = 0
	each: bool = False


class Variant(NamedTuple):
	"""One way to run a program: a version of its runtime, a collector, a way to build it."""
	runtime: str  # label of sonde_pause_seconds
	version: str
	flavour: str
	command: Callable  # folder -> arguments
	truth: Callable  # (what it said, folder) -> Truth
	bar: Bar = Bar()
	environment: dict = {}
	event_kind: Callable = None  # (kind, detail, text) of a record -> kind as in Truth; None: no pause
	fold: Callable = str  # kind in the metric -> kind as in Truth
	uncompared: tuple = ()  # kinds of which only the counts are compared

	@property
	def name(self):
		return " ".join(word for word in (self.runtime, self.version, self.flavour) if word)


def truth_of(events):
	events = sorted(events, key=lambda event: event.began_ns)
	counts, sums = {}, {}
	for event in events:
		counts[event.kind] = counts.get(event.kind, 0) + 1
		sums[event.kind] = sums.get(event.kind, 0) + event.duration_ns
	return Truth(counts, sums, events)


class Subject:
	"""A running program, at its first quiet moment."""

	def __init__(self, variant, folder):
		self.variant, self.folder = variant, folder
		self.log = open(os.path.join(folder, "stderr"), "wb")
		self.process = subprocess.Popen(variant.command(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
						stderr=self.log, text=True, cwd=folder,
						env=dict(os.environ, **variant.environment))
		self.pid = self.process.pid
		self.guard = threading.Timer(LONGEST_S, self.process.kill)
		self.guard.start()
		check(self._line() == "ready", variant.name + " is ready")

	def _line(self):
		line = self.process.stdout.readline()
		check(line, "%s ended: %s" % (self.variant.name, self.errors()[-500:]))
		return line.strip()

	def errors(self):
		with open(os.path.join(self.folder, "stderr"), encoding="utf-8", errors="replace") as f:
			return f.read()

	def work(self):
		"""What it says when it has worked, to be read as its module does."""
		self.process.stdin.write("\n")
		self.process.stdin.flush()
		return self._line()

	def close(self):
		self.process.stdin.close()
		end_process(self.process)
		self.guard.cancel()
		self.process.stdout.close()
		self.log.close()


@contextlib.contextmanager
def started(variant):
	with tempfile.TemporaryDirectory(prefix="sonde-runtime-") as folder:
		subject = Subject(variant, folder)
		try:
			yield subject
		finally:
			subject.close()
