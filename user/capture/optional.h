/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optional.h - sonde goes on without what it can do without, when the kernel refuses its programs.
 *
 * One program that the verifier refuses fails the load of all, and nothing says which it was. So
 * each optional feature is tried alone; what is refused goes on to its next flavour, or has none.
 */
#pragma once

#include "user/capture/features.h"

/* Would the kernel take the programs of `alone`, if there were no others? 0 or a negative errno. */
typedef int features_try(void *context, const struct feature_state alone[FEATURES]);

/* Did any give way? Else the cause is elsewhere, and nothing has changed. */
bool optional_give_way(struct feature_state states[FEATURES], features_try *try, void *context);
