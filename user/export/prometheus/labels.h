/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels.h - the labels of one sample, made anew for each and common to all formats.
 *
 * Names are legal in Prometheus, no name stands twice, values are valid UTF-8
 * without control characters, and empty ones are left out (Prometheus holds them
 * for absent).
 */
#pragma once

#include "user/base/buf.h"
#include "user/model/metric.h"

/* A resource's attributes, job, instance, the scope's three; a sample's are fewer. */
enum { LABELS = 64, LABELS_BYTES = 1 << 20 };

struct label {
	size_t name, value; /* where in text; both end with a NUL */
	size_t name_len, value_len;
};

struct labels {
	struct label at[LABELS];
	size_t count;
	struct buf text;
};

static inline struct str label_name(const struct labels *l, size_t i)
{
	return (struct str){ l->text.at + l->at[i].name, l->at[i].name_len };
}

static inline struct str label_value(const struct labels *l, size_t i)
{
	return (struct str){ l->text.at + l->at[i].value, l->at[i].value_len };
}

void labels_init(struct labels *l);
void labels_free(struct labels *l);

/*
 * The labels of a sample: job and instance of its resource if it has one, the
 * scope, then its attributes. Attributes that become the same label are joined
 * with ";" in the order of their keys; one that would hide a label of ours
 * becomes exported_*.
 * -ENOSPC when there are too many or they are too long.
 */
int labels_of_sample(struct labels *l, const struct sample *sample);

/* Those of target_info: job, instance, and what else the resource knows; no scope. */
int labels_of_target(struct labels *l, const struct resource *resource);

/* The same for the same labels in whatever order. */
uint64_t labels_hash(const struct labels *l, uint64_t seed);
