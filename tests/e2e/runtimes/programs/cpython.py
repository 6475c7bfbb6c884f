# SPDX-License-Identifier: Apache-2.0
"""
Reference cycles for CPython's collector, from two threads, and what gc.callbacks says of each collection.

programs/README.md says what it speaks. For every version from 3.8 on.
"""

import gc
import json
import os
import sys
import threading
import time

ROUNDS, CYCLES = 40, 2000

noted = []
began = [0]


def note(phase, info):
	if phase == "start":
		began[0] = time.monotonic_ns()
	else:
		noted.append(("gen%d" % info["generation"], began[0], time.monotonic_ns() - began[0]))


class Node:
	def __init__(self):
		self.itself = self


def make_garbage():
	kept = []
	for i in range(ROUNDS):
		for _ in range(CYCLES):
			Node()
		kept.append([Node() for _ in range(CYCLES // 10)])
		if i % 10 == 9:
			gc.collect()


def collections():
	return {"gen%d" % number: each["collections"] for number, each in enumerate(gc.get_stats())}


def work():
	before = collections()
	gc.callbacks.append(note)
	threads = [threading.Thread(target=make_garbage) for _ in range(2)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	gc.disable()
	return {"events": noted, "counts": {k: n - before[k] for k, n in collections().items() if n > before[k]}}


print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(work()), flush=True)
sys.stdin.readline()
os._exit(0)
