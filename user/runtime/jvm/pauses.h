/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pauses.h - HotSpot's stops: collections by the VM operation that they are, and safepoints.
 *
 * Names and actions are those that its own beans report (GarbageCollectionNotificationInfo), seen
 * on JDK 17 and 25. Of generational ZGC the young part of a major collection looks like a minor
 * one, so it counts as that. Of G1, JDK 17 has no bean for remark and cleanup; they have the name
 * of the one that later releases have. A young collection that JDK 17 turns into a full one inside
 * the same operation is one pause, a minor one.
 */
#pragma once

#include "user/runtime/runtime.h"

enum jvm_kind {
	JVM_GC =
		1, /* text: the VM operation's name; detail: 1 where it says that it is a full one */
	JVM_SAFEPOINT, /* from the wish to stop all threads until they run again, for whatever reason */
};

void jvm_describe(const struct record_pause *record, struct pause *ret);
