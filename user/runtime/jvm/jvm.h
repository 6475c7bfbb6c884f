/* SPDX-License-Identifier: Apache-2.0 */
/* jvm.h - kinds of pauses of HotSpot: all threads of Java stand still in each. */
#pragma once

enum jvm_kind {
	/* A pause of a collector. detail: it is a full one; text: the operation's name. */
	JVM_GC = 1,
	/* All threads stopped, for a collection or for anything else. */
	JVM_SAFEPOINT,
	/* The same, where collections cannot be told from other stops. */
	JVM_GC_OR_OTHER,
};
