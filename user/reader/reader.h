/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - a child that finds out which runtimes a process has, and where to probe them.
 *
 *	monitor -- fork --> opens /proc/PID/maps and what is mapped from there to be executed
 *	                --> gives up every privilege, and every call but reading and writing
 *	                --> reads the files (user/elf/), writes one message, ends
 *
 * What it says is believed of nobody: who attaches checks each place against the process's
 * executable mappings and against the beginnings of instructions. One child a process, ended when
 * it takes longer than READER_NS or needs more memory than READER_BYTES.
 *
 * Its memory is a copy of the monitor's: the configuration with what is sent to collectors
 * (otlp.headers) is in it, and the environment; no request ever is. One that was taken over can say
 * of that what fits into its one message, to the monitor: the texts of versions, which the worker
 * shows to who reads metrics. It has no other descriptor than /dev/null and its files.
 */
#pragma once

#include <sys/types.h>

#include "headers/probe.h"
#include "user/runtime/runtime.h"

#define READER_NS UINT64_C(5000000000)

enum {
	READER_BYTES = 64 << 20,
	READER_FILES = 8, /* in which something was found */
	READER_PLACES = 96,
};

/* One probe of one hook; a USDT of several sites has several. */
struct found_place {
	uint16_t runtime, purpose, set, hook; /* numbers in their tables */
	uint16_t file;			      /* of the descriptors that came with the message */
	uint8_t at_return;
	uint8_t prologue_bytes; /* from the function's first byte to the place: whole instructions */
	uint32_t padding;
	uint64_t offset;	   /* in the file */
	uint64_t semaphore_offset; /* in the file: counted up while somebody listens; 0: none */
	struct probe_argument value, text;
};

struct found_runtime {
	uint16_t runtime, file;
	char version[RUNTIME_VERSION];
};

/* A message of this size and its descriptors, over a SOCK_SEQPACKET pair. */
struct reader_answer {
	int32_t error;	   /* negative errno: nothing could be read at all */
	uint32_t unopened; /* executable files that could not be opened, or were another by then */
	uint32_t refused;  /* files that were not read: no ELF of this machine, broken, too large */
	uint16_t runtime_count, place_count;
	struct found_runtime runtimes[READER_FILES];
	struct found_place places[READER_PLACES];
};

/*
 * Fork a child that reads the process and answers at `*ret`, the caller's then. The pid, or
 * negative errno. End of file without a message: it was ended by a limit, or crashed.
 */
pid_t reader_start(struct process_id process, int *ret);
/*
 * The message, and its descriptors, -1 where there are fewer. Its numbers are within their tables,
 * and of each place nothing is read, and no semaphore counted, but what its hook needs; whether it
 * is a place is not asked. 0 or negative errno: -EAGAIN it is not there yet,
 * -ENODATA end of file without one, -EBADMSG it is none.
 */
int reader_take(int fd, struct reader_answer *ret, int files[READER_FILES]);
