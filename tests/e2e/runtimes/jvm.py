# SPDX-License-Identifier: Apache-2.0
"""jvm.py - HotSpot: each pause of its collectors, and each safepoint, beside -Xlog:gc*,safepoint."""

import json
import os
import re
import subprocess

from lib import Skipped
from subject import PROGRAMS, Bar, Event, Variant, truth_of
from versions import jdks, on_path

# [63277933279620ns][gc      ] GC(372) Pause Full (System.gc()) 65M->24M(90M) 4.543ms
_PAUSE = re.compile(r"^\[(\d+)ns\]\[gc(?:,phases)? *\] GC\(\d+\) (?:[YyOo]: )?Pause .* ([\d.]+)ms$")
# [...ns][safepoint  ] Safepoint "G1CollectFull", Time since last: 1 ns, ... Total: 5 ns...
_SAFEPOINT = re.compile(r"^\[(\d+)ns\]\[safepoint *\] Safepoint \"\w+\", .*At safepoint: (\d+) ns, .*Total: (\d+) ns")
LOG = "gc.log"

STOPPING = Bar(share=0.01, ns=80_000, each=True)
CONCURRENT = Bar(ns=30_000, each=True)
COLLECTORS = {"G1": STOPPING, "Parallel": STOPPING, "Serial": STOPPING, "Z": CONCURRENT, "Shenandoah": CONCURRENT}


def events_of(log, began_ns, joined=True):
	"""
	Pauses and safepoints. Where they are `joined`, pauses that share a safepoint are one: a young
	collection that became a full one is two lines and one pause, but where the collector begins anew.
	"""
	inside = []
	for line in log:
		pause, safepoint = _PAUSE.match(line), _SAFEPOINT.match(line)
		if pause and int(pause[1]) > began_ns:
			duration = round(float(pause[2]) * 1e6)
			inside.append((int(pause[1]) - duration, int(pause[1])))
		if safepoint and int(safepoint[1]) > began_ns:
			ended, total = int(safepoint[1]), int(safepoint[3])
			yield Event("safepoint", ended - total, total)
			if inside and joined:
				inside = [(min(began for began, _ in inside), max(end for _, end in inside))]
			yield from (Event("gc", began, end - began) for began, end in inside)
			inside = []


def truth(said, folder, joined):
	with open(os.path.join(folder, LOG), encoding="ascii") as log:
		return truth_of(events_of(log, json.loads(said)["began"], joined))


GC, SAFEPOINT = 1, 2


def event_kind(kind, _detail, _text):
	return {GC: "gc", SAFEPOINT: "safepoint"}.get(kind)


def fold(kind):
	return kind if kind == "safepoint" else "gc"


def begins_anew(collector, version):
	"""Whether a young collection that becomes a full one is two of gc__begin: so seen with 17, 21 and 25."""
	return collector == "G1" or (collector == "Serial" and int(version.split(".")[0]) > 21)


def command(folder, java, collector):
	compiler = on_path("javac")
	if not compiler:
		raise Skipped("javac is not installed")
	subprocess.run([compiler[0], "--release", "17", "-d", folder, os.path.join(PROGRAMS, "Jvm.java")], check=True)
	return [java, "-Xmx%dm" % (96 if COLLECTORS[collector] is STOPPING else 256), "-XX:+Use%sGC" % collector,
		"-Xlog:gc*,safepoint:file=%s:tn,tags" % LOG, "-cp", folder, "Jvm"]


def variants(more=False):
	for version, java in jdks(more):
		for collector, bar in COLLECTORS.items():
			yield Variant("jvm", version, collector,
				      lambda folder, j=java, c=collector: command(folder, j, c),
				      lambda said, folder, n=begins_anew(collector, version): truth(said, folder, not n), bar,
				      event_kind=event_kind, fold=fold, uncompared=("safepoint",))
