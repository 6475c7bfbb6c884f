/* SPDX-License-Identifier: Apache-2.0 */
/* attachment.c - who uses which file's probes, and the children that attach them and take them out. */
#include "user/probes/attachment_sets.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "user/base/log.h"
#include "user/base/mem.h"

/* How long until a set is tried again that was refused so; 0: never. */
static uint64_t again_ns(enum refusal refusal, int tries)
{
	enum { GONE_TRIES = 6, TRIES = 2 };
	static const uint64_t later_ns[TRIES] = { 10 * NS_PER_S, 60 * NS_PER_S };

	if (refusal == REFUSED_GONE)
		return tries < GONE_TRIES ? 100 * NS_PER_MS << tries : 0;
	if (refusal != REFUSED_ATTACHER_LATE && refusal != REFUSED_ATTACHER_FAILED &&
	    refusal != REFUSED_LIMIT)
		return 0;
	return tries < TRIES ? later_ns[tries] : 0;
}

const struct hook_set *attachment_set(const struct attachment *a, size_t set)
{
	return &runtimes[a->runtime]->purposes[a->purpose].sets[set];
}

static void refuse(struct attachments *all, enum refusal refusal)
{
	all->counts->refused[refusal]++;
}

/*
 * By device and inode; where the device is no disk (overlay, btrfs), which has another number in
 * each container, by what stays the same of one file.
 */
static int identify(int file, struct file_identity *ret, int64_t *changed_ns)
{
	struct statx s;

	if (statx(file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME,
		  &s))
		return -errno;
	if (!S_ISREG(s.stx_mode))
		return -EINVAL;
	*ret = (struct file_identity){ .inode = s.stx_ino };
	if (s.stx_dev_major) {
		ret->device = (uint64_t)s.stx_dev_major << 32 | s.stx_dev_minor;
	} else {
		ret->bytes = s.stx_size;
		if (s.stx_mask & STATX_BTIME)
			ret->born_ns =
				(uint64_t)s.stx_btime.tv_sec * NS_PER_S + s.stx_btime.tv_nsec;
	}
	*changed_ns = s.stx_mtime.tv_sec * (int64_t)NS_PER_S + s.stx_mtime.tv_nsec;
	return 0;
}

static bool same_file(const struct file_identity *a, const struct file_identity *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool has_returns(const struct hook_set *set)
{
	for (size_t h = 0; h < SET_HOOKS && set->hooks[h].name; h++)
		if (set->hooks[h].at_return)
			return true;
	return false;
}

/* Of each set: has each of its hooks a place, are they not too many, and may they be there? */
static void find_whole_sets(struct attachment *a)
{
	for (size_t s = 0; s < PURPOSE_SETS && attachment_set(a, s)->name; s++) {
		uint32_t wanted = 0, found = 0;
		size_t places = 0;

		for (size_t h = 0; h < SET_HOOKS && attachment_set(a, s)->hooks[h].name; h++)
			wanted |= 1U << h;
		for (size_t i = 0; i < a->place_count; i++)
			if (a->places[i].set == s) {
				found |= 1U << a->places[i].hook;
				places++;
			}
		a->sets[s].whole = wanted && found == wanted && places <= SET_PLACES;
		if (a->sets[s].whole && a->owner->no_returns && has_returns(attachment_set(a, s))) {
			a->sets[s].whole = false;
			a->reason = REFUSED_RETURN;
			refuse(a->owner, REFUSED_RETURN);
		}
	}
}

/* A file that was written to since is another. */
static struct attachment *find(const struct attachments *all, const struct file_identity *identity,
			       int64_t changed_ns, uint16_t runtime, uint16_t purpose)
{
	struct attachment *a = all->first;

	while (a && !(a->runtime == runtime && a->purpose == purpose &&
		      a->changed_ns == changed_ns && same_file(&a->identity, identity)))
		a = a->next;
	return a;
}

static void keep_places(struct attachment *a, const struct found_place *places, size_t count,
			uint16_t number)
{
	a->places = xcalloc(count + 1, sizeof(*places));
	for (size_t i = 0; i < count; i++)
		if (places[i].runtime == a->runtime && places[i].purpose == a->purpose &&
		    places[i].file == number)
			a->places[a->place_count++] = places[i];
}

/* It was never found out what can be attached: here is another process to find it out with. */
static void begin_again(struct attachment *a)
{
	for (size_t s = 0; s < PURPOSE_SETS; s++)
		a->sets[s].tried = false;
	a->state = ATTACHMENT_WAITING;
	a->tries = 0;
	a->due_ns = 0;
}

struct attachment *attachment_use(struct attachments *all, int file, uint16_t runtime,
				  uint16_t purpose, const struct found_place *places, size_t count,
				  uint16_t number)
{
	struct file_identity identity;
	struct attachment *a;
	int64_t changed_ns;

	if (identify(file, &identity, &changed_ns)) {
		refuse(all, REFUSED_FILE);
		return NULL;
	}
	a = find(all, &identity, changed_ns, runtime, purpose);
	if (a) {
		a->users++;
		if (a->state == ATTACHMENT_SETTLED && a->reason == REFUSED_GONE)
			begin_again(a);
		return a;
	}
	if (all->count == ATTACHMENTS_MAX || all->open >= all->open_max) {
		refuse(all, REFUSED_LIMIT);
		return NULL;
	}
	a = xcalloc(1, sizeof(*a));
	*a = (struct attachment){ .owner = all,
				  .next = all->first,
				  .identity = identity,
				  .file = fcntl(file, F_DUPFD_CLOEXEC, 0),
				  .changed_ns = changed_ns,
				  .runtime = runtime,
				  .purpose = purpose,
				  .users = 1,
				  .reason = REFUSED_NO_HOOKS,
				  .used = -1,
				  .working_on = -1 };
	keep_places(a, places, count, number);
	find_whole_sets(a);
	all->first = a;
	all->count++;
	all->open++;
	return a;
}

void attachment_share(struct attachment *a)
{
	a->users++;
}

void attachment_detach(struct attachment *a, struct attached_set *set)
{
	struct attachments *all = a->owner;

	if (!set->on)
		return;
	for (size_t i = 0; i < set->row_count; i++)
		rows_act(all->rows, set->rows[i], 0);
	drops_add(&all->drops, set->links, set->link_count);
	rows_give(all->rows, set->rows, set->row_count);
	all->open -= set->link_count;
	set->on = false;
	set->link_count = set->row_count = 0;
}

void attachments_count(struct attachments *all)
{
	struct probes_counts *c = all->counts;

	c->attached = c->trial = c->files = 0;
	for (const struct attachment *a = all->first; a; a = a->next)
		for (int s = 0; s < PURPOSE_SETS; s++) {
			*(s == a->used ? &c->attached : &c->trial) += a->sets[s].row_count;
			c->files += s == a->used;
		}
}

static void attachment_free(struct attachment *a)
{
	struct attachment **link = &a->owner->first;

	while (*link != a)
		link = &(*link)->next;
	*link = a->next;
	a->owner->count--;
	a->owner->open--;
	for (size_t s = 0; s < PURPOSE_SETS; s++)
		attachment_detach(a, &a->sets[s]);
	attachments_count(a->owner);
	closep(&a->file);
	free(a->places);
	free(a);
}

void attachment_leave(struct attachment *a)
{
	/* One that is worked on goes when that is done. */
	if (!--a->users && a->state != ATTACHMENT_WORKING)
		attachment_free(a);
}

/* What a row means: on trial, that it was hit. */
static struct probe_argument value_of(const struct hook *hook, const struct found_place *place)
{
	if (!hook->constant)
		return place->value;
	return (struct probe_argument){ .from = ARGUMENT_CONSTANT, .offset = hook->constant };
}

static struct probe meaning_of(const struct attachment *a, const struct found_place *place,
			       bool trial)
{
	const struct purpose *purpose = &runtimes[a->runtime]->purposes[a->purpose];
	const struct hook *hook = &purpose->sets[place->set].hooks[place->hook];

	return (struct probe){ .runtime = a->runtime,
			       .kind = hook->kind,
			       .action = trial ? PROBE_TRIAL : (uint8_t)hook->action,
			       .scope = (uint8_t)hook->scope,
			       .collects = hook_collects(purpose, hook),
			       .value = value_of(hook, place),
			       .text = place->text };
}

/* Take rows for the places of a set and say what they mean. */
static int prepare(struct attachment *a, int number, struct attach_work *work)
{
	struct attached_set *set = &a->sets[number];
	struct rows *rows = a->owner->rows;

	work->count = 0;
	for (size_t i = 0; i < a->place_count; i++)
		work->count += a->places[i].set == number;
	if (a->owner->open + a->owner->drops.open + work->count > a->owner->open_max ||
	    rows_take(rows, work->count, set->rows))
		return -ENOSPC;
	set->row_count = work->count;
	for (size_t i = 0, k = 0; i < a->place_count; i++) {
		const struct found_place *found = &a->places[i];
		const struct hook *hook = &attachment_set(a, (size_t)number)->hooks[found->hook];
		const struct probe meaning = meaning_of(a, found, a->used >= 0);

		if (found->set != number)
			continue;
		rows_set(rows, set->rows[k], &meaning);
		set->hooks[k] = (uint8_t)found->hook;
		work->places[k] = (struct spot){ .offset = found->offset,
						 .semaphore_offset = found->semaphore_offset,
						 .prologue_bytes = found->prologue_bytes,
						 .nop = hook->place == PLACE_USDT };
		work->at_return[k] = hook->at_return;
		work->cookies[k] = rows_cookie(rows, set->rows[k]);
		k++;
	}
	return 0;
}

/* Nothing more is tried now. */
static void settle(struct attachment *a, bool tell)
{
	a->working_on = -1;
	a->state = ATTACHMENT_SETTLED;
	attachments_count(a->owner);
	if (tell)
		a->owner->changed(a->owner->context, a);
}

/* For good, or until it is due again. */
static void give_up_set(struct attachment *a, enum refusal refusal)
{
	struct attached_set *set = &a->sets[a->working_on];
	uint64_t wait_ns = again_ns(refusal, a->tries);

	set->tried = !wait_ns;
	a->tries = wait_ns ? a->tries + 1 : 0;
	a->due_ns = wait_ns ? monotonic_ns() + wait_ns : 0;
	rows_give(a->owner->rows, set->rows, set->row_count);
	set->row_count = 0;
	if (a->used < 0)
		a->reason = refusal;
	a->working_on = -1;
	refuse(a->owner, refusal);
	/* It takes a while: who asks meanwhile is told why. */
	if (a->used < 0 && wait_ns >= NS_PER_S)
		a->owner->changed(a->owner->context, a);
}

bool attachment_is_changed(const struct attachment *a)
{
	struct file_identity identity;
	int64_t changed_ns;

	return identify(a->file, &identity, &changed_ns) || changed_ns != a->changed_ns ||
	       !same_file(&identity, &a->identity);
}

int attachment_next_set(const struct attachment *a)
{
	for (int s = 0; s < PURPOSE_SETS; s++)
		if (a->sets[s].whole && !a->sets[s].tried)
			return s;
	return -1;
}

/* What was read of its file is not true any more: its time to be tried again came too late. */
static void give_up(struct attachment *a)
{
	for (size_t s = 0; s < PURPOSE_SETS; s++)
		a->sets[s].tried = true;
	a->reason = REFUSED_FILE;
	refuse(a->owner, REFUSED_FILE);
	settle(a, true);
}

/* True: that set cannot be had, and another may. */
static bool begin(struct attachment *a, struct child *place)
{
	struct attachments *all = a->owner;
	struct attach_work work = { .program = all->program, .multi = all->multi, .file = a->file };
	int number = attachment_next_set(a), answer = -1;
	pid_t pid;

	if (number < 0) {
		settle(a, a->used < 0);
		return false;
	}
	if (a->due_ns && a->used < 0 && attachment_is_changed(a)) {
		give_up(a);
		return false;
	}
	if (!all->user_of(all->context, a, &work.process))
		return false; /* who comes next begins it */
	a->asked = work.process;
	a->working_on = number;
	a->sets[number].tried = true;
	pid = prepare(a, number, &work);
	if (!pid)
		pid = attacher_start(&work, &answer);
	if (pid < 0) {
		give_up_set(a, REFUSED_LIMIT);
		return true;
	}
	a->state = ATTACHMENT_WORKING;
	child_await(place, pid, answer, a, ATTACHER_NS);
	return false;
}

void attachments_work(struct attachments *all)
{
	uint64_t now_ns = monotonic_ns(), due_ns = 0;
	struct attachment *a = all->first, *next;
	struct child *place;

	for (; a && (place = children_place(&all->children)); a = next) {
		next = a->next;
		while (a->state == ATTACHMENT_WAITING && a->due_ns <= now_ns && begin(a, place))
			;
		if (a->state == ATTACHMENT_WAITING && a->due_ns > now_ns &&
		    (!due_ns || a->due_ns < due_ns))
			due_ns = a->due_ns;
	}
	/* Where all are at work, the next who ends goes on. */
	if (due_ns)
		loop_timer(all->loop, &all->work, due_ns);
}

/* A mark is there to fire; a function may have been put into its callers. */
static bool has_marks(const struct hook_set *set)
{
	return set->hooks[0].place == PLACE_USDT;
}

/* It is the first that works, or one more on trial. */
static void attached(struct attachment *a)
{
	a->sets[a->working_on].on = true;
	log_debug("probes are in place", "runtime=%s purpose=%s set=%s places=%zu",
		  runtimes[a->runtime]->name, runtimes[a->runtime]->purposes[a->purpose].name,
		  attachment_set(a, (size_t)a->working_on)->name, a->sets[a->working_on].row_count);
	if (a->used < 0) {
		a->used = a->working_on;
		a->reason = REFUSED_NOT;
		a->tries = 0;
		a->due_ns = 0;
		a->decided =
			attachment_next_set(a) < 0 || has_marks(attachment_set(a, (size_t)a->used));
	}
	settle(a, a->used == a->working_on);
}

static void on_worked(struct child *child)
{
	struct attachment *a = child->context;
	struct attached_set *set = &a->sets[a->working_on];
	struct attach_answer answer = {};
	int links = attacher_take(child->answer, &answer, set->links);
	enum refusal refusal = answer.refusal;

	a->state = ATTACHMENT_WAITING;
	set->link_count = links > 0 ? (size_t)links : 0;
	a->owner->open += set->link_count;
	if (links < 0)
		refusal = child->late ? REFUSED_ATTACHER_LATE : REFUSED_ATTACHER_FAILED;
	if (!refusal) {
		attached(a);
	} else {
		log_debug("a set of probes was refused", "set=%s reason=%s error=%s",
			  attachment_set(a, (size_t)a->working_on)->name, refusal_name(refusal),
			  strerror(-answer.error));
		give_up_set(a, refusal);
		if (a->used >= 0)
			settle(a, false);
	}
	loop_timer(a->owner->loop, &a->owner->work,
		   monotonic_ns()); /* this place is free by then */
	if (!a->users)
		attachment_free(a);
}

static void on_work(struct timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	attachments_work(container_of(timer, struct attachments, work));
}

void attachments_init(struct attachments *all)
{
	struct rlimit files;

	all->open_max = getrlimit(RLIMIT_NOFILE, &files) ? 0 : files.rlim_cur / 2;
	all->work = (struct timer){ .fired = on_work };
	children_init(&all->children, all->loop, on_worked);
	drops_init(&all->drops, all->loop);
}

void attachments_free(struct attachments *all)
{
	children_end(&all->children);
	loop_timer(all->loop, &all->work, 0);
	while (all->first) {
		all->first->state = ATTACHMENT_SETTLED;
		attachment_free(all->first);
	}
	drops_free(&all->drops);
}

const char *attachment_flavour(const struct attachment *a)
{
	return a->used < 0 ? "none" : attachment_set(a, (size_t)a->used)->name;
}
