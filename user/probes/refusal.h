/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.h - why something could not be probed; each is counted, and told of the process. */
#pragma once

#include "user/base/str.h"

enum refusal {
	REFUSED_NOT,	       /* it could */
	REFUSED_NO_HOOKS,      /* none of the hooks is in the file: not counted, it is no failure */
	REFUSED_READER_FAILED, /* the reader ended without an answer, or could not read the process */
	REFUSED_READER_LATE,   /* it took longer than it may */
	REFUSED_READER_NONSENSE, /* it named what there is not */
	REFUSED_UNOPENED,	 /* an executable file of it could not be opened; the others were */
	REFUSED_UNREAD,		 /* one is no ELF file of this machine, broken, or too large */
	REFUSED_OUTSIDE,	 /* no executable mapping of the process has the place */
	REFUSED_NO_INSTRUCTION,	 /* none begins there; of a USDT: no nop */
	REFUSED_SEMAPHORE,	 /* it lies in no writable mapping, or is not 0 in the file */
	REFUSED_FILE,		 /* the file is none, cannot be read, or changed meanwhile */
	REFUSED_GONE,		 /* the process ended, or began another program */
	REFUSED_ATTACHER_LATE,	 /* checking and attaching took longer than it may */
	REFUSED_ATTACHER_FAILED, /* who did that ended without an answer */
	REFUSED_KERNEL,		 /* the kernel took no probe there */
	REFUSED_RETURN,		 /* it needs a return probed, which could end programs here */
	REFUSED_LIMIT,		 /* more processes, files or probes than may be */
	REFUSALS,
};

/* A label: "reader-late". */
const char *refusal_name(enum refusal refusal);
/* For sonde explain, with what to do where there is something; NULL: no such name. */
const char *refusal_sentence(struct str name);
