/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.h - the worker's life: made, given the files that it asks for, and made
 * again when it died.
 */
#pragma once

#include "user/monitor/state.h"

void keeper_init(struct monitor *m);
/* 0, or negative errno: there will be no worker. */
int keeper_spawn(struct monitor *m);
void keeper_drop(struct monitor *m);
/* The configuration works: there is no going back to the one before. */
void keeper_trust(struct monitor *m);
