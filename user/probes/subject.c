/* SPDX-License-Identifier: Apache-2.0 */
#include "user/probes/subject.h"

#include <stdio.h>

#include "user/base/mem.h"

void subject_leave(struct subject *s)
{
	for (size_t i = 0; i < s->found_count; i++)
		for (size_t p = 0; p < RUNTIME_PURPOSES; p++)
			if (s->found[i].purposes[p])
				attachment_leave(s->found[i].purposes[p]);
	free(s->found);
	s->found = NULL;
	s->found_count = 0;
}

void subject_free(struct subject *s)
{
	subject_leave(s);
	free(s);
}

void subject_share(struct subject *child, const struct subject *parent)
{
	child->state = SUBJECT_READ;
	child->refusal = parent->refusal;
	child->found = xcalloc(parent->found_count + 1, sizeof(*child->found));
	child->found_count = parent->found_count;
	for (size_t i = 0; i < parent->found_count; i++) {
		child->found[i] = parent->found[i];
		for (size_t p = 0; p < RUNTIME_PURPOSES; p++)
			if (child->found[i].purposes[p])
				attachment_share(child->found[i].purposes[p]);
	}
}

static bool is_version(const char version[RUNTIME_VERSION])
{
	size_t len = strnlen(version, RUNTIME_VERSION);

	for (size_t i = 0; i < len; i++)
		if (version[i] <= ' ' || version[i] > '~')
			return false;
	return len < RUNTIME_VERSION;
}

/* What reader_take() did not look at. */
static bool makes_sense(const struct reader_answer *answer)
{
	for (size_t i = 0; i < answer->runtime_count; i++)
		if (!is_version(answer->runtimes[i].version))
			return false;
	for (size_t i = 0; i < answer->place_count; i++)
		if (answer->places[i].at_return &&
		    runtimes[answer->places[i].runtime]->walks_stacks)
			return false;
	return true;
}

static void use_all(struct found *f, struct attachments *all, const struct reader_answer *answer,
		    const struct found_runtime *runtime, int file)
{
	const struct purpose *purposes = runtimes[f->runtime]->purposes;

	for (uint16_t p = 0; p < RUNTIME_PURPOSES && purposes[p].name; p++)
		f->purposes[p] = attachment_use(all, file, f->runtime, p, answer->places,
						answer->place_count, runtime->file);
}

enum refusal subject_take(struct subject *s, struct attachments *all,
			  const struct reader_answer *answer, const int files[READER_FILES])
{
	if (answer->error)
		return REFUSED_READER_FAILED;
	if (!makes_sense(answer))
		return REFUSED_READER_NONSENSE;
	subject_leave(s);
	s->found = xcalloc(answer->runtime_count + 1U, sizeof(*s->found));
	s->found_count = answer->runtime_count;
	for (size_t i = 0; i < s->found_count; i++) {
		const struct found_runtime *runtime = &answer->runtimes[i];
		struct found *f = &s->found[i];

		f->runtime = runtime->runtime;
		memcpy(f->version, runtime->version, sizeof(f->version));
		use_all(f, all, answer, runtime, files[runtime->file]);
	}
	return REFUSED_NOT;
}

bool subject_uses(const struct subject *s, const struct attachment *a)
{
	for (size_t i = 0; i < s->found_count; i++)
		for (size_t p = 0; p < RUNTIME_PURPOSES; p++)
			if (s->found[i].purposes[p] == a)
				return true;
	return false;
}

void found_hooks(const struct found *f, const char *flavour, char ret[HOOKS_TEXT])
{
	const struct purpose *purposes = runtimes[f->runtime]->purposes;
	size_t len = 0;

	ret[0] = '\0';
	for (size_t p = 0; p < RUNTIME_PURPOSES && purposes[p].name && len < HOOKS_TEXT; p++) {
		const struct attachment *a = f->purposes[p];
		enum refusal reason = a ? a->reason : REFUSED_LIMIT;

		if (a && a->used < 0 && a->state != ATTACHMENT_SETTLED && !a->due_ns)
			continue;
		len += (size_t)snprintf(ret + len, HOOKS_TEXT - len, "%s%s=%s/%s", len ? " " : "",
					purposes[p].name, a ? attachment_flavour(a) : "none",
					reason ? refusal_name(reason) : flavour);
	}
}
