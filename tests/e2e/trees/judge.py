# SPDX-License-Identifier: Apache-2.0
"""
judge.py - how many parents are right, of requests that carry their own id through every hop.

In come spans (as console JSON has them), the names of the hops in the order that a request
passes them, and the ids that were sent. Out come counts by kind of edge:

	across	a SERVER span whose parent is the CLIENT span of the hop before
	inside	a CLIENT span whose parent is the SERVER span of the same hop
	root	a span that must have no parent, or the one that the driver's header named

right: the parent is the span that it must be, and in one trace with it. wrong: any other parent.
missing: no parent, or the span itself is not there (then it is `unseen` as well). Spans without a
parent may carry links to candidates: with the right one among them (`linked`) or not (`mislinked`).
"""

import bisect
import collections
import dataclasses
import re

KINDS = ("across", "inside", "root")
# Calls that no request caused: they must have no parent.
BACKGROUND = "bg-"

_ID = re.compile(r"/(?:entry|next)/([\w.-]+)")
_PLACES = ("url.path", "url.full", "http.target", "http.url")


@dataclasses.dataclass
class Edges:
	"""What became of the edges of one kind."""
	right: int = 0
	wrong: int = 0
	missing: int = 0
	unseen: int = 0
	linked: int = 0
	mislinked: int = 0

	def all(self):
		return self.right + self.wrong + self.missing

	def percent(self, count):
		return 100 * count / self.all() if self.all() else 0


@dataclasses.dataclass
class Verdict:
	"""
	Edges by kind; spans that share an id or tell of one exchange twice; whole trees; and how many
	requests the entry had open when it made a call, in the middle of all calls.
	"""
	across: Edges = dataclasses.field(default_factory=Edges)
	inside: Edges = dataclasses.field(default_factory=Edges)
	root: Edges = dataclasses.field(default_factory=Edges)
	same_id: int = 0
	twice: int = 0
	whole: int = 0
	open: int = 0
	examples: list = dataclasses.field(default_factory=list)  # of what is wrong, as (id, kind of edge, span)
	orphans: list = dataclasses.field(default_factory=list)  # of what is missing; None: there is no span

	def edges(self, kind):
		return getattr(self, kind)

	def said(self):
		"""All of it in words, with some examples; spans name their times and their connection."""
		return "%s; wrong are %s; missing are %s" % (
			", ".join("%s %s" % (kind, self.edges(kind)) for kind in KINDS), self.examples[:2], self.orphans[:3])


def id_of(span):
	"""The id that the request of a span carries, or None (a health check)."""
	for place in _PLACES:
		found = _ID.search(str(span["attributes"].get(place, "")))
		if found:
			return found[1]
	return None


def _identity(span):
	return span["trace_id"], span["span_id"]


def _parent(span):
	"""What the span names as its parent, or None."""
	parent = span.get("parent_span_id")
	return (span["trace_id"], parent) if parent else None


class Judge:
	"""Looks at the spans of a run; judge() then speaks about some ids of it."""

	def __init__(self, spans, hops):
		self.hops = hops
		self.by_place = collections.defaultdict(list)
		self.held = collections.Counter(_identity(span) for span in spans)
		for span in spans:
			self.by_place[id_of(span), span["service"], span["kind"]].append(span)

	def _expected(self, request):
		"""(kind of edge, the span, its parent) of a request, spans as (hop, kind)."""
		if request.startswith(BACKGROUND):
			yield "root", (self.hops[0], "CLIENT"), None
		else:
			yield "root", (self.hops[0], "SERVER"), None
			yield "inside", (self.hops[0], "CLIENT"), (self.hops[0], "SERVER")
		for before, hop in zip(self.hops, self.hops[1:]):
			yield "across", (hop, "SERVER"), (before, "CLIENT")
			if hop != self.hops[-1]:
				yield "inside", (hop, "CLIENT"), (hop, "SERVER")

	def _at(self, request, place):
		return self.by_place.get((request, *place), [])

	def _wanted(self, request, parent, header):
		"""The identities that are right as a parent; none for a root without a header."""
		if parent:
			return {_identity(span) for span in self._at(request, parent)}
		return {header} if header else set()

	def _outcome(self, request, kind, span, wanted):
		"""A span's id is a right parent when no other span has it; the driver's has no span here."""
		parent = _parent(span)
		if not parent:
			return "right" if kind == "root" else "missing"
		held = 0 if kind == "root" else 1
		return "right" if parent in wanted and self.held[parent] == held else "wrong"

	@staticmethod
	def _count_links(edges, span, wanted):
		links = {_identity(link) for link in span.get("links", ())}
		edges.linked += bool(links & wanted)
		edges.mislinked += bool(links) and not links & wanted

	def _count(self, verdict, request, kind, span, wanted):
		edges = verdict.edges(kind)
		outcome = self._outcome(request, kind, span, wanted)
		setattr(edges, outcome, getattr(edges, outcome) + 1)
		if outcome == "missing":
			self._count_links(edges, span, wanted)
			verdict.orphans.append((request, kind, span))
		elif outcome == "wrong":
			verdict.examples.append((request, kind, span))
		return outcome == "right"

	def _judge_one(self, verdict, request, header, may_not_call):
		"""Is the whole tree of this id right?"""
		whole = True
		for kind, place, parent in self._expected(request):
			spans = self._at(request, place)
			wanted = self._wanted(request, parent, header)
			verdict.twice += max(0, len(spans) - 1)
			whole &= all([self._count(verdict, request, kind, span, wanted) for span in spans])
			if not spans and (not may_not_call or place == (self.hops[0], "SERVER")):
				verdict.edges(kind).missing += 1
				verdict.edges(kind).unseen += 1
				verdict.orphans.append((request, kind, None))
				whole = False
		return whole

	def _open(self, ids):
		served = [span for request in ids for span in self._at(request, (self.hops[0], "SERVER"))]
		called = [span for request in ids for span in self._at(request, (self.hops[0], "CLIENT"))]
		begins, ends = (sorted(span[what + "_unix_nano"] for span in served) for what in ("start", "end"))
		counts = sorted(bisect.bisect_right(begins, span["start_unix_nano"]) -
				bisect.bisect_left(ends, span["start_unix_nano"]) for span in called)
		return counts[len(counts) // 2] if counts else 0

	def judge(self, ids, headers=None, may_not_call=False):
		"""
		The verdict on these ids, which are strings. `headers` says what (trace id, span id) the
		driver sent with an id. With may_not_call a hop may have left out its call.
		"""
		verdict = Verdict()
		for request in ids:
			verdict.whole += self._judge_one(verdict, request, (headers or {}).get(request), may_not_call)
		verdict.open = self._open(ids)
		verdict.same_id = sum(count - 1 for count in self.held.values() if count > 1)
		return verdict

	def background(self):
		"""
		The verdict on calls that no request caused. How many there were nobody knows, and of those
		under way when watching began or ended only a part may be there: they do not count.
		"""
		ids = {request for request, _, _ in self.by_place if request and request.startswith(BACKGROUND)}
		whole = [request for request in sorted(ids)
			 if all(self._at(request, place) for _, place, _ in self._expected(request))]
		return self.judge(whole)


class JudgeBeside(Judge):
	"""
	The same of programs that have an SDK: each span must be in the one trace that the SDK's spans
	(`others`) of its id are in: below a span of that id, or at its top, or as one of the SDK's
	spans told again. SERVER spans are counted as `across`, CLIENT spans as `inside`; one in a trace
	of its own, or beside the tree of that trace, is missing.
	"""

	def __init__(self, spans, others, hops):
		super().__init__(spans, hops)
		self.traces, self.members, self.joints = (collections.defaultdict(set) for _ in range(3))
		for span in others:
			self.traces[id_of(span)].add(span["trace_id"])
			self.joints[id_of(span)] |= {_identity(span), _parent(span)}
		for span in [*spans, *others]:
			self.members[id_of(span)].add(_identity(span))

	def _expected(self, request):
		for _, place, _ in super()._expected(request):
			yield "across" if place[1] == "SERVER" else "inside", place, None

	def _wanted(self, request, parent, header):
		return self.members[request] | super()._wanted(request, parent, header)

	def _outcome(self, request, kind, span, wanted):
		parent = _parent(span)
		if not parent:
			return "right" if _identity(span) in self.joints[request] else "missing"
		if parent not in wanted:
			return "wrong"
		return "right" if self.traces[request] == {span["trace_id"]} else "missing"
