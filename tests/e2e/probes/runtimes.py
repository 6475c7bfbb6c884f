# SPDX-License-Identifier: Apache-2.0
"""runtimes.py - Node.js and CPython as they are installed: counted as they count themselves."""

import json
import os
import shutil
import subprocess
from collections import Counter

from lib import Skipped, Sonde, check, end_process, equal, test, until
from subjects import folder, hooks, tape_pauses

NODE = """
const { PerformanceObserver } = require('perf_hooks');
const now = () => Number(process.hrtime.bigint());
const base = now() - performance.now() * 1e6, entries = [];
let kept = [], began = 0;
new PerformanceObserver((list) => entries.push(...list.getEntries())).observe({ entryTypes: ['gc'] });
process.stdin.on('data', (line) => {
	if (String(line).startsWith('begin')) { began = now(); return; }
	const ended = now(), counts = {};
	clearInterval(work);
	setTimeout(() => {
		for (const e of entries)
			if (base + e.startTime * 1e6 >= began && base + e.startTime * 1e6 <= ended)
				counts[e.detail.kind] = (counts[e.detail.kind] || 0) + 1;
		console.log(JSON.stringify({ counts, began, ended }));
		process.exit();
	}, 300);
});
const work = setInterval(() => {
	if (!began) return;
	for (let i = 0; i < 2000; i++) kept.push(new Array(50).fill(i));
	if (kept.length > 60000) kept = [];
}, 10);
console.log('ready');
"""

PYTHON = """
import gc, json, sys, time
counts = {}
def count(phase, info):
	if phase == 'stop':
		counts[info['generation']] = counts.get(info['generation'], 0) + 1
print('ready', flush=True)
sys.stdin.readline()
gc.callbacks.append(count)
began = time.monotonic_ns()
kept = []
for i in range(300000):
	kept.append([i])
	if i % 50000 == 0:
		gc.collect()
		kept = []
gc.disable()
print(json.dumps({'counts': counts, 'began': began, 'ended': time.monotonic_ns()}), flush=True)
sys.stdin.readline()
"""


def counted(arguments, program, hook, stop):
	"""What the program counted, and the pauses that sonde put on its tape meanwhile."""
	with folder() as path:
		copy = os.path.join(path, os.path.basename(arguments[0]))
		shutil.copy(os.path.realpath(arguments[0]), copy)
		with open(os.path.join(path, "program"), "w", encoding="utf-8") as f:
			f.write(program)
		process = subprocess.Popen([copy, f.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
					   text=True, bufsize=1, env=dict(os.environ, PYTHONHOME="/usr"))
		try:
			equal(process.stdout.readline().strip(), "ready", "the program")
			with Sonde("--watch.pid=%d" % process.pid,
				   "--tape.record=" + os.path.join(path, "tape")) as sonde:
				until(lambda: hook in hooks(sonde), "hooks %s, not %s" % (hook, hooks(sonde)))
				process.stdin.write("begin\n")
				if stop:
					until(lambda: sonde.metrics().sum("sonde_out_total", stage="ring") >= 20,
					      "20 pauses")
					process.stdin.write("stop\n")
				said = json.loads(process.stdout.readline())
				m = sonde.settled()
				equal(m.sum("sonde_probe_lost_total", cause="fault"), 0, "arguments not read")
				sonde.stop()
			return said, [p for p in tape_pauses(os.path.join(path, "tape"))
				      if said["began"] <= p.began_ns and p.at_ns <= said["ended"]]
		finally:
			process.stdin.close()
			end_process(process)


def same_counts(said, pauses):
	check(len(pauses) >= 5, "pauses: %d" % len(pauses))
	equal(Counter(str(p.detail) for p in pauses), said["counts"], "pauses by kind")


@test
def node_counts_as_many_collections():
	if not shutil.which("node"):
		raise Skipped("no node")
	same_counts(*counted([shutil.which("node")], NODE, ("nodejs-gc", "callbacks", ""), True))


@test
def python_with_marks_counts_as_many_collections():
	if not os.path.exists("/usr/bin/python3"):
		raise Skipped("no python3")
	same_counts(*counted(["/usr/bin/python3"], PYTHON, ("cpython-gc", "usdt", ""), False))
