/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.h - what an interpreter was told to run.
 *
 *	node --inspect dist/main.js	SCRIPT_FILE  dist/main.js
 *	python3 -u -m http.server	SCRIPT_NAME  http.server
 *	java -cp x.jar shop.Main	SCRIPT_NAME  shop.Main
 *
 * Only options that take a value of their own are known by name; the table of
 * interpreters has them.
 */
#pragma once

#include "user/base/str.h"

enum script_kind {
	SCRIPT_NONE, /* code on the command line, standard input, or not understood */
	SCRIPT_FILE, /* a path */
	SCRIPT_NAME, /* a module or class */
};

struct interpreter {
	const char *name;     /* of the executable, without version */
	const char *language; /* telemetry.sdk.language, or NULL: not among OpenTelemetry's */
	/* Separated by spaces, and at the ends: options whose next argument is their value, ... */
	const char *valued;
	const char *code;   /* ... after which there is no script, ... */
	const char *file;   /* ... whose value is the script, ... */
	const char *module; /* ... or the name of a module */
	const char *verbs;  /* words before the script */
	const char *ending; /* of script files, left out of names; more than one: by spaces */
	bool class;	    /* what is not an option is a class, unless it ends in `ending` */
	bool clusters;	    /* "-um" is "-u -m" */
	bool package;	    /* the nearest package.json has the name */
};

/* By the executable's name ("python3.11"); NULL when it is none. */
const struct interpreter *interpreter_find(struct str exe_name);

/* `cmdline` is argv, each argument ended by a NUL. `ret` borrows from it. */
enum script_kind script_find(const struct interpreter *interpreter, struct str cmdline,
			     struct str *ret);

/* "dist/shop-1.2.3.jar" is "shop": no directory, ending or version. */
struct str script_name(const struct interpreter *interpreter, struct str path);
