/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - texts for a span, made of what came from the wire; nobody but
 * http_describe() includes it.
 *
 * Each is borrowed as it is where nothing needs to change, else made in the
 * span's scratch. One that does not fit is empty and counted as dropped.
 */
#pragma once

#include "user/model/span.h"

/* Let scratch grow to its limit now, so that no text in it moves later. */
void text_reserve(struct span *span);
/* Valid UTF-8 on one line, without control characters. */
struct str text_clean(struct span *span, struct str text);
struct str text_query(struct span *span, struct str query);
/* "scheme://authority/path?query", redacted. */
struct str text_url(struct span *span, struct str scheme, struct str authority, struct str path,
		    struct str query);
/* The peer as an authority, "10.0.0.1:80" or "[::1]:80"; empty when it is not known. */
struct str text_peer(struct span *span);
struct str text_pair(struct span *span, struct str first, struct str second);
/* All values of a header that is a list (lists.h) as one list. */
struct str text_list(struct span *span, struct str text, struct str name);
/* A member of baggage's value, decoded. */
struct str text_baggage(struct span *span, struct str value);
struct str text_number(struct span *span, uint64_t number);
