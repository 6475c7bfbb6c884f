/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest_probe.h - probes are trusted when they have been seen to fire: one at the beginning and one
 * at the end of a pause that our own child makes up, whose record must say how long and what it was.
 */
#pragma once

#include "user/capture/capture.h"

enum { SELFTEST_LINKS = 2 };

struct selftest_probe {
	int links[SELFTEST_LINKS], count;
};

/* Where an address of our own text lies in our file. */
uint64_t selftest_offset(uintptr_t address);
/* Into our own text; 0 or negative errno. */
int selftest_probe_attach(struct capture *c, struct selftest_probe *ret);
/* The child's: run into both. */
void selftest_probe_pause(void);
/* Is that what the record tells of? */
bool selftest_probe_saw(const struct record_pause *r);
void selftest_probe_detach(struct capture *c, struct selftest_probe *p);
