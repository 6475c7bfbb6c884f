# SPDX-License-Identifier: Apache-2.0
"""judge_test.py - the judge on spans that are made up, so that it is known to see what is wrong."""

import itertools

from judge import Judge, JudgeBeside, id_of
from lib import equal, test

HOPS = ["front", "back"]
numbers = itertools.count(1)


def span(service, kind, request, parent=None, trace=None, **more):
	"""`parent` is a span or a span's id; a trace of its own without it."""
	own = "%016x" % next(numbers)
	if isinstance(parent, dict):
		trace, parent = trace or parent["trace_id"], parent["span_id"]
	place = "url.path" if kind == "SERVER" else "url.full"
	number = int(own, 16)
	return {"start_unix_nano": number, "end_unix_nano": number + 100, "service": service, "kind": kind, "trace_id": trace or own * 2, "span_id": own,
		"parent_span_id": parent or "", "attributes": {place: "http://h:1/next/" + request}, **more}


def tree(request):
	"""The three spans of a tree that is right: served, called, served."""
	top = span("front", "SERVER", request)
	call = span("front", "CLIENT", request, top)
	return [top, call, span("back", "SERVER", request, call)]


def forest(count):
	return [tree("r%d" % number) for number in range(count)]


def judged(trees, ids=None, **more):
	spans = [one for each in trees for one in each]
	return Judge(spans, HOPS).judge(ids or ["r%d" % number for number in range(len(trees))], **more)


def counts(edges):
	return edges.right, edges.wrong, edges.missing


def change(one, **to):
	one.update(to)


@test
def judge_an_id_is_read_from_paths_and_urls():
	for place, text, want in (("url.path", "/entry/c8n1", "c8n1"), ("url.full", "http://h:1/next/c8n1?a", "c8n1"),
				  ("http.target", "/next/bg-3", "bg-3"), ("url.path", "/healthz", None)):
		equal(id_of({"attributes": {place: text}}), want, text)
	equal(id_of({"attributes": {}}), None, "without a path")


@test
def judge_right_trees_are_right():
	verdict = judged(forest(3))
	for kind in ("across", "inside", "root"):
		equal(counts(verdict.edges(kind)), (3, 0, 0), kind)
	equal((verdict.whole, verdict.twice, verdict.same_id), (3, 0, 0), "whole, twice, same id")


@test
def judge_the_parent_of_another_request_is_wrong():
	trees = forest(3)
	change(trees[0][1], trace_id=trees[1][0]["trace_id"], parent_span_id=trees[1][0]["span_id"])
	verdict = judged(trees)
	equal(counts(verdict.inside), (2, 1, 0), "inside")
	equal(counts(verdict.across), (2, 1, 0), "across: the call is in another trace than who it called")
	equal(verdict.examples[0][:2], ("r0", "inside"), "the example")


@test
def judge_a_right_span_in_another_trace_is_wrong():
	trees = forest(2)
	change(trees[1][2], trace_id="f" * 32)
	equal(counts(judged(trees).across), (1, 1, 0), "across")


@test
def judge_the_grandparent_and_an_unknown_parent_are_wrong():
	trees = forest(2)
	change(trees[0][2], parent_span_id=trees[0][0]["span_id"])
	change(trees[1][2], parent_span_id="e" * 16)
	equal(counts(judged(trees).across), (0, 2, 0), "across")


@test
def judge_a_parent_id_that_two_spans_have_is_wrong():
	trees = forest(2)
	change(trees[0][1], span_id=trees[0][0]["span_id"])
	change(trees[0][2], parent_span_id=trees[0][0]["span_id"])
	verdict = judged(trees)
	equal(counts(verdict.across), (1, 1, 0), "across")
	equal(verdict.same_id, 1, "spans with an id that another has")


@test
def judge_no_parent_is_missing_and_its_links_are_looked_at():
	trees = forest(3)
	for each, other in zip(trees, (trees[0], trees[2], None)):
		change(each[1], parent_span_id="", links=[] if not other else [
			{"trace_id": other[0]["trace_id"], "span_id": other[0]["span_id"]}])
	inside = judged(trees).inside
	equal(counts(inside), (0, 0, 3), "inside")
	equal((inside.linked, inside.mislinked), (1, 1), "links with and without the right one")


@test
def judge_a_span_that_is_not_there_is_missing_and_unseen():
	trees = forest(2)
	del trees[0][1]
	verdict = judged(trees)
	equal((counts(verdict.inside), verdict.inside.unseen), ((1, 0, 1), 1), "inside")
	equal(verdict.whole, 1, "whole")
	equal(counts(verdict.across), (1, 1, 0), "across: its parent is no span that is there")
	trees[0].pop()
	equal(judged([trees[0][:1]], ["r0"]).whole, 0, "whole, where all that is there is right")
	verdict = judged(trees[1:], ["r1", "r2"], may_not_call=True)
	equal((verdict.inside.unseen, verdict.across.unseen, verdict.root.unseen), (0, 0, 1), "who may not call")


@test
def judge_a_span_that_is_there_twice_is_counted():
	trees = forest(1)
	trees[0].append(span("back", "SERVER", "r0", trees[0][1]))
	equal(judged(trees).twice, 1, "twice")


@test
def judge_a_root_has_no_parent_but_the_drivers():
	trees = forest(2)
	header = ("d" * 32, "d" * 16)
	for each in trees:
		for one in each:
			change(one, trace_id=header[0])
		change(each[0], parent_span_id=header[1])
	verdict = judged(trees, headers={"r0": header})
	equal(counts(verdict.root), (1, 1, 0), "root")
	equal(counts(verdict.inside), (2, 0, 0), "inside")
	change(trees[0][1], span_id=header[1])
	equal(counts(judged(trees, headers={"r0": header}).root), (0, 2, 0), "with the driver's id on a span of ours")


@test
def judge_what_no_request_caused_has_no_parent():
	other = tree("r0")
	alone = span("front", "CLIENT", "bg-1")
	linked = span("front", "CLIENT", "bg-2", other[0])
	spans = [*other, alone, span("back", "SERVER", "bg-1", alone), linked, span("back", "SERVER", "bg-2", linked),
		 span("back", "SERVER", "bg-3", "e" * 16)]
	verdict = Judge(spans, HOPS).background()
	equal(counts(verdict.root), (1, 1, 0), "calls in the background")
	equal(counts(verdict.across), (2, 0, 0), "who they called")


@test
def judge_a_chain_has_edges_for_each_hop():
	front = tree("r0")
	call = span("back", "CLIENT", "r0", front[2])
	last = span("last", "SERVER", "r0", call)
	verdict = Judge([*front, call, last], [*HOPS, "last"]).judge(["r0"])
	equal((counts(verdict.inside), counts(verdict.across)), ((2, 0, 0), (2, 0, 0)), "inside, across")


@test
def judge_counts_what_was_open_when_a_call_was_made():
	trees = forest(3)
	for at, each in enumerate(trees):
		change(each[0], start_unix_nano=10 * at, end_unix_nano=50)
	for each, at in zip(trees, (5, 25, 60)):
		change(each[1], start_unix_nano=at)
	equal(judged(trees).open, 1, "in the middle of 0, 1 and 3")


@test
def judge_beside_an_sdk_each_span_is_in_its_trace():
	theirs = [tree("r%d" % number) for number in range(5)]
	ours = [[span(one["service"], one["kind"], "r%d" % number, one) for one in each]
		for number, each in enumerate(theirs)]
	change(ours[0][1], trace_id="f" * 32, parent_span_id="")
	change(ours[1][2], trace_id=theirs[2][2]["trace_id"], parent_span_id=theirs[2][2]["span_id"])
	change(ours[2][1], parent_span_id="", span_id=theirs[2][1]["span_id"])
	change(ours[3][1], parent_span_id="")
	change(ours[3][2], parent_span_id="", span_id=theirs[3][2]["span_id"])
	change(ours[4][0], trace_id="c" * 32, parent_span_id="")
	change(ours[4][1], trace_id="c" * 32, parent_span_id=ours[4][0]["span_id"])
	flat = [[one for each in trees for one in each] for trees in (ours, theirs)]
	verdict = JudgeBeside(*flat, HOPS).judge(["r0", "r1", "r2", "r3", "r4"])
	equal(counts(verdict.inside), (2, 0, 3), "calls: one alone, two right, one beside the tree, one in a tree of ours")
	equal(counts(verdict.across), (8, 1, 1), "served: one in another's trace, one on top of a tree of ours")
	equal(verdict.whole, 1, "whole")


@test
def judge_beside_an_sdk_ours_may_be_on_top():
	theirs, header = tree("r0"), ("d" * 32, "d" * 16)
	for one in theirs:
		change(one, trace_id=header[0])
	top = span("front", "SERVER", "r0", header[1], header[0])
	change(theirs[0], parent_span_id=top["span_id"])
	beside = JudgeBeside([top], theirs, HOPS)
	equal(counts(beside.judge(["r0"], {"r0": header}).across), (1, 0, 1), "below the driver's span")
	equal(counts(beside.judge(["r0"]).across), (0, 1, 1), "below a span that nobody knows")
	change(top, parent_span_id="")
	equal(counts(JudgeBeside([top], theirs, HOPS).judge(["r0"]).across), (1, 0, 1), "on top of the SDK's")
