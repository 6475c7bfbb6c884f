/* SPDX-License-Identifier: Apache-2.0 */
#include "user/elf/relocation.h"

#include <errno.h>

#include "user/base/mem.h"
#include "user/elf/window.h"

#if defined(__x86_64__)
enum { RELATIVE = R_X86_64_RELATIVE };
#elif defined(__aarch64__)
enum { RELATIVE = R_AARCH64_RELATIVE };
#endif

int relocated_word(const struct image *image, uint64_t address, uint64_t *ret)
{
	const Elf64_Shdr *section = image_section(image, ".rela.dyn", 0);
	_cleanup_(freep) struct window *w = NULL;

	if (!section) /* as Go's own linker calls it */
		section = image_section(image, ".rela", 0);
	if (!section || section->sh_type != SHT_RELA ||
	    section->sh_offset > UINT64_MAX - section->sh_size)
		return -ENOENT;
	w = xcalloc(1, sizeof(*w));
	window_init(w, image, section->sh_offset, section->sh_offset + section->sh_size);
	for (uint64_t i = 0; i < section->sh_size / sizeof(Elf64_Rela); i++) {
		Elf64_Rela r;
		const char *at;
		int error = window_at(w, section->sh_offset + i * sizeof(r), sizeof(r), &at);

		if (error)
			return error;
		memcpy(&r, at, sizeof(r));
		if (r.r_offset != address || ELF64_R_TYPE(r.r_info) != RELATIVE)
			continue;
		*ret = (uint64_t)r.r_addend;
		return 0;
	}
	return -ENOENT;
}
