/* SPDX-License-Identifier: Apache-2.0 */
#include "user/elf/window.h"

#include <errno.h>

#include "user/elf/inside.h"

void window_init(struct window *w, const struct image *image, uint64_t from, uint64_t end)
{
	w->image = image;
	w->from = from;
	w->end = end < image->size ? end : image->size;
	w->at = 0;
	w->len = 0;
}

int window_at(struct window *w, uint64_t offset, size_t size, const char **ret)
{
	int error;

	if (offset < w->from || offset > w->end || size > w->end - offset || size > WINDOW_BYTES)
		return -EBADMSG;
	if (offset < w->at || offset - w->at > w->len || size > w->len - (offset - w->at)) {
		uint64_t left = w->end - offset;
		size_t len = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;

		w->len = 0;
		error = image_read(w->image, offset, w->bytes, len);
		if (error)
			return error;
		w->at = offset;
		w->len = len;
	}
	*ret = w->bytes + (offset - w->at);
	return 0;
}

int window_find(struct window *w, uint64_t offset, struct str text, uint64_t *ret)
{
	if (!text.len || text.len > WINDOW_BYTES / 2)
		return -EINVAL;
	while (offset >= w->from && offset <= w->end && w->end - offset >= text.len) {
		uint64_t left = w->end - offset;
		size_t len = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
		const char *bytes, *found;
		int error = window_at(w, offset, len, &bytes);

		if (error)
			return error;
		found = memmem(bytes, len, text.at, text.len);
		if (found) {
			*ret = offset + (uint64_t)(found - bytes);
			return 0;
		}
		offset += len - text.len + 1;
	}
	return -ENOENT;
}
