/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * goroutine.h - for whom a goroutine writes.
 *
 *	caller:    errors := make(chan error, 1)       connection's goroutine:
 *	           asked <- {request, errors, ...}     for { select {
 *	           select {                              case it := <-asked: write; it.errors <- ...
 *	             case err := <-errors: ...           case <-closed: return
 *	             case <-closed: ...                } }
 *	           }
 *
 * So does net/http's client (transport.go, alike since 1.6). While the request is written, the
 * channel that came with it has one waiter, who waits for the end of the connection as well:
 * the goroutine that called. It is read from the writer's outermost frame, where the two cases of
 * the select lie with a pointer to where the message went, and from the queues of the channels.
 *
 * Nothing is taken for what it should be: sizes of elements, a queue of one, and the waiter's
 * pointer back to the channel must be there, or nothing is said. What lies elsewhere in some
 * releases is told by that as well.
 */
#pragma once

#include "bpf/kernel.h"

enum {
	GO_STACK_BYTES = 1 << 30,
	GO_STACK_ALIGNED = 2048, /* the smallest stack; others are multiples, and begin at such */
	WORD = 8,
	FRAME_WORDS = 8, /* read at once of the outermost frame, its end first */
	FRAME_READS = 8,
	CASES_WORDS = 4, /* closed, NULL, asked, where the message goes */
	CASES_READ = FRAME_WORDS - CASES_WORDS + 1,
	MESSAGE_BYTES = 24, /* request, errors, and one more */
	ERROR_BYTES = 16,
	/* Of a channel, in words: its size, a pointer, then the size of elements with `closed` above. */
	CHANNEL_SIZE = 1,
	CHANNEL_RECEIVERS = 7, /* first and last that wait; since 1.23 one word later */
	/* Of one that waits: its g, the next and the one before it. */
	WAITER_G = 0,
	WAITER_CHANNEL = 10, /* since 1.26 one or two words later */
};

/* Three words of an object; false: there are none. */
static __always_inline bool words_read(__u64 object, __u32 first, __u64 ret[3])
{
	return object && object % WORD == 0 &&
	       !bpf_probe_read_user(ret, 3 * WORD, (void *)(object + first * WORD));
}

/* Is it an open channel of such elements, which keeps so many? */
static __always_inline bool is_channel(__u64 at, __u32 element_bytes, __u32 size, __u64 words[3])
{
	return words_read(at, CHANNEL_SIZE, words) && words[0] == size && words[2] == element_bytes;
}

/* The g of the only goroutine that waits for such a channel; 0: none, or it is no such channel. */
__noinline __u64 channel_waiter(__u64 at, __u32 element_bytes, __u32 size)
{
	__u64 words[3], waiter, g;

	if (!is_channel(at, element_bytes, size, words) ||
	    !words_read(at, CHANNEL_RECEIVERS, words))
		return 0;
	waiter = words[0] == words[1] ? words[0] : words[1] == words[2] ? words[1] : 0;
	if (!words_read(waiter, WAITER_G, words) || words[1] || words[2])
		return 0;
	g = words[0];
	if (!words_read(waiter, WAITER_CHANNEL, words))
		return 0;
	return words[0] == at || words[1] == at || words[2] == at ? g : 0;
}

/* The caller by these cases of a select; 0: they are none. */
__noinline __u64 cases_caller(__u64 stack_end, __u64 closed, __u64 asked, __u64 pointer)
{
	/* The stack may have moved since the pointer was written. */
	__u64 message = stack_end - (-pointer & (GO_STACK_ALIGNED - 1));
	__u64 words[3], caller;

	if (!is_channel(asked, MESSAGE_BYTES, 1, words) || !words_read(message, 0, words))
		return 0;
	caller = channel_waiter(words[1], ERROR_BYTES, 1);
	return caller && channel_waiter(closed, 0, 0) == caller ? caller : 0;
}

static __always_inline bool may_be_cases(const __u64 *words)
{
	return words[0] && !words[1] && words[2] && words[3] && words[3] % WORD == 0;
}

/* The goroutine that waits until `g` has written; 0: none that is known. */
__noinline __u64 goroutine_caller(__u64 g)
{
	__u64 words[FRAME_WORDS], end, caller;

	if (bpf_probe_read_user(&end, sizeof(end), (void *)(g + WORD)) || end % GO_STACK_ALIGNED)
		return 0;
	for (__u32 i = 0; i < FRAME_READS; i++) {
		__u64 at = end - sizeof(words) - i * CASES_READ * WORD;

		if (bpf_probe_read_user(words, sizeof(words), (void *)at))
			return 0;
		for (__u32 k = 0; k < CASES_READ; k++) {
			if (!may_be_cases(words + k))
				continue;
			caller = cases_caller(end, words[k], words[k + 2], words[k + 3]);
			if (caller)
				return caller;
		}
	}
	return 0;
}
