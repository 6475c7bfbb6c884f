/* SPDX-License-Identifier: Apache-2.0 */
/* exit.h - how sonde ends, for who started it. */
#pragma once

enum {
	EXIT_OK = 0,	 /* ended when asked */
	EXIT_FAILED = 1, /* failed while running */
	EXIT_USAGE = 2,	 /* usage or configuration */
	EXIT_CANNOT = 3, /* this host cannot; what was said tells what to do */
};
