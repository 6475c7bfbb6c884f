// SPDX-License-Identifier: Apache-2.0
// subject.js LOAD [WORKER...] - a loop that works as LOAD says, and logs its own truth: a line on
// "begin", and on "end" what perf_hooks says of the time since. LOAD "idle-off" measures nothing itself.
'use strict';
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const { Worker, isMainThread, workerData } = require('node:worker_threads');

function spin(ms) {
	const end = performance.now() + ms;

	while (performance.now() < end);
}

let seed = 7;

function random() {
	seed = (seed * 1103515245 + 12345) & 0x7fffffff;
	return seed / 0x7fffffff;
}

function again(work) {
	work();
	setImmediate(again, work);
}

const loads = {
	idle() {},
	// Keeps awake all that would end else, and measures nothing.
	'idle-off'() { setInterval(() => {}, 1000); },
	'half'() { const work = () => { spin(7); setTimeout(work, 7); }; work(); },
	// The period is the timer's own: they meet at each other's turns.
	'half-in-step'() { setInterval(() => spin(10), 20); },
	'half-mixed'() {
		const work = () => { const ms = 5 + random() * 55; spin(ms); setTimeout(work, ms); };

		work();
	},
	'saturated'() { again(() => spin(3)); },
	'saturated-mixed'() { again(() => spin(5 + random() * 55)); },
	'spins'() { setInterval(() => spin(50), 500); },
};

const load = isMainThread ? process.argv[2] : workerData;
const silent = load === 'idle-off';
let delays, before, began;

function begin() {
	delays?.disable();
	delays = silent ? undefined : monitorEventLoopDelay({ resolution: 10 });
	delays?.enable();
	before = performance.eventLoopUtilization();
	began = process.hrtime.bigint();
	console.log('begun');
}

function end() {
	const { utilization, active, idle } = performance.eventLoopUtilization(before);
	const elapsed = Number(process.hrtime.bigint() - began) / 1e9;
	const truth = { utilization, active: active / 1e3, idle: idle / 1e3, elapsed };

	delays?.disable();
	for (const name of delays ? ['min', 'max', 'mean', 'stddev'] : [])
		truth[name] = delays[name] / 1e9;
	for (const share of delays ? [50, 90, 99] : [])
		truth['p' + share] = delays.percentile(share) / 1e9;
	console.log(JSON.stringify(truth));
}

loads[load]();
if (isMainThread) {
	for (const other of process.argv.slice(3))
		new Worker(__filename, { workerData: other });
	process.stdin.on('data', (data) => {
		for (const word of data.toString().trim().split('\n'))
			word === 'begin' ? begin() : end();
	});
	console.log('ready');
} else {
	setInterval(() => {}, 100);
}
