// SPDX-License-Identifier: Apache-2.0
//
// Garbage in two isolates, the main one and a worker's, and what V8 itself says of each collection.
// Wants --expose-gc. programs/README.md says what it speaks.

'use strict';
const fs = require('fs');
const { performance, PerformanceObserver } = require('perf_hooks');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

const LABELS = { 1: 'minor', 2: 'minor', 4: 'major', 8: 'incremental', 16: 'weakcb' };
const ROUNDS = 60, OBJECTS = 40000, KEPT = 12;

const noted = [];
// What is to be added to performance.now() to have CLOCK_MONOTONIC.
const offset = Number(process.hrtime.bigint()) - performance.now() * 1e6;
const note = entry => noted.push([LABELS[entry.detail.kind],
	Math.round(entry.startTime * 1e6 + offset), Math.round(entry.duration * 1e6)]);
const observer = new PerformanceObserver(list => list.getEntries().forEach(note));
const turn = () => new Promise(resolve => setImmediate(resolve));

async function makeGarbage()
{
	const kept = [];
	const hold = new FinalizationRegistry(() => {});

	for (let round = 0; round < ROUNDS; round++) {
		const some = [];
		for (let i = 0; i < OBJECTS; i++)
			some.push({ round, i, text: 'number ' + i });
		hold.register(some, round);
		kept[round % KEPT] = some;
		if (round % 20 === 19)
			global.gc();
		await turn();
	}
}

// What is noted is all there is: after this collection nothing asks for another.
async function settle()
{
	global.gc();
	for (let i = 0; i < 3; i++)
		await turn();
	observer.takeRecords().forEach(note);
}

function takeLine()
{
	const byte = Buffer.alloc(1);
	try {
		while (fs.readSync(0, byte, 0, 1) === 1)
			if (byte[0] === 10)
				return true;
	} catch (error) {
		if (error.code !== 'EOF')
			throw error;
	}
	return false;
}

function worker()
{
	parentPort.once('message', async () => {
		observer.observe({ entryTypes: ['gc'] });
		await makeGarbage();
		await settle();
		parentPort.postMessage(noted);
		// Until the process ends: a loop that turns makes garbage.
		Atomics.wait(new Int32Array(workerData), 0, 0);
	});
	parentPort.postMessage('ready');
}

async function main()
{
	const other = new Worker(__filename, { workerData: new SharedArrayBuffer(4) });
	const message = () => new Promise(resolve => other.once('message', resolve));

	await message();
	fs.writeSync(1, 'ready\n');
	takeLine();
	observer.observe({ entryTypes: ['gc'] });
	const theirs = message();
	other.postMessage('go');
	await makeGarbage();
	const all = await theirs;
	await settle();
	fs.writeSync(1, JSON.stringify({ events: noted.concat(all) }) + '\n');
	takeLine();
	process.exit(0);
}

isMainThread ? main() : worker();
