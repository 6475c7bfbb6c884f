// SPDX-License-Identifier: Apache-2.0
// sdk.js - required before a program: the OpenTelemetry SDK for its http and fetch, set up by OTEL_ variables.
'use strict';
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');
const { NodeSDK } = require('@opentelemetry/sdk-node');

new NodeSDK({
	traceExporter: new OTLPTraceExporter(),
	instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
}).start();
