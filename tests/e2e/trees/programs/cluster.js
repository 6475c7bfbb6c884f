// SPDX-License-Identifier: Apache-2.0
// cluster.js - work.js in two processes: the first accepts connections and passes them on in turn.
'use strict';
const cluster = require('cluster');

cluster.schedulingPolicy = cluster.SCHED_RR;
if (cluster.isPrimary)
	for (let i = 0; i < 2; i++)
		cluster.fork();
else
	require('./work.js');
