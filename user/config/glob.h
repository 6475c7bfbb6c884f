/* SPDX-License-Identifier: Apache-2.0 */
/* glob.h - how patterns of options are matched. */
#pragma once

#include "user/base/str.h"

/* A text of PATH_MAX or more matches nothing. */
bool glob_matches(const char *glob, struct str text);
/* A glob with a '/' is for the whole path, one without for the executable's name. */
bool exe_matches(const char *glob, struct str exe);
