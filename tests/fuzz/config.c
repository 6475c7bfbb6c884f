/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - any bytes as a configuration file; what is accepted prints and reads back. */
#include <stdlib.h>

#include "user/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config = NULL, *again = NULL;
	struct config_error error;
	char *text = NULL;
	size_t len;
	FILE *to;

	if (config_read_text((struct str){ (const char *)data, size }, "f", &config, &error)) {
		if (config || !memchr(error.text, '\0', sizeof(error.text)))
			abort();
		return 0;
	}
	to = open_memstream(&text, &len);
	config_print(config, to);
	fclose(to);
	/* A masked query is no URL for otlp.endpoint; anything else must read back. */
	if (config_read_text((struct str){ text, len }, "again", &again, &error)) {
		fprintf(stderr, "%s\n%s", error.text, text);
		abort();
	}
	config_free(again);
	config_free(config);
	free(text);
	return 0;
}
