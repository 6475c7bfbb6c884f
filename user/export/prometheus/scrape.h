/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrape.h - from what collectors say to the whole answer of one scrape.
 *
 * A scrape is a sink. Samples are written as they come, each into the buffer of
 * its family, so that two collectors may name the same metric and families still
 * stand together. An answer is whole or there is none: past its limit nothing
 * is kept.
 */
#pragma once

#include "user/export/prometheus/format.h"

/* Families of one scrape; sonde has about a hundred metrics. */
enum { SCRAPE_FAMILIES = 1024 };

/* Why a sample is not in the answer. */
enum drop {
	DROP_DUPLICATE, /* its series is there already */
	DROP_CONFLICT,	/* its name belongs to a metric of another kind */
	DROP_LABELS,	/* more labels, or longer, than labels.h allows */
	DROP_FAMILIES,	/* SCRAPE_FAMILIES */
	DROPS,
};

/* A finished answer: pieces to be sent one after the other. */
struct body {
	struct buf *pieces; /* owned */
	size_t count, bytes;
};

struct number_set {
	uint64_t *at;
	size_t used, room;
};

struct scrape {
	struct metric_sink sink;
	const struct format *format;
	struct family **families;
	size_t count;
	struct family *current; /* NULL: its samples are dropped for `refused` */
	enum drop refused;
	struct family *targets;
	size_t left; /* bytes until the limit */
	bool too_large;
	uint64_t seed;
	struct number_set series, resources;
	struct labels labels;
	struct buf scratch;
	uint64_t dropped[DROPS];
};

void scrape_begin(struct scrape *s, const struct format *format, size_t limit);
/* Families in the order of their names. -ENOSPC and `ret` untouched when the limit was passed. */
int scrape_end(struct scrape *s, struct body *ret);
void scrape_free(struct scrape *s);
void body_free(struct body *body);
const char *drop_name(enum drop drop);
