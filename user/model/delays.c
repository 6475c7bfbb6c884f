/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/delays.h"

#define NAME(word_) STR(word_)
#define KEY(word_)  STR("sonde.delay." word_)
#define TABLE(form_)                                                                               \
	{                                                                                          \
		[DELAY_THROTTLE] = form_("throttle"), [DELAY_GC] = form_("gc"),                    \
		[DELAY_CPU_WAIT] = form_("cpu_wait"), [DELAY_DOWNSTREAM] = form_("downstream"),    \
		[DELAY_LOOP_WAIT] = form_("loop_wait"), [DELAY_ON_CPU] = form_("on_cpu"),          \
		[DELAY_UNATTRIBUTED] = form_("unattributed"),                                      \
	}

const struct str delay_names[DELAYS] = TABLE(NAME);
const struct str delay_keys[DELAYS] = TABLE(KEY);

enum delay delays_main(const struct delays *delays)
{
	enum delay main = 0;

	for (enum delay i = 1; i < DELAYS; i++)
		if (delays->ns[i] > delays->ns[main])
			main = i;
	return main;
}
