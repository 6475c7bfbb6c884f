# SPDX-License-Identifier: Apache-2.0
"""judge_test.py - the judge of causes on requests and spans that are made up."""

from judge import CAUSES, disagreement, judge, overlap, truth
from lib import check, equal, test
from service import Account, Collection, Request

MS = 1_000_000


def request(ms=100, handler_ms=0, waited_ms=0, waited_before_ms=0, on_cpu_ms=1, throttled_ms=0, calls=()):
	"""Sent at 0, handled from `handler_ms` on, answered at `ms`; of calls: first, last, on the CPU, waited for it."""
	line = {"began": handler_ms * MS, "ended": ms * MS, "at_begin": [0, waited_before_ms * MS],
		"at_end": [on_cpu_ms * MS, waited_ms * MS], "call": [[each * MS for each in call] for call in calls]}
	return Request(1, 0, Account(0, 0), 0, throttled_ms * MS, line)


def span(ms=100, main=None, **delays):
	attributes = {"sonde.delay." + cause: each / 1e3 for cause, each in delays.items()}
	attributes["sonde.delay.main"] = main or max(delays, key=delays.get)
	return {"start_unix_nano": 1000, "end_unix_nano": 1000 + ms * MS, "attributes": attributes}


def failures(causes, one, said, collections=()):
	return {row.cause: row.failed for row in judge(causes, [one], [said], collections) if row.failed}


def true_ms(one, collections=()):
	return {cause: ns / MS for cause, ns in truth(one, collections).items() if ns}


@test
def judge_intervals_that_overlap_count_once():
	equal(overlap([(0, 10), (5, 20), (30, 40)], 2, 35), 23, "covered")
	equal(overlap([], 0, 10), 0, "without any")
	equal(overlap([(0, 100)], 20, 30), 10, "one around it")


@test
def judge_the_truth_is_a_partition():
	equal(true_ms(request(waited_ms=40)), {"cpu_wait": 40, "on_cpu": 1}, "a hog")
	equal(true_ms(request(handler_ms=60)), {"loop_wait": 60, "on_cpu": 1}, "behind a callback")
	equal(true_ms(request(waited_ms=70, throttled_ms=60)), {"throttle": 60, "cpu_wait": 10, "on_cpu": 1}, "a quota")
	equal(true_ms(request(calls=[(10, 90, 0, 0)])), {"downstream": 80, "on_cpu": 1}, "a call")
	equal(true_ms(request(calls=[(10, 90, 3, 7)], waited_ms=7, on_cpu_ms=4)), {"downstream": 70, "cpu_wait": 7, "on_cpu": 4}, "a busy call")
	collection = Collection(20 * MS, 60 * MS, 5 * MS, 15 * MS, 0)
	equal(true_ms(request(calls=[(10, 90, 20, 5)], waited_ms=5, on_cpu_ms=21), [collection]),
	      {"gc": 40, "downstream": 40, "on_cpu": 1}, "a collection in a call, which sleeps for a while")
	held_back = Collection(20 * MS, 60 * MS, 25 * MS, 0, 20 * MS)
	equal(true_ms(request(waited_ms=45, on_cpu_ms=16, throttled_ms=30), [held_back]), {"throttle": 30, "gc": 20, "cpu_wait": 10, "on_cpu": 1},
	      "a quota, in a collection and after")
	equal(true_ms(request(handler_ms=70, waited_ms=5, waited_before_ms=5, on_cpu_ms=21), [collection]), {"gc": 40, "loop_wait": 30, "on_cpu": 1},
	      "behind a collection")


@test
def judge_what_is_right_passes():
	equal(failures(("cpu_wait",), request(waited_ms=40), span(cpu_wait=40, on_cpu=1)), {}, "all of it")
	equal(failures(("cpu_wait",), request(waited_ms=40), span(cpu_wait=37, unattributed=0.9)), {}, "nine tenths of it")


@test
def judge_what_is_wrong_fails():
	hog = request(waited_ms=40)
	equal(list(failures(("cpu_wait",), hog, span(cpu_wait=35))), ["cpu_wait"], "too little")
	equal(list(failures(("cpu_wait",), hog, span(cpu_wait=40, gc=1.1))), ["gc"], "what did not occur")
	equal(list(failures(("cpu_wait",), hog, span(cpu_wait=45))), ["cpu_wait"], "too much")
	equal(list(failures(("gc",), hog, span(cpu_wait=40))), ["gc"], "a scenario that did not happen")
	equal(failures((), request(), span(on_cpu=1)), {}, "nothing is expected, nothing named")


@test
def judge_a_span_must_agree_with_itself():
	equal(disagreement(span(100, cpu_wait=99, on_cpu=1)), "", "a span")
	check(disagreement(span(100, cpu_wait=90, on_cpu=1)), "parts that do not add up are seen")
	check(disagreement(span(100, main="on_cpu", cpu_wait=99, on_cpu=1)), "a main that is not the largest is seen")
	check(disagreement({**span(100, gc=100), "attributes": {}}), "a span without causes is seen")
	equal(sorted(CAUSES), sorted(set(CAUSES)), "causes")
