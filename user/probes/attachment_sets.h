/* SPDX-License-Identifier: Apache-2.0 */
/* attachment_sets.h - what the files of attachments share: attachment.c and trial.c. */
#pragma once

#include "user/probes/attachment.h"

/* The row of a set, by its number. */
const struct hook_set *attachment_set(const struct attachment *a, size_t set);
/* The next whole set that was not tried; -1: there is none. */
int attachment_next_set(const struct attachment *a);
/* Links and rows of one set; what closing takes is a child's to wait for. */
void attachment_detach(struct attachment *a, struct attached_set *set);
/* Is its file another, or was it written to, since it was read? */
bool attachment_is_changed(const struct attachment *a);
/* How many probes there are. */
void attachments_count(struct attachments *all);
