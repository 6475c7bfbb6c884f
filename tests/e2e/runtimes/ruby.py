# SPDX-License-Identifier: Apache-2.0
"""ruby.py - Ruby: its collections beside GC.count."""

import json
import os

from subject import PROGRAMS, Truth, Variant
from versions import rubies


def truth(said, _folder):
	said = json.loads(said)
	return Truth(said["counts"], {}, [])


def variants(more=False):
	for version, program in rubies(more):
		command = [program, os.path.join(PROGRAMS, "ruby.rb")]
		yield Variant("ruby", version, "", lambda _, c=command: c, truth)
