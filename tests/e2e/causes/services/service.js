// SPDX-License-Identifier: Apache-2.0
//
// Waits on purpose, in one event loop: README.md. Wants --expose-gc, the port of the slow
// service, and the cpu.stat of its cgroup, which need not be there.

'use strict';
const fs = require('fs');
const http = require('http');
const { performance, PerformanceObserver } = require('perf_hooks');

const SPIN_NS = 50e6;
const slow = { host: '127.0.0.1', port: Number(process.argv[2]), agent: new http.Agent({ keepAlive: true }) };
const heap = Array.from({ length: 600000 }, (_, i) => ({ i, next: { i } }));

const now = () => Number(process.hrtime.bigint());

// That file is as of the last tick, or switch, unless the kernel has just been asked what the process used.
function account()
{
	process.cpuUsage();
	return fs.readFileSync('/proc/self/schedstat', 'ascii').split(' ').slice(0, 2).map(Number);
}

function throttled()
{
	let text;

	try {
		text = fs.readFileSync(process.argv[3], 'ascii');
	} catch {
		return 0;
	}
	const [, unit, value] = text.match(/^throttled_(time|usec) (\d+)$/m);
	return Number(value) * (unit === 'usec' ? 1000 : 1);
}
const say = line => fs.writeSync(1, JSON.stringify(line) + '\n');

// Collections that nobody asked for, too; what is to be added to performance.now() is measured once.
const offset = now() - performance.now() * 1e6;
const tell = ({ startTime, duration }) => say({
	collected: [...[startTime, startTime + duration].map(ms => ms * 1e6 + offset), 0, 0, 0],
});
new PerformanceObserver(list => list.getEntries().forEach(tell)).observe({ entryTypes: ['gc'] });

// The steps of a request; each says what kept it in `line`.
const steps = {
	quick() {},
	spin() {
		const until = account()[0] + SPIN_NS;
		for (let i = 0; account()[0] < until;)
			for (const end = i + 1000000; i < end;)
				i++;
	},
	collect(line) {
		const held = throttled(), [cpu, waits] = account(), began = now();
		global.gc();
		const ended = now(), [cpu2, waits2] = account(), waited = waits2 - waits;
		line.gc.push([began, ended, waited, Math.max(ended - began - waited - (cpu2 - cpu), 0), throttled() - held]);
	},
	call(line) {
		const began = now(), [cpu, waits] = account();
		return new Promise(resolve => http.get({ ...slow, path: '/' }, answer => {
			answer.resume();
			answer.on('end', () => {
				const [cpu2, waits2] = account();
				line.call.push([began, now(), cpu2 - cpu, waits2 - waits]);
				resolve();
			});
		}));
	},
	async during(line) {
		const called = steps.call(line);
		// Once the question is written.
		await new Promise(resolve => setTimeout(resolve, 10));
		steps.collect(line);
		await called;
	},
};

async function serve(request, response)
{
	const [, path, id] = request.url.split('/');
	const line = { id: Number(id), thread: process.pid, began: now(), at_begin: account(), gc: [], call: [] };

	say({ begins: line.id });
	for (const step of path.split('-'))
		await steps[step](line);
	// Who waits for the CPU after the answer keeps no request waiting.
	const waited = account()[1];
	response.on('finish', () => say({ ...line, ended: now(), at_end: [account()[0], waited] }));
	response.end('ok');
}

global.gc();
const server = http.createServer({ keepAliveTimeout: 0 }, serve);
server.listen(0, '127.0.0.1', () => say({ port: server.address().port, heap: heap.length }));
process.stdin.on('data', () => {}).on('end', () => process.exit(0));
