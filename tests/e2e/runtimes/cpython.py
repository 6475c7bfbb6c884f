# SPDX-License-Identifier: Apache-2.0
"""cpython.py - CPython: its collections beside gc.callbacks, and their number beside gc.get_stats()."""

import json
import os

from subject import PROGRAMS, Event, Variant, truth_of
from versions import cpythons

GC, GC_ANY, GIL, GC_ASKED = 1, 2, 3, 4
# Those whose collections cannot be told apart from outside: no argument says their generation.
UNTOLD = ((3, 8), (3, 13))


def truth(said, _folder):
	said = json.loads(said)
	seen = truth_of(Event(*event) for event in said["events"])
	# Each collection went through the callbacks, or the program is wrong.
	assert seen.counts == said["counts"], (seen.counts, said["counts"])
	return seen


def event_kind(kind, detail, _text):
	return "gen%d" % detail if kind == GC else None


def all_alike(kind):
	return kind if kind == "gil" else "collection"


def untold_truth(said, folder):
	return truth_of(event._replace(kind="collection") for event in truth(said, folder).events)


def untold_event_kind(kind, detail, _text):
	return "collection" if kind in (GC, GC_ANY) or (kind == GC_ASKED and detail == 1) else None


def variants(more=False):
	for version, program in cpythons(more):
		command = [program, os.path.join(PROGRAMS, "cpython.py")]
		if tuple(map(int, version.split(" ")[0].split(".")))[:2] in UNTOLD:
			yield Variant("cpython", version, "", lambda _, c=command: c, untold_truth, event_kind=untold_event_kind, fold=all_alike)
		else:
			yield Variant("cpython", version, "", lambda _, c=command: c, truth, event_kind=event_kind)
