# SPDX-License-Identifier: Apache-2.0
"""
judge.py - how much of the time sonde gave to the right cause.

What kept a request is known from its service and from /proc: when its handler began and ended, its
collections, its calls, how long its thread waited for the CPU, and how long its cgroup was held back.
"""

from typing import NamedTuple

CAUSES = ("cpu_wait", "loop_wait", "gc", "throttle", "downstream", "on_cpu", "unattributed")
RIGHT_SHARE = 0.9
STRAY_SHARE, STRAY_NS = 0.01, 200_000
# Of a cause that a scenario is made for, each request has at least so much.
LEAST_NS = 3_000_000


class Row(NamedTuple):
	"""One cause over all requests of a scenario."""
	cause: str
	expected: bool  # the scenario is made for it
	true_ns: float
	named_ns: float
	failed: str


def overlap(intervals, began, ended):
	"""How much of [began, ended) the intervals cover."""
	covered, at = 0, began
	for first, last in sorted(intervals):
		first, last = max(first, at), min(last, ended)
		if last > first:
			covered += last - first
			at = last
	return covered


def _within(collections, which, began, ended):
	"""A sum over collections, each as far as it lies in [began, ended)."""
	return sum(getattr(each, which) * overlap([each[:2]], began, ended) / (each.ended_ns - each.began_ns) for each in collections)


def _ran_in(collections, began, ended):
	"""How long the thread itself ran in collections; one may be told of twice, once without the thread's account."""
	return overlap([each[:2] for each in collections], began, ended) - sum(
		_within(collections, which, began, ended) for which in ("waited_ns", "slept_ns"))


def _slept_for(call, collections):
	"""How long the thread slept in a call, but for collections: who runs, or wants to, waits for nobody."""
	began, ended, on_cpu, waited = call
	return ended - began - on_cpu - waited - _within(collections, "slept_ns", began, ended)


def truth(request, collections):
	"""{cause: ns} of one request, as a partition by the same order of precedence. Collections are all of its service."""
	line = request.line
	began, ended, handler = request.sent_ns, line["ended"], line["began"]
	intervals = [each[:2] for each in collections]
	throttle = request.answered_throttled_ns - request.sent_throttled_ns
	throttled_in = _within(collections, "throttled_ns", began, ended)
	waited = line["at_end"][1] - request.sent_account.waited_ns - _within(collections, "waited_ns", began, ended)
	waited_before = line["at_begin"][1] - request.sent_account.waited_ns - _within(collections, "waited_ns", began, handler)
	on_cpu = line["at_end"][0] - (line["at_begin"][0] if request.behind else request.sent_account.on_cpu_ns)
	return {
		"throttle": throttle,
		"gc": overlap(intervals, began, ended) - throttled_in,
		"cpu_wait": max(waited - (throttle - throttled_in), 0),
		"downstream": sum(_slept_for(call, collections) for call in line["call"]),
		"loop_wait": max(handler - began - overlap(intervals, began, handler) - max(waited_before, 0), 0),
		"on_cpu": max(on_cpu - _ran_in(collections, handler if request.behind else began, ended), 0),
		"unattributed": 0,
	}


def named(span):
	"""{cause: ns} as a span says; a cause that it does not name kept it for no time."""
	attributes = span["attributes"]
	return {cause: attributes.get("sonde.delay." + cause, 0) * 1e9 for cause in CAUSES}


def disagreement(span):
	"""What is wrong with a span by itself; empty where nothing is."""
	delays = named(span)
	duration = int(span["end_unix_nano"]) - int(span["start_unix_nano"])
	if abs(sum(delays.values()) - duration) > 1000:
		return "they add up to %d ns of %d" % (sum(delays.values()), duration)
	largest = max(delays.values())
	said = span["attributes"].get("sonde.delay.main")
	if said not in CAUSES or delays[said] < largest:
		return "%s is not the largest of %s" % (said, delays)
	return ""


def _failed(cause, expected, true_ns, named_ns, duration_ns, count):
	if expected and true_ns < LEAST_NS * count:
		return "%.2f ms a request: it did not happen" % (true_ns / count / 1e6)
	if expected and named_ns < RIGHT_SHARE * true_ns:
		return "%.0f %% of it" % (100 * named_ns / true_ns)
	# What there was of it by chance, on a machine that others use, is no stray time.
	stray = named_ns - true_ns
	if stray > max(STRAY_SHARE * duration_ns, STRAY_NS * count) and not (expected and stray < true_ns * (1 - RIGHT_SHARE)):
		return "%.2f ms a request that did not occur" % (stray / count / 1e6)
	return ""


def judge(causes, requests, spans, collections):
	"""A row for each cause; `causes` are those that the scenario is made for."""
	true, given = (dict.fromkeys(CAUSES, 0) for _ in range(2))
	duration = 0
	for request, span in zip(requests, spans):
		duration += int(span["end_unix_nano"]) - int(span["start_unix_nano"])
		for sums, each in ((true, truth(request, collections)), (given, named(span))):
			for cause, ns in each.items():
				sums[cause] += ns
	for cause in CAUSES:
		yield Row(cause, cause in causes, true[cause], given[cause],
			  _failed(cause, cause in causes, true[cause], given[cause], duration, len(requests)))
