/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrape.h - from what collectors say to the whole answer of one scrape.
 *
 * A scrape is a sink. Samples are kept as they come, each in the buffer of its
 * family, so that two collectors may name the same metric and families still stand
 * together. Text is kept as labels and numbers, a tenth of its lines, and becomes
 * lines while it is sent (stream.h): an answer's length is nowhere limited, its memory
 * is. A sample for which there is no room is left out and counted.
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
	DROP_SIZE,	/* LIMIT_SCRAPE_BYTES */
	DROPS,
};

/* A finished answer: families in the order of their names. */
struct answer {
	const struct format *format;
	struct family **families; /* owned */
	size_t count, bytes;	  /* the last as they are kept */
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
	uint64_t seed;
	struct number_set series, resources;
	struct labels labels;
	uint64_t dropped[DROPS];
};

void scrape_begin(struct scrape *s, const struct format *format, size_t limit);
void scrape_end(struct scrape *s, struct answer *ret);
void scrape_free(struct scrape *s);
void answer_free(struct answer *answer);
const char *drop_name(enum drop drop);
