/* SPDX-License-Identifier: Apache-2.0 */
/* field.h - one option's field: a value, or a list {pointer, count} of values. */
#pragma once

#include "user/config/option.h"

/* More entries than this in one list is a mistake. */
#define LIMIT_LIST_ITEMS 4096

/*
 * Set the field from `text`, or add what `text` names to it when it is a list.
 * On failure the field is untouched, `bad` is the piece at fault, and it is
 * -EINVAL (not such a value), -EILSEQ (not plain text) or -E2BIG (LIMIT_LIST_ITEMS).
 */
int field_add(const struct option *option, void *field, struct str text, struct str *bad);
/* Free what is owned and set to nothing. */
void field_clear(const struct option *option, void *field);
void field_print(const struct option *option, const void *field, FILE *to);
/* "a number from 1 to 10"; the caller frees. */
char *field_expected(const struct option *option);
/* Why field_add() said `r`: "`who`: "x" is not a number from 1 to 10". */
void field_error(const struct option *option, const char *who, struct str bad, int r,
		 struct config_error *error);
