/* SPDX-License-Identifier: Apache-2.0 */
/* ports.h - on which TCP ports a process listens, from /proc alone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* At most `room` ports. -EACCES when its descriptors may not be looked at. */
int ports_of(uint32_t pid, uint16_t *ret, size_t room, size_t *count);
