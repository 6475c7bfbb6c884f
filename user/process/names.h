/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - service.name without a change of code.
 *
 * The rules are one table in names.c, in the order tried; the first that finds
 * a name gives it. One more source of names is one more row.
 */
#pragma once

#include "user/config/config.h"
#include "user/process/process.h"

/* What rules may look at. Texts may be empty; those of the process are hostile. */
struct clues {
	const struct config *config;
	const struct process_files *files;
	struct str exe; /* a path */
	struct str comm;
	struct str environ; /* "KEY=value\0..." */
	struct str cmdline; /* "argv[0]\0argv[1]\0..." */
	struct str cgroup;  /* the text of /proc/PID/cgroup */
	struct str ports;   /* decimal, separated by spaces */
};

/* Append the name and return the name of the rule that gave it; never NULL. */
const char *service_name_find(const struct clues *clues, struct buf *ret);

/* What stands after the last slash. */
struct str path_name(struct str path);
