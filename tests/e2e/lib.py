# SPDX-License-Identifier: Apache-2.0
"""
lib.py - what the end-to-end suites share: tests, processes, a running sonde.

	@test
	def a_claim():
		with Sonde("--watch.pid=%d" % pid) as sonde:
			...
			check(len(sonde.finish(1)) == 1, "one span")

A suite's `run` ends with main(): it runs the tests whose names contain an
argument (all, without one) and prints "N passed, N failed, N skipped" last. Only
one sonde may run on a host, so a suite holds a lock as long as it runs. $SONDE
is the binary (build/sonde). Whatever a test starts through here ends with it.
"""

import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
SONDE = os.path.realpath(os.environ.get("SONDE", os.path.join(ROOT, "build/sonde")))
# An emulated machine is this much slower; it scales deadlines and nothing else.
SLOW = float(os.environ.get("SLOW", "1"))
DEADLINE_S = 10 * SLOW
# Holds a burst of spans: sonde drops what its reader leaves unread for long.
PIPE_BYTES = 1 << 20

# Where the kernel skips hooks: what is missing is counted, not there.
MISSED = os.environ.get("MISSED") == "counted"

tests = []


class Failed(Exception):
	pass


class Skipped(Exception):
	pass


def test(function):
	tests.append((function.__name__, function))
	return function


def check(holds, said):
	if not holds:
		raise Failed(said)


def equal(have, want, what):
	check(have == want, "%s: have %r, want %r" % (what, have, want))


def until(condition, what, seconds=None):
	"""The condition's first true value; fails after the deadline."""
	end = time.monotonic() + (seconds * SLOW if seconds else DEADLINE_S)
	while True:
		value = condition()
		if value:
			return value
		check(time.monotonic() < end, "waited too long: " + what)
		time.sleep(0.01)


def free_port():
	with socket.socket() as s:
		s.bind(("127.0.0.1", 0))
		return s.getsockname()[1]


def is_open(port):
	with socket.socket() as s:
		return s.connect_ex(("127.0.0.1", port)) == 0


def end_process(process, by=signal.SIGTERM):
	"""End a Popen; it is killed when it does not end."""
	if process.poll() is None:
		process.send_signal(by)
	try:
		return process.wait(DEADLINE_S)
	except subprocess.TimeoutExpired:
		process.kill()
		return process.wait()


@contextlib.contextmanager
def running(arguments, **options):
	options.setdefault("stdin", subprocess.DEVNULL)
	process = subprocess.Popen(arguments, **options)
	try:
		yield process
	finally:
		end_process(process)


_SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics:
	"""One scrape: samples as (name, labels, value)."""

	def __init__(self, text):
		self.text = text
		self.samples = []
		for line in text.splitlines():
			found = _SAMPLE.match(line)
			if found:
				labels = dict(_LABEL.findall(found[2] or ""))
				self.samples.append((found[1], labels, float(found[3])))

	def sum(self, name, **labels):
		return sum(v for n, has, v in self.samples if n == name
			   and all(has.get(k) == want for k, want in labels.items()))

	def residuals(self):
		"""What of each stage is neither out, lost nor inside, where it is not 0."""
		found = {}
		for name, labels, value in self.samples:
			if name == "sonde_in_total":
				stage = labels["stage"]
				found[stage] = value - sum(self.sum(n, stage=stage) for n in (
					"sonde_out_total", "sonde_lost_total", "sonde_inside"))
		check(len(found) == 5, "five stages in the ledger, not %s" % found)
		return {stage: value for stage, value in found.items() if value}

	def lost(self):
		return {(has["stage"], has["reason"]): v for n, has, v in self.samples
			if n == "sonde_lost_total" and v}


class Sonde:
	"""A sonde that watches what its arguments say, with its spans read as they come."""

	def __init__(self, *arguments, console="json", stdout=None):
		self.port = free_port()
		self.command = [SONDE, "--web.listen-address=127.0.0.1:%d" % self.port,
				"--console.format=" + console, *arguments]
		self.lines = []
		self.stderr = tempfile.TemporaryFile()
		self.process = None

	def _start(self):
		self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
						stdout=subprocess.PIPE, stderr=self.stderr,
						pipesize=PIPE_BYTES)
		try:
			until(self.is_ready, "sonde is ready")
		except Failed as failed:
			end_process(self.process)
			raise Failed("%s; it said: %s" % (failed, self.said()))

	def _wait_for_another(self):
		"""The host's own sonde, or another's that is being tried: until it is gone."""
		other = re.search(r"another sonde .* pid=(\d+)", self.said())
		if not other:
			return False
		until(lambda: not os.path.exists("/proc/" + other[1]), "the end of " + other[0], 300)
		self.stderr.seek(0)
		self.stderr.truncate(0)
		return True

	def __enter__(self):
		while True:
			try:
				self._start()
				break
			except Failed:
				if not self._wait_for_another():
					raise
		self.reader = threading.Thread(target=self._read, daemon=True)
		self.reader.start()
		return self

	def __exit__(self, *error):
		if self.process.poll() is None:
			end_process(self.process)
		if error[0] and self.said():
			print("  sonde said: " + self.said()[-2000:].replace("\n", "\n  "))

	def _read(self):
		for line in self.process.stdout:
			self.lines.append(line)

	def get(self, path):
		url = "http://127.0.0.1:%d%s" % (self.port, path)
		with urllib.request.urlopen(url, timeout=DEADLINE_S) as answer:
			return answer.read().decode()

	def is_ready(self):
		check(self.process.poll() is None, "sonde ended with %s" % self.process.poll())
		try:
			return self.get("/-/ready")
		except OSError:
			return None

	def said(self):
		# Not by seeking: sonde writes where the file they share stands.
		return os.pread(self.stderr.fileno(), 1 << 24, 0).decode(errors="replace")

	def metrics(self):
		return Metrics(self.get("/metrics"))

	def spans(self):
		return [json.loads(line) for line in list(self.lines)]

	def settled(self):
		"""
		The metrics once every stage of the ledger adds up and what was in the rings is out, two
		seconds from now at most. The rings need not be empty: where this process is watched too,
		its own asking is always in them.
		"""
		end = time.monotonic() + 2 * SLOW
		made = None
		while True:
			m = self.metrics()
			wrong = m.residuals()
			if made is None:
				made = m.sum("sonde_in_total", stage="ring")
			if not wrong and made <= m.sum("sonde_out_total", stage="ring") + m.sum("sonde_lost_total", stage="ring"):
				return m
			check(time.monotonic() < end, "the ledger does not add up: %s, %d records in the rings"
			      % (wrong, m.sum("sonde_inside", stage="ring")))
			time.sleep(0.05)

	def until_metric(self, want, name, **labels):
		def reached():
			m = self.metrics()
			return m if m.sum(name, **labels) >= want else None
		return until(reached, "%s %s of %s" % (name, labels, want))

	def stop(self, want=0):
		status = end_process(self.process)
		self.reader.join(DEADLINE_S)
		equal(status, want, "sonde's exit status")

	def finish(self, count):
		"""All spans by their start, which must be `count`; the ledger adds up, nothing is lost."""
		end = time.monotonic() + DEADLINE_S
		while len(self.lines) < count and time.monotonic() < end:
			time.sleep(0.01)
		self.last = self.settled()
		self.stop()
		spans = sorted(self.spans(), key=lambda span: span["start_unix_nano"])
		check(len(spans) == count, "%d spans, want %d: %s" % (len(spans), count,
			[(s["name"], s["attributes"]) for s in spans][:3]))
		equal(self.last.lost(), {}, "lost")
		return spans


def children(pid):
	with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
		return [int(word) for word in f.read().split()]


def worker_of(sonde):
	def find():
		return [pid for spawner in children(sonde.process.pid) for pid in children(spawner)]
	return until(find, "a worker")[0]


def all_counted(m, have, want, what):
	"""
	As many as there were and nothing lost. With $MISSED=counted, where the kernel skips the hooks
	of tasks that it preempts, what is missing is counted: a connection whose first hook was
	skipped, and whose listener was not marked, looks as if it had been joined in its middle.
	"""
	lost = m.sum("sonde_requests_lost_total")
	late = m.sum("sonde_requests_joined_late_total")
	if MISSED:
		print("%s: %d of %d, %d lost, %d joined late; %d hooks skipped" % (
			what, have, want, lost, late, m.lost().get(("hook", "missed"), 0)))
		check(have <= want <= have + lost + late,
		      "%d %s are missing and not counted" % (want - have - lost - late, what))
		return
	equal(m.lost(), {}, "lost")
	equal(lost, 0, "requests lost")
	equal(have, want, what)


def _run_one(name, function):
	started = time.monotonic()
	try:
		function()
		verdict = "ok"
	except Skipped as why:
		verdict = "skip"
		print("SKIP %s: %s" % (name, why))
	except Exception as error:
		verdict = "FAIL"
		print("FAIL %s: %s" % (name, error))
		if not isinstance(error, Failed):
			traceback.print_exc()
	if os.environ.get("V"):
		print("%s %s (%.1f s)" % (verdict, name, time.monotonic() - started))
	sys.stdout.flush()
	return verdict


def alone():
	"""As root, and with the right to run sonde on this host until what it gives is closed."""
	if os.geteuid():
		os.execvp("sudo", ["sudo", "-E", *sys.argv])
	lock = open(os.path.join(tempfile.gettempdir(), "sonde-e2e.lock"), "a")
	fcntl.flock(lock, fcntl.LOCK_EX)
	return lock


def main():
	lock = alone()
	wanted = sys.argv[1:]
	verdicts = [_run_one(name, function) for name, function in tests
		    if not wanted or any(word in name for word in wanted)]
	print("%d passed, %d failed, %d skipped" % (
		verdicts.count("ok"), verdicts.count("FAIL"), verdicts.count("skip")))
	lock.close()
	sys.exit(verdicts.count("FAIL") > 0)
