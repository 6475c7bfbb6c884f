/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/exporter.h"

extern const struct exporter exporter_prometheus, exporter_otlp, exporter_console;

const struct exporter *const exporters[] = {
	&exporter_prometheus,
	&exporter_otlp,
	&exporter_console,
	NULL,
};
