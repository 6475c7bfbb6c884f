/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pauses.h - what the kinds of jvm.h are called by users; collections by their VM operation.
 *
 * Names and actions are those that HotSpot's own beans report (GarbageCollectionNotificationInfo),
 * seen on JDK 17 and 25. Of generational ZGC the young part of a major collection looks like a
 * minor one, so it counts as that. Of G1, JDK 17 has no bean for remark and cleanup; they have the
 * name of the one that later releases have. A young collection that JDK 17 turns into a full one
 * inside the same operation is one pause, a minor one.
 */
#pragma once

#include "user/runtime/jvm/jvm.h"
#include "user/runtime/runtime.h"

void jvm_describe(const struct record_pause *record, struct pause *ret);
