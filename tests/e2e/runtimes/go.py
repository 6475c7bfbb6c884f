# SPDX-License-Identifier: Apache-2.0
"""go.py - Go: the moments in which the world stood still, beside GODEBUG=gctrace=1 and debug.GCStats."""

import json
import os
import re
import subprocess

from lib import ROOT
from subject import PROGRAMS, Truth, Variant
from versions import gos

# gc 7 @0.012s 1%: 0.018+1.3+0.076 ms clock, ...
_CYCLE = re.compile(r"^gc (\d+) @[\d.]+s \d+%: ([\d.]+)\+[\d.]+\+([\d.]+) ms clock", re.M)
BUILDS = {"": [], "stripped": ["-ldflags=-s -w"], "PIE": ["-buildmode=pie"]}
WITH_REASONS = (1, 22)


def truth(said, folder, has_reasons):
	"""Of the cycles that were asked for and those that came: two stops each, and one of another kind."""
	said = json.loads(said)
	with open(os.path.join(folder, "stderr"), encoding="ascii") as f:
		cycles = [(float(sweep) * 1e6, float(mark) * 1e6) for number, sweep, mark in _CYCLE.findall(f.read())
			  if int(number) >= said["first"]]
	assert len(cycles) == said["cycles"], (len(cycles), said)
	sweep_ns, mark_ns = map(sum, zip(*cycles))
	if not has_reasons:
		return Truth({"stop-the-world": 2 * len(cycles) + said["others"]}, {"stop-the-world": sweep_ns + mark_ns}, [])
	return Truth({"sweep-termination": len(cycles), "mark-termination": len(cycles), "stop-the-world-other": said["others"]},
		     {"sweep-termination": sweep_ns, "mark-termination": mark_ns}, [])


def build(folder, program, flags, environment):
	binary = os.path.join(folder, "garbage")
	subprocess.run([program, "build", *flags, "-o", binary, os.path.join(PROGRAMS, "go.go")], check=True, cwd=folder,
		       env=dict(os.environ, CGO_ENABLED="0", GOCACHE=os.environ.get("GOCACHE", os.path.join(ROOT, "build/go-cache")),
				**environment))
	return [binary]


def variants(more=False):
	for version, program, environment in gos(more):
		has_reasons = tuple(map(int, version.split(".")))[:2] >= WITH_REASONS
		for flavour, flags in BUILDS.items():
			yield Variant("go", version, flavour,
				      lambda folder, p=program, f=flags, e=environment: build(folder, p, f, e),
				      lambda said, folder, h=has_reasons: truth(said, folder, h),
				      environment={"GODEBUG": "gctrace=1"})
