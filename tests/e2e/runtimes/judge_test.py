# SPDX-License-Identifier: Apache-2.0
"""judge_test.py - the judge of pauses on what is made up, and HotSpot's log on lines of real ones."""

import struct
import tempfile

import jvm
import probe
from judge import compare
from lib import equal, test
from subject import Bar, Event, Variant, truth_of

US = 1000
LOGGED = """\
[900ns][gc             ] GC(6) Pause Young (Normal) (G1 Evacuation Pause) 24M->2M(250M) 0.001ms
[1000000ns][gc,start       ] GC(7) Pause Young (Allocation Failure)
[3000000ns][gc             ] GC(7) Pause Young (Allocation Failure) 24M->2M(250M) 2.000ms
[3000100ns][safepoint      ] Safepoint "GenCollectForAllocation", Time since last: 1 ns, Reaching safepoint: 9 ns, Cleanup: 1 ns, At safepoint: 90 ns, Total: 2000100 ns
[5000000ns][safepoint      ] Safepoint "Cleanup", Time since last: 1 ns, Reaching safepoint: 9 ns, At safepoint: 90 ns, Leaving safepoint: 3 ns, Total: 99 ns
[7000000ns][gc,phases      ] GC(8) Y: Pause Mark Start 0.012ms
[7000500ns][gc,phases      ] GC(8) Y: Concurrent Mark 0.500ms
[7000600ns][safepoint      ] Safepoint "ZMarkStartYoung", Time since last: 1 ns, Reaching safepoint: 9 ns, At safepoint: 90 ns, Leaving safepoint: 3 ns, Total: 13000 ns, Threads: 0 runnable, 11 total
[9000000ns][gc             ] GC(9) Pause Young (Allocation Failure) 24M->24M(25M) 1.000ms
[10500000ns][gc             ] GC(10) Pause Full (Allocation Failure) 24M->2M(25M) 1.400ms
[10500100ns][safepoint      ] Safepoint "GenCollectForAllocation", Time since last: 1 ns, Reaching safepoint: 9 ns, Cleanup: 1 ns, At safepoint: 90 ns, Total: 2600000 ns
[11000000ns][gc,stats       ] Pause Degenerated GC (G)       =    0.032 s (a =     3551 us)
"""


def events(*durations_us, kind="gc"):
	return [Event(kind, 1000 * US * at, us * US) for at, us in enumerate(durations_us)]


def seen(truth, counts=None):
	return probe.Probe(counts or truth.counts, truth.sums_ns, truth.events, {})


def failures(bar, true, said, counts=None):
	variant = Variant("made-up", "", "", None, None, bar, uncompared=("other",))
	return {row.kind: row.failed for row in compare(variant, truth_of(true), seen(truth_of(said), counts)) if row.failed}


@test
def judge_counts_must_be_equal():
	equal(failures(Bar(), events(10, 20), events(10, 20)), {}, "the same")
	equal(list(failures(Bar(), events(10, 20), events(10))), ["gc"], "one is missing")
	equal(list(failures(Bar(), events(10), events(10, 20))), ["gc"], "one is too many")
	equal(list(failures(Bar(), events(10), events(10, kind="other"))), ["gc"], "it is called something else")


@test
def judge_truth_of_events_that_are_made_as_they_are_read():
	true = truth_of(event for event in events(10, 20))
	equal((true.counts, true.sums_ns, len(true.events)), ({"gc": 2}, {"gc": 30 * US}, 2), "counts, sums and events")


@test
def judge_sums_are_held_to_the_larger_of_two():
	bar = Bar(share=0.001, ns=10 * US)
	equal(failures(bar, events(100, 100), events(110, 109)), {}, "10 us each")
	equal(list(failures(bar, events(100, 100), events(111, 110))), ["gc"], "more")
	equal(failures(bar, events(100_000), events(100_099)), {}, "a thousandth")
	equal(list(failures(bar, events(100_000), events(100_101))), ["gc"], "more of it")


@test
def judge_each_pause_is_held_to_its_bar():
	bar = Bar(share=0.01, ns=80 * US, each=True)
	equal(failures(bar, events(100, 100_000), events(179, 100_900)), {}, "all are within")
	equal(list(failures(bar, events(100, 100_000), events(181, 100_000))), ["gc"], "one is not")
	equal(list(failures(bar, events(100), [], {"gc": 1})), ["gc"], "none to compare")
	equal(failures(bar, events(*[100] * 20), events(500, *[100] * 19)), {}, "one of twenty is not")
	equal(failures(bar, events(*[100] * 20), events(49_000, *[100] * 19)), {}, "one of twenty lost its CPU")
	equal(list(failures(bar, events(*[100] * 20), events(51_000, *[100] * 19))), ["gc"], "one is off by more than that")
	equal(list(failures(bar, events(*[100] * 20), events(30_000, 30_000, *[100] * 18))), ["gc"], "two together are")
	off = probe.Probe({"gc": 20}, {"gc": 20 * 200 * US}, events(*[100] * 20), {})
	equal([row.failed for row in compare(Variant("made-up", "", "", None, None, bar), truth_of(events(*[100] * 20)), off)],
	      ["the sum is further off than the bar"], "what is counted is not what is on the tape")
	equal(failures(bar, events(100, kind="other"), events(500, kind="other")), {}, "a kind that is not compared")


@test
def judge_a_log_of_hotspot_gives_pauses_and_safepoints():
	have = list(jvm.events_of(LOGGED.splitlines(), 1000))
	equal([e for e in have if e.kind == "gc"],
	      [Event("gc", 1000000, 2000000), Event("gc", 6988000, 12000), Event("gc", 8000000, 2500000)], "pauses, of which two are one")
	equal(len([e for e in jvm.events_of(LOGGED.splitlines(), 1000, joined=False) if e.kind == "gc"]), 4, "pauses, not joined")
	equal([e.duration_ns for e in have if e.kind == "safepoint"], [2000100, 99, 13000, 2600000], "safepoints")


@test
def judge_pauses_are_read_from_a_tape():
	pause = probe.RECORD.pack(7, 0, 96, 5000, 1, 42, 0, 0) + probe.PAUSE.pack(2000, 43, 1, 2, 9, b"G1CollectFull")
	other = probe.RECORD.pack(6, 0, 45, 1, 1, 42, 0, 0) + bytes(5)
	with tempfile.NamedTemporaryFile() as tape:
		tape.write(b"sondeTP4" + other + bytes(3) + pause + pause.replace(struct.pack("=I", 42), struct.pack("=I", 44)))
		tape.flush()
		have = list(probe.pauses_on(tape.name, 42, lambda *what: "%d %d %s" % what))
	equal(have, [Event("2 9 G1CollectFull", 2000, 3000)], "the pauses of one process")
