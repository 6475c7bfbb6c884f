# SPDX-License-Identifier: Apache-2.0
"""cpython.py - CPython: its collections beside gc.callbacks, and their number beside gc.get_stats()."""

import json
import os

from subject import PROGRAMS, Event, Variant, truth_of
from versions import cpythons

GC, GIL = 1, 2


def truth(said, _folder):
	said = json.loads(said)
	seen = truth_of(Event(*event) for event in said["events"])
	# Each collection went through the callbacks, or the program is wrong.
	assert seen.counts == said["counts"], (seen.counts, said["counts"])
	return seen


def event_kind(kind, detail, _text):
	return "gen%d" % detail if kind == GC and detail <= 2 else "collection" if kind == GC else "gil"


def variants(more=False):
	for version, program in cpythons(more):
		command = [program, os.path.join(PROGRAMS, "cpython.py")]
		yield Variant("cpython", version, "", lambda _, c=command: c, truth, event_kind=event_kind)
