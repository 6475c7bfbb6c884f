/* SPDX-License-Identifier: Apache-2.0 */
/* reach.h - what OTLP will read again and connect to while it runs, and whether it can. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct config;

/* As in struct exporter. */
void otlp_paths(const struct config *config, void (*each)(void *context, const char *path),
		void *context);
void otlp_ports(const struct config *config, void (*each)(void *context, uint16_t port),
		void *context);
bool otlp_resolves(const struct config *config);

/* NULL, or which certificate or key cannot be read, and what to do. Valid until the next call. */
const char *otlp_unreadable(const struct config *config);
