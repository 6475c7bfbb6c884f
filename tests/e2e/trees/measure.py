# SPDX-License-Identifier: Apache-2.0
"""
measure.py - one row of the table measured: its hops started, watched, driven and judged.

With a folder to record into, the row's tape and what is needed to judge it stay there; judge_tape()
then does without a kernel.
"""

import contextlib
import dataclasses
import json
import os
import subprocess
import tempfile
import time

from beside import collected
from drive import context_of, requests_of
from hops import PYTHON, Hop
from judge import Judge, JudgeBeside, Verdict
from lib import SONDE, Sonde, check, equal, free_port, is_open, running, until

HERE = os.path.dirname(os.path.abspath(__file__))
QUIET_S = 1
# Requests that go before those of a concurrency, so many for each that is under way at once: they
# fill the pools of the programs, and show what kind of program it is. How long that takes depends on
# the machine, so of them it is asked only that nothing is wrong, or what holds from the first on.
WARMING = 2
_WARM, _COLD = "c", "w"  # how ids begin
COUNTERS = ("sonde_links_total", "sonde_lost_total", "sonde_requests_", "sonde_trace_", "sonde_heads_cut_total",
	    "sonde_unreported_bytes_total", "sonde_healed_bytes_total", "sonde_connections_evicted_total",
	    "sonde_console_lines_total")


def _plan(row, folder):
	"""The hops of a row, the entry first, none of them started."""
	hops, after = [], None
	for number in range(len(row.kinds), 0, -1):
		name = "hop%d" % number
		here = os.path.join(folder, name)
		os.mkdir(here, 0o755)
		after = Hop(name, free_port(), here, after)
		if row.by_socket and number == len(row.kinds):
			after.socket = os.path.join(here, "socket")
		hops.insert(0, after)
	return hops


@contextlib.contextmanager
def _started(row, hops, environment):
	"""Start them, the last first; gives their pids."""
	with contextlib.ExitStack() as stack:
		pids = []
		for hop, kind in reversed(list(zip(hops, row.kinds))):
			what = "%s of %s" % (hop.name, row.name)
			command = kind(hop)
			process = stack.enter_context(running(command, umask=0, cwd=hop.folder, stdout=subprocess.DEVNULL,
							      env={**os.environ, **environment, **hop.environment, "OTEL_SERVICE_NAME": hop.name}))
			until(lambda: process.poll() is not None or is_open(hop.port), what + " listens", 60)
			check(process.poll() is None, "%s ended: %s" % (what, command))
			pids.append(process.pid)
		yield pids


def _services(hops, path):
	"""A configuration that names each hop by its port."""
	with open(path, "w", encoding="ascii") as to:
		to.write("services:\n")
		to.writelines("- port: %d\n  name: %s\n" % (hop.port, hop.name) for hop in hops)
	return path


def _until_there(have, count):
	"""As many spans as there should be, or no more of them for a second."""
	seen, since = 0, time.monotonic()
	while have() < count and time.monotonic() - since < QUIET_S:
		if have() > seen:
			seen, since = have(), time.monotonic()
		time.sleep(0.02)


@dataclasses.dataclass
class Verdicts:
	"""On those that were sent to warm programs, and to fill their pools, by concurrency."""
	warm: dict
	cold: dict
	background: Verdict  # on what no request caused; may be of nothing
	counted: dict = None  # what sonde counted that bears on parents; None: of a tape

	def all(self):
		"""(concurrency, is it cold, verdict)"""
		for is_cold, found in ((True, self.cold), (False, self.warm)):
			yield from ((concurrency, is_cold, verdict) for concurrency, verdict in found.items())
		if self.background.root.all():
			yield "background", False, self.background


def _judged(judge, row, sent, prefix):
	found = {}
	for concurrency, count in sent:
		ids = requests_of(concurrency, count, prefix)
		headers = {i: context_of(i) for i in ids} if row.sends_context else None
		found[concurrency] = judge.judge(ids, headers, row.may_not_call)
	return found


def verdicts(row, truth, spans):
	judge = JudgeBeside(spans, truth["others"], truth["hops"]) if row.has_sdk else Judge(spans, truth["hops"])
	return Verdicts(_judged(judge, row, truth["sent"], _WARM), _judged(judge, row, truth.get("warming", ()), _COLD),
			judge.background())


def _send(row, port, concurrency, count, prefix):
	command = [PYTHON, os.path.join(HERE, "drive.py"), str(port), str(concurrency), str(count), prefix]
	if row.sends_context:
		command.append("traceparent")
	said = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
	equal(said.returncode, 0, "exit status of the driver of %s at %d, which says %s" % (row.name, concurrency, said.stderr))


def _drive(row, hops, sonde, count, concurrencies):
	"""Send all, and wait for the spans of what was sent before what comes next."""
	wanted = 0
	for concurrency in concurrencies:
		for prefix, some in ((_COLD, WARMING * concurrency), (_WARM, count)):
			_send(row, hops[0].port, concurrency, some, prefix)
			wanted += some * (2 * len(hops) - 1)
			_until_there(lambda: len(sonde.lines), wanted)


def counted(metrics):
	"""What sonde counted that bears on parents, without what is 0."""
	return {name + str(sorted((k, v) for k, v in has.items() if not k.startswith("otel_"))): value
		for name, has, value in metrics.samples if value and name.startswith(COUNTERS)}


def _watch(row, hops, pids, options, count, concurrencies):
	"""(what sonde counted, its spans)"""
	with Sonde("--watch.pid=" + ",".join(map(str, pids)), *options) as sonde:
		_drive(row, hops, sonde, count, concurrencies)
		last = sonde.settled()
		sonde.stop()
		equal(last.lost(), {}, "lost")
		equal(last.sum("sonde_console_lines_total", outcome="dropped"), 0, "spans dropped")
		return counted(last), sonde.spans()


def _collected(collector, count):
	"""(sonde's spans, the SDK's) in the Collector's file when those of all requests are there."""
	_until_there(lambda: min(map(len, collected(collector))), count)
	return collected(collector)


def _keep(record, truth):
	with open(os.path.join(record, truth["row"] + ".json"), "w", encoding="ascii") as to:
		json.dump(truth, to)


@contextlib.contextmanager
def _folder():
	"""One that workers without privileges can look into."""
	with tempfile.TemporaryDirectory(prefix="sonde-trees-") as folder:
		os.chmod(folder, 0o755)
		yield folder


@contextlib.contextmanager
def chain(row, environment=None):
	"""A row's hops while they run: (the hops, their pids in the same order, options that name them)."""
	with _folder() as folder:
		hops = _plan(row, folder)
		services = _services(hops, os.path.join(folder, row.name + ".yaml"))
		with _started(row, hops, environment or {}) as pids:
			yield hops, pids[::-1], ["--config.file=" + services]


def measure(row, count, concurrencies, record=None):
	"""Start, drive and judge a row."""
	sent = [(concurrency, count) for concurrency in concurrencies]
	warming = [(concurrency, WARMING * concurrency) for concurrency in concurrencies]
	with _folder() as folder, row.beside(folder) as beside:
		hops = _plan(row, folder)
		services = _services(hops, os.path.join(record or folder, row.name + ".yaml"))
		options = ["--config.file=" + services, *beside.options]
		if record:
			options.append("--tape.record=" + os.path.join(record, row.name + ".tape"))
		with _started(row, hops, beside.environment) as pids:
			said, spans = _watch(row, hops, pids, options, count, concurrencies)
			others = ()
			if row.has_sdk:
				spans, others = _collected(beside.collector, sum(some for _, some in sent + warming) * (2 * len(hops) - 1))
		truth = {"row": row.name, "hops": [hop.name for hop in hops], "sent": sent, "warming": warming, "others": others}
		if record:
			_keep(record, truth)
		return dataclasses.replace(verdicts(row, truth, spans), counted=said)


def judge_tape(row, folder):
	"""The same judgement on what `sonde replay` makes of a row's tape."""
	place = os.path.join(folder, row.name)
	with open(place + ".json", encoding="ascii") as kept:
		truth = json.load(kept)
	said = subprocess.run([SONDE, "replay", place + ".tape", "--console.format=json", "--config.file=" + place + ".yaml"],
			      capture_output=True, text=True, check=False)
	equal(said.returncode, 0, "exit status of the replay, which says " + said.stderr)
	return verdicts(row, truth, [json.loads(line) for line in said.stdout.splitlines()])
