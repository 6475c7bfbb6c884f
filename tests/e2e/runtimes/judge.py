# SPDX-License-Identifier: Apache-2.0
"""judge.py - pauses as sonde saw them beside what the runtime said, kind by kind."""

from typing import NamedTuple

from subject import Bar

# Of pauses that are compared one by one, so many may be those in which the machine was busy with others.
FEW = 0.1


class Row(NamedTuple):
	"""One kind; `worst_ns` is the largest difference of one pause, None where the truth has none."""
	kind: str
	truth_n: int
	truth_ns: float
	probe_n: int
	probe_ns: float
	worst_ns: float
	failed: str  # empty where the bar is met

	def __str__(self):
		return "%s: %d of %d, %.3f of %.3f ms%s" % (self.kind, self.probe_n, self.truth_n, self.probe_ns / 1e6,
							   self.truth_ns / 1e6, "; " + self.failed if self.failed else "")


def _differences(truth, probe, kind):
	"""Of each pause, in their order: (true duration, difference). None where they cannot be paired."""
	true, seen = ([e for e in events if e.kind == kind] for events in (truth.events, probe.events))
	if not true or len(true) != len(seen):
		return None
	pairs = zip(sorted(true, key=lambda e: e.began_ns), sorted(seen, key=lambda e: e.began_ns))
	return [(t.duration_ns, p.duration_ns - t.duration_ns) for t, p in pairs]


def _allowed(bar, duration_ns, count=1):
	return max(bar.share * duration_ns if bar.share else 0, bar.ns * count)


def _each_failed(row, bar, differences):
	"""Any of them; but who is preempted between the two clocks sees another time, and most are not."""
	if differences is None:
		return "no pauses to compare"
	far = sum(abs(d) > _allowed(bar, duration) for duration, d in differences)
	return "%d of %d are further off than the bar" % (far, row.truth_n) if far > row.truth_n * FEW else ""


def _failed(row, bar, differences):
	if row.truth_n != row.probe_n:
		return "the counts differ"
	if bar.each:
		return _each_failed(row, bar, differences)
	if bar.ns and abs(row.probe_ns - row.truth_ns) > _allowed(bar, row.truth_ns, row.truth_n):
		return "the sum is further off than the bar"
	return ""


def compare(variant, truth, probe):
	"""A row for each kind that the truth knows."""
	for kind in sorted(truth.counts):
		bar = Bar() if kind in variant.uncompared else variant.bar
		differences = _differences(truth, probe, kind)
		row = Row(kind, truth.counts[kind], truth.sums_ns.get(kind, 0), probe.counts.get(kind, 0),
			  probe.sums_ns.get(kind, 0), max(abs(d) for _, d in differences) if differences else None, "")
		yield row._replace(failed=_failed(row, bar, differences))
