// SPDX-License-Identifier: Apache-2.0
// nest.js PORT NEXT - a NestJS controller that fetches; decorators are called as functions.
'use strict';
require('reflect-metadata');
const { Controller, Get, Module, Param } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');

const [port, next] = process.argv.slice(2);

class Work {
	async work(id) {
		const answer = await fetch(`http://127.0.0.1:${next}/next/${id}`, { headers: { 'x-request-id': id } });
		return answer.text();
	}
}
Param('id')(Work.prototype, 'work', 0);
Get('entry/:id')(Work.prototype, 'work', Object.getOwnPropertyDescriptor(Work.prototype, 'work'));
Controller()(Work);

class Application {}
Module({ controllers: [Work] })(Application);

NestFactory.create(Application, { logger: false }).then(application => application.listen(port, '127.0.0.1'));
