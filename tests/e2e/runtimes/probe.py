# SPDX-License-Identifier: Apache-2.0
"""probe.py - what sonde says of a process's pauses: its metrics, and the records on a tape."""

import struct
from typing import NamedTuple

from subject import Event

MAGIC_BYTES = 8
RECORD = struct.Struct("=HHIQQIIQ")  # struct record in headers/record.h
PAUSE = struct.Struct("=QIHHQ32s")  # what follows it in struct record_pause
RECORD_PAUSE = 7


class Probe(NamedTuple):
	"""As in the truth; `lost` is what the ledger says of records, to be empty."""
	counts: dict
	sums_ns: dict
	events: list
	lost: dict


def records(tape):
	at = MAGIC_BYTES
	while at + RECORD.size <= len(tape):
		kind, _, size, at_ns, _, tgid, _, _ = RECORD.unpack_from(tape, at)
		yield kind, at_ns, tgid, tape[at + RECORD.size:at + size]
		at += size + -size % 8


def pauses_on(path, pid, name_of):
	"""Events of a process; `name_of` tells their kind, or None where they are nobody's."""
	with open(path, "rb") as f:
		tape = f.read()
	for kind, ended_ns, tgid, payload in records(tape):
		if kind != RECORD_PAUSE or tgid != pid:
			continue
		began_ns, _, _, own_kind, detail, text = PAUSE.unpack_from(payload)
		name = name_of(own_kind, detail, text.split(b"\0")[0].decode())
		if name:
			yield Event(name, began_ns, ended_ns - began_ns)


def folded(numbers, fold):
	sums = {}
	for kind, number in numbers:
		sums[fold(kind)] = sums.get(fold(kind), 0) + number
	return sums


def of(metrics, runtime, fold):
	"""(counts, sums) by kind from the exposition, kinds named as in the truth."""
	def each(what, scale):
		return folded(((has["kind"], value * scale) for name, has, value in metrics.samples
			       if name == "sonde_pause_seconds_" + what and has["runtime"] == runtime), fold)
	return each("count", 1), each("sum", 1e9)


def grown(before, after):
	"""(counts, sums) of what came between two moments."""
	return tuple({kind: n - less.get(kind, 0) for kind, n in more.items() if n != less.get(kind, 0)}
		     for less, more in zip(before, after))
