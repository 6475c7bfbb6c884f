# SPDX-License-Identifier: Apache-2.0
"""nodejs.py - Node: each collection of V8 beside PerformanceObserver('gc')."""

import json
import os

from subject import PROGRAMS, Bar, Event, Variant, truth_of
from versions import nodes

# By the larger of a thousandth and 10 us a collection, the sum of each kind.
BAR = Bar(share=0.001, ns=10_000)
BY_TYPE, BY_COLLECTOR = 1, 2


def truth(said, _folder):
	return truth_of(Event(*event) for event in json.loads(said)["events"])


def event_kind(kind, detail, _text):
	if kind == BY_COLLECTOR:
		return ("minor", "major", "minor")[detail]
	for bit, name in ((4, "major"), (1, "minor"), (2, "minor"), (8, "incremental"), (16, "weakcb")):
		if detail & bit:
			return name
	return "gc"


def variants(more=False):
	for version, program in nodes(more):
		command = [program, "--expose-gc", os.path.join(PROGRAMS, "nodejs.js")]
		yield Variant("nodejs", version, "", lambda _, c=command: c, truth, BAR, event_kind=event_kind)
