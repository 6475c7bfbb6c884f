/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delayed.h - what the time of requests went to, by service, route and cause.
 *
 * The rows of model/series.h, added up when an exporter asks: by resource and one attribute.
 */
#pragma once

#include "user/model/series.h"

struct delayed_table;

struct delayed_table *delayed_new(const struct series *series);
void delayed_free(struct delayed_table *t);
struct collector *delayed_collector(struct delayed_table *t);
