/* SPDX-License-Identifier: Apache-2.0 */
#include "user/proto/fastcgi/params.h"

/* 3.4: a length at the front of `in`, and how many bytes it takes; 0: more than are there. */
static size_t length_read(const uint8_t *in, size_t len, uint32_t *ret)
{
	if (!len)
		return 0;
	if (in[0] < 0x80) {
		*ret = in[0];
		return 1;
	}
	if (len < 4)
		return 0;
	*ret = (uint32_t)(in[0] & 0x7f) << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 |
	       in[3];
	return 4;
}

/* One more byte of the lengths; what they say once both are there. */
static void lengths_add(struct params *p, uint8_t byte)
{
	uint32_t name, value;
	size_t used;

	p->lengths[p->lengths_seen++] = byte;
	used = length_read(p->lengths, p->lengths_seen, &name);
	if (!used || !length_read(p->lengths + used, p->lengths_seen - used, &value))
		return;
	p->lengths_seen = 0;
	p->left = name;
	p->value_bytes = value;
	p->stage = PARAMS_NAME;
	p->split = false;
}

/* The name or value in hand. False: the piece ends before it. Empty where it was split. */
static bool text_take(struct params *p, struct str *piece, struct str *ret)
{
	struct str text = str_first(*piece, p->left);

	*piece = str_after(*piece, text.len);
	p->left -= (uint32_t)text.len;
	if (p->left) {
		p->part = p->split ? (struct str){} : text;
		p->split |= text.len > 0;
		return false;
	}
	*ret = p->split ? (struct str){} : text;
	p->split = false;
	return true;
}

bool params_take(struct params *p, struct str *piece, struct str *ret_name, struct str *ret_value)
{
	while (p->stage == PARAMS_LENGTHS) {
		if (!piece->len)
			return false;
		lengths_add(p, (uint8_t)piece->at[0]);
		*piece = str_after(*piece, 1);
	}
	if (p->stage == PARAMS_NAME) {
		if (!text_take(p, piece, &p->name))
			return false;
		p->left = p->value_bytes;
		p->part = (struct str){};
		p->stage = PARAMS_VALUE;
	}
	if (!text_take(p, piece, ret_value))
		return false;
	*ret_name = p->name;
	p->stage = PARAMS_LENGTHS;
	return true;
}
