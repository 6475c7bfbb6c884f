/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - what is the same for all processes of this host. */
#pragma once

struct host {
	char id[65]; /* machine-id; empty when the host has none */
	char name[65];
	char arch[65]; /* OpenTelemetry's host.arch: "amd64", "arm64", ... */
};

/* Read once, at the first call: make it before files cannot be opened any more. */
const struct host *host_facts(void);
