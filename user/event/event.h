/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h - the one place where bytes of a ring or a tape become a record.
 *
 * A record is checked against the table of record types (least size, what its
 * payload may be) before anyone casts it. Records that pass may be read through
 * the structs of headers/record.h without further checks of length.
 */
#pragma once

#include "headers/record.h"
#include "user/base/str.h"

/*
 * The record at the front of `bytes`, which must be aligned to 8. NULL when it
 * is not whole or not well formed.
 */
const struct record *event_check(struct str bytes);

/* "connection", "bytes", ...; "unknown" for a type that is none. */
const char *event_type_name(uint16_t type);
