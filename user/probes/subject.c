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

static size_t runtime_count(void)
{
	size_t count = 0;

	while (runtimes[count])
		count++;
	return count;
}

static bool is_version(const char version[RUNTIME_VERSION])
{
	size_t len = strnlen(version, RUNTIME_VERSION);

	for (size_t i = 0; i < len; i++)
		if (version[i] <= ' ' || version[i] > '~')
			return false;
	return len < RUNTIME_VERSION;
}

static bool is_runtime(const struct found_runtime *f, const int files[READER_FILES])
{
	return f->runtime < runtime_count() && f->file < READER_FILES && files[f->file] >= 0 &&
	       is_version(f->version);
}

/* Where a struct pt_regs ends, the kernel half looks to itself. */
static bool is_argument(const struct probe_argument *a)
{
	return a->from <= ARGUMENT_MEMORY && (a->from < ARGUMENT_REGISTER || a->bytes == 1 ||
					      a->bytes == 2 || a->bytes == 4 || a->bytes == 8);
}

/* Is it a place of a hook that there is? */
static bool is_place(const struct found_place *f, const int files[READER_FILES])
{
	const struct hook_set *set;

	if (f->runtime >= runtime_count() || f->purpose >= RUNTIME_PURPOSES ||
	    f->set >= PURPOSE_SETS || f->hook >= SET_HOOKS || f->file >= READER_FILES ||
	    files[f->file] < 0 || !is_argument(&f->value) || !is_argument(&f->text))
		return false;
	if (!runtimes[f->runtime]->purposes[f->purpose].name)
		return false;
	set = &runtimes[f->runtime]->purposes[f->purpose].sets[f->set];
	return set->name && set->hooks[f->hook].name &&
	       set->hooks[f->hook].at_return == !!f->at_return &&
	       !(f->at_return && runtimes[f->runtime]->walks_stacks);
}

static bool makes_sense(const struct reader_answer *answer, const int files[READER_FILES])
{
	if (answer->runtime_count > READER_FILES || answer->place_count > READER_PLACES)
		return false;
	for (size_t i = 0; i < answer->runtime_count; i++)
		if (!is_runtime(&answer->runtimes[i], files))
			return false;
	for (size_t i = 0; i < answer->place_count; i++)
		if (!is_place(&answer->places[i], files))
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
	if (!makes_sense(answer, files))
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

		if (a && a->used < 0 && a->state != ATTACHMENT_SETTLED)
			continue;
		len += (size_t)snprintf(ret + len, HOOKS_TEXT - len, "%s%s=%s/%s", len ? " " : "",
					purposes[p].name, a ? attachment_flavour(a) : "none",
					reason ? refusal_name(reason) : flavour);
	}
}
