# SPDX-License-Identifier: Apache-2.0
"""ruby.py - Ruby: its collections beside GC.count. How long they took GC::Profiler says of all together."""

import json
import os

from subject import PROGRAMS, Truth, Variant
from versions import rubies


def truth(said, _folder):
	said = json.loads(said)
	return Truth(said["counts"], {"mark": said["profiler_s"] * 1e9}, [])


def variants(more=False):
	for version, program in rubies(more):
		command = [program, os.path.join(PROGRAMS, "ruby.rb")]
		yield Variant("ruby", version, "", lambda _, c=command: c, truth)
