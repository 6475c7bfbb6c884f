/* SPDX-License-Identifier: Apache-2.0 */
/* web_config.c - any text as web.config.file: taken or refused with a reason, nothing else. */
#include <stdlib.h>

#include "user/export/prometheus/web_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_error error = {};
	struct web_config *c = NULL;

	if (web_config_parse((struct str){ (const char *)data, size }, "fuzz", &c, &error)) {
		if (c || !error.text[0])
			abort();
		return 0;
	}
	if (c->tls && !c->cert == !c->cert_file)
		abort();
	web_config_free(c);
	return 0;
}
