/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime.h - the runtime of a language: how to know it, where to probe it, what its pauses mean.
 *
 * A runtime is a folder user/runtime/NAME/ that ends in `const struct runtime runtime_NAME`, and
 * one line in runtimes.c. Its number there is what records and probes call it by.
 *
 *	purpose "gc"  --  sets in the order tried  --  hooks: all of a set are needed
 *
 * Of each purpose the first set is taken of which every hook was found in the file, and the next
 * one when that stays silent while the process burns CPU time.
 */
#pragma once

#include <stdbool.h>

#include "headers/probe.h"
#include "user/model/attribute.h"
#include "user/model/series.h"

struct image; /* an ELF file: user/elf/image.h */

enum place {
	PLACE_SYMBOL, /* a function by its name in .symtab or .dynsym */
	PLACE_USDT,   /* a note: "provider:name"; every site of it */
	PLACE_GO,     /* a function by its name in Go's line table */
};

struct hook {
	enum place place;
	/* As mangled. A default version, and clones as in ".constprop.0", are found as well. */
	const char *name;
	bool is_prefix; /* any function whose name begins so: arguments' types differ by release */
	/* When the function returns, by a changed return address: never where unwinding may meet it. */
	bool at_return;
	enum probe_action action;
	enum probe_scope scope;
	uint16_t kind; /* the runtime's own; begin and end of a pause have the same */
	/* What is read there, by the argument's number from 1; 0: nothing. */
	uint8_t value, value_bytes;
	bool value_signed;
	uint8_t text;	  /* one that is the address of a text */
	uint8_t constant; /* what each hit gives as its value, where nothing is read; 0: nothing */
	/* Where a pause of a purpose that collects begins: bit n: one with the value n does; 0: all do. */
	uint64_t collecting;
};

enum { SET_HOOKS = 8, PURPOSE_SETS = 5, RUNTIME_PURPOSES = 4, RUNTIME_VERSION = 32 };

struct hook_set {
	const char *name; /* of the flavour, in sonde_hook_info; NULL ends the sets */
	/* Of this version and later ones, of whose arguments it knows; the next set then is left out:
	 * it is the same for earlier ones. NULL: any. */
	const char *since;
	struct hook hooks[SET_HOOKS]; /* name NULL ends them */
};

struct purpose {
	const char *name; /* "gc", "safepoint", "gil"; NULL ends the purposes */
	bool collects; /* its pauses are collections: pause.is_collection of what begins at its hooks */
	const char *without; /* what is not told where no set can be had */
	struct hook_set sets[PURPOSE_SETS];
};

enum { PAUSE_ATTRIBUTES = 3 };

/* What a pause was, for the user. Texts are literals. */
struct pause {
	struct str kind;    /* label of sonde_pause_seconds; empty: it is not to be counted */
	bool is_collection; /* it counts as garbage collection where delays are told apart */
	/* The conventions' own histogram of it, and its attributes; NULL: there is none. */
	const struct metric_group *group;
	struct attribute attributes[PAUSE_ATTRIBUTES];
	size_t attribute_count;
};

struct runtime {
	const char *name; /* label of sonde_pause_seconds, as in telemetry.sdk.language; "jvm" */
	/* Is the file this runtime's? `version` is set where the file tells, else empty. */
	bool (*recognise)(const struct image *image, char version[static RUNTIME_VERSION]);
	/* It walks its own stacks, so no return address may be changed: no hook is at_return. */
	bool walks_stacks;
	/* Who reads an event runs all that it leads to before it takes another: a lock or a helper
	 * that it waits for meanwhile does not mean other work. */
	bool runs_to_end;
	struct purpose purposes[RUNTIME_PURPOSES];
	void (*describe)(const struct record_pause *record, struct pause *ret);
};

/* Is `version` that of `since` or a later one? Numbers between dots; false where it is not told. */
bool runtime_reaches(const char *version, const char *since);

/* What of the pauses that begin there is collection, as in struct probe. */
uint64_t hook_collects(const struct purpose *purpose, const struct hook *hook);

/* All there are, ended by NULL. */
extern const struct runtime *const runtimes[];
enum { RUNTIMES_MAX = 16 };
