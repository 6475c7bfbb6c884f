/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.h - who has which row of the map `probes`.
 *
 * A row that is given back waits behind all that are free, and its next owner has another generation:
 * a hit that was under way for the owner before finds itself meant for nobody.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "headers/probe.h"

struct rows {
	struct probe *at; /* shared with the kernel half */
	uint16_t free[PROBES_MAX];
	size_t first, count; /* of `free`, a ring */
};

void rows_init(struct rows *r, struct probe *at);
/* 0, or -ENOSPC when there are not that many. They mean nothing yet. */
int rows_take(struct rows *r, size_t count, uint16_t *ret);
/* From now on it means this, and has not been hit; its generation stays the row's. */
void rows_set(struct rows *r, uint16_t row, const struct probe *meaning);
void rows_act(struct rows *r, uint16_t row, enum probe_action action);
uint64_t rows_cookie(const struct rows *r, uint16_t row);
uint64_t rows_hits(const struct rows *r, uint16_t row);
/* Nobody's again. */
void rows_give(struct rows *r, const uint16_t *rows, size_t count);
