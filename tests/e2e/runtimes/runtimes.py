# SPDX-License-Identifier: Apache-2.0
"""runtimes.py - the table of runtimes: a module each, whose variants() say how their programs are run."""

import cpython
import go
import jvm
import nodejs
import php
import ruby

RUNTIMES = (nodejs, jvm, cpython, go, ruby, php)


def variants(more=False):
	"""All there are here; with `more`, other versions are fetched."""
	for runtime in RUNTIMES:
		yield from runtime.variants(more)
