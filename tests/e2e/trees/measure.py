# SPDX-License-Identifier: Apache-2.0
"""
measure.py - one row of the table measured: its hops started, watched, driven and judged.

With a folder to record into, the row's tape and what is needed to judge it stay there; judge_tape()
then does without a kernel.
"""

import contextlib
import json
import os
import subprocess
import tempfile
import time

from drive import context_of, drive
from hops import Hop
from judge import Judge
from lib import SONDE, Failed, Sonde, check, equal, free_port, is_open, running, until

QUIET_S = 1


def requests_of(concurrency, count):
	return ["c%dn%d" % (concurrency, number) for number in range(count)]


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
def _started(row, hops):
	"""Start them, the last first; gives their pids."""
	with contextlib.ExitStack() as stack:
		pids = []
		for hop, kind in reversed(list(zip(hops, row.kinds))):
			command = kind(hop)
			environment = {**os.environ, **hop.environment}
			process = stack.enter_context(running(command, env=environment, umask=0, cwd=hop.folder))
			until(lambda: process.poll() is not None or is_open(hop.port), "%s of %s listens" % (hop.name, row.name), 60)
			check(process.poll() is None, "%s of %s ended: %s" % (hop.name, row.name, command))
			pids.append(process.pid)
		yield pids


def _services(hops, folder):
	"""A configuration that names each hop by its port."""
	path = os.path.join(folder, "sonde.yaml")
	with open(path, "w", encoding="ascii") as to:
		to.write("services:\n")
		to.writelines("- port: %d\n  name: %s\n" % (hop.port, hop.name) for hop in hops)
	return path


def _until_there(sonde, count):
	"""As many spans as there should be, or no more of them for a second."""
	seen, since = 0, time.monotonic()
	while len(sonde.lines) < count and time.monotonic() - since < QUIET_S:
		if len(sonde.lines) > seen:
			seen, since = len(sonde.lines), time.monotonic()
		time.sleep(0.02)


def _truth(row, hops, sent):
	return {"row": row.name, "hops": [hop.name for hop in hops], "sent": sent}


def verdicts(row, truth, spans):
	"""{concurrency: verdict}, and under "background" what no request caused, if there is any."""
	judge = Judge(spans, truth["hops"])
	found = {}
	for concurrency, count in truth["sent"]:
		ids = requests_of(concurrency, count)
		headers = {i: context_of(i) for i in ids} if row.sends_context else None
		found[concurrency] = judge.judge(ids, headers, row.may_not_call)
	background = judge.background()
	if background.root.all():
		found["background"] = background
	return found


def _options(row, folder, record):
	if not record:
		return []
	os.makedirs(record, exist_ok=True)
	return ["--tape.record=" + os.path.join(record, row.name + ".tape")]


def measure(row, count, concurrencies, record=None):
	"""Start, drive and judge a row."""
	with tempfile.TemporaryDirectory(prefix="sonde-trees-") as folder:
		os.chmod(folder, 0o755)
		hops = _plan(row, folder)
		services = _services(hops, record or folder) if record else _services(hops, folder)
		with _started(row, hops) as pids, \
		     Sonde("--watch.pid=" + ",".join(map(str, pids)), "--config.file=" + services,
			   *_options(row, folder, record)) as sonde:
			sent = []
			for concurrency in concurrencies:
				drive(hops[0].port, requests_of(concurrency, count), concurrency, row.sends_context)
				sent.append((concurrency, count))
				_until_there(sonde, len(sent) * count * (2 * len(hops) - 1))
			last = sonde.settled()
			sonde.stop()
			equal(last.lost(), {}, "lost")
			equal(last.sum("sonde_console_lines_total", outcome="dropped"), 0, "spans dropped")
			spans = sonde.spans()
		truth = _truth(row, hops, sent)
		if record:
			with open(os.path.join(record, row.name + ".json"), "w", encoding="ascii") as to:
				json.dump(truth, to)
		return verdicts(row, truth, spans)
