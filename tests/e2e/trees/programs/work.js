// SPDX-License-Identifier: Apache-2.0
// work.js PORT NEXT http|fetch FLAVOUR - one event loop; FLAVOUR is how a request comes to its call.
// It listens on $SOCKET as well, if there is one.
'use strict';
const http = require('http');
const { setTimeout: rest, setImmediate: turn } = require('timers/promises');

const [port, next, api, flavour] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });

const apis = {
	http: id => new Promise((resolve, reject) => {
		const options = { host: '127.0.0.1', port: next, path: '/next/' + id, agent, headers: { 'x-request-id': id } };
		http.get(options, answer => {
			answer.resume();
			answer.on('end', resolve);
		}).on('error', reject);
	}),
	fetch: async id => {
		const answer = await fetch(`http://127.0.0.1:${next}/next/${id}`, { headers: { 'x-request-id': id } });
		await answer.text();
	},
};
const call = apis[api];
const shortly = () => rest(1 + Math.floor(Math.random() * 5));

async function afterPromises(id) {
	for (let i = 0; i < 5; i++)
		await Promise.resolve(i);
	await Promise.all([1, 2, 3].map(async n => n));
	await call(id);
}

function afterQuery() {
	const pool = new (require('pg').Pool)({ host: '127.0.0.1', user: 'postgres', max: 10 });
	return async id => {
		await pool.query('select $1::text', [id]);
		await call(id);
	};
}

// Calls of the program's own, which no request caused.
function besideOwnCalls() {
	let number = 0;
	setInterval(() => call('bg-' + number++).catch(() => {}), 2);
	return call;
}

// The second of two requests waits for the call of the first.
function shared() {
	let pending = null;
	return id => {
		if (pending) {
			const its = pending;
			pending = null;
			return its;
		}
		const mine = pending = call(id).finally(() => {
			if (pending === mine)
				pending = null;
		});
		return mine;
	};
}

// Two calls at once; who waits is begun by the end of somebody else's.
function limited() {
	const waiting = [];
	let running = 0;
	return async id => {
		if (running === 2)
			await new Promise(resolve => waiting.push(resolve));
		else
			running++;
		try {
			await call(id);
		} finally {
			if (waiting.length)
				waiting.shift()();
			else
				running--;
		}
	};
}

const flavours = {
	leaf: () => async () => {},
	direct: () => call,
	promises: () => afterPromises,
	timer: () => async id => { await shortly(); await call(id); },
	immediate: () => async id => { await turn(); await call(id); },
	postgres: afterQuery,
	background: besideOwnCalls,
	shared,
	limiter: limited,
	late: () => call,
};
const work = flavours[flavour]();

async function serve(request, response) {
	const id = request.url.split('/').pop();
	if (flavour === 'late') {
		response.end('ok');
		await shortly();
	}
	await work(id);
	response.end('ok');
}

const listener = (request, response) => serve(request, response).catch(error => {
	console.error(error);
	response.statusCode = 500;
	response.end();
});
for (const place of [{ port, host: '127.0.0.1' }, { path: process.env.SOCKET }])
	if (place.port || place.path)
		http.createServer({ keepAliveTimeout: 0 }, listener).listen({ backlog: 1024, ...place });
