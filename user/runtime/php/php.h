/* SPDX-License-Identifier: Apache-2.0 */
/* php.h - kinds of pauses of PHP: of the one request that the process serves. */
#pragma once

enum php_kind {
	PHP_CYCLES = 1, /* a run of the collector of cycles */
};
