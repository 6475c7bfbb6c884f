# SPDX-License-Identifier: Apache-2.0
"""judge.py - pauses as sonde saw them beside what the runtime said, kind by kind."""

from typing import NamedTuple

from subject import Bar

# Of pauses that are compared one by one, so many may be those in which the machine was busy with others: the thread lost
# its CPU between the two clocks. That is for a time slice or a few, and so is what all of them together add to the sum.
FEW = 0.1
PREEMPTED_NS = 50_000_000


class Row(NamedTuple):
	"""
	One kind; `worst_ns` is the largest difference of one pause, None where the truth has none; `far`
	of the pauses that are compared one by one are further off than the bar.
	"""
	kind: str
	truth_n: int
	truth_ns: float
	probe_n: int
	probe_ns: float
	worst_ns: float
	far: int
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


def _far(bar, differences):
	return sum(abs(d) > _allowed(bar, duration) for duration, d in differences or ()) if bar.each else 0


def _failed(row, bar, differences):
	if row.truth_n != row.probe_n:
		return "the counts differ"
	if bar.each and differences is None:
		return "no pauses to compare"
	# Who is preempted between the two clocks sees another time, and most are not.
	if row.far > FEW * row.truth_n:
		return "%d of %d are further off than the bar" % (row.far, row.truth_n)
	if bar.each and row.worst_ns > PREEMPTED_NS:
		return "one is %.1f ms off" % (row.worst_ns / 1e6)
	if bar.ns and abs(row.probe_ns - row.truth_ns) > _allowed(bar, row.truth_ns, row.truth_n) + (PREEMPTED_NS if row.far else 0):
		return "the sum is further off than the bar"
	return ""


def compare(variant, truth, probe):
	"""A row for each kind that the truth knows."""
	for kind in sorted(truth.counts):
		bar = Bar() if kind in variant.uncompared else variant.bar
		differences = _differences(truth, probe, kind)
		row = Row(kind, truth.counts[kind], truth.sums_ns.get(kind, 0), probe.counts.get(kind, 0),
			  probe.sums_ns.get(kind, 0), max(abs(d) for _, d in differences) if differences else None,
			  _far(bar, differences), "")
		yield row._replace(failed=_failed(row, bar, differences))
