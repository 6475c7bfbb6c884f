/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/trace/story.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/exchange/lineproto.h"
#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/model/resource.h"

static void nonsense(const char *what, const char *text)
{
	printf("a story makes no sense: %s: %s\n", what, text);
	abort();
}

struct actor *actor(struct story *s, const char *name)
{
	for (size_t i = 0; i < s->actor_count; i++)
		if (!strcmp(s->actors[i].name, name))
			return &s->actors[i];
	nonsense("nobody has the name", name);
	return NULL;
}

/* What was given out. */

static struct actor *with_ids(struct story *s, const uint8_t *trace_id, const uint8_t *span_id)
{
	for (size_t i = 0; i < s->actor_count; i++) {
		struct actor *a = &s->actors[i];

		if (a->is_told && (!a->hides || a->told.beside_sdk) &&
		    !memcmp(a->told.span->context.trace_id, trace_id, TRACE_ID_BYTES) &&
		    !memcmp(a->told.span->context.span_id, span_id, SPAN_ID_BYTES))
			return a;
	}
	return NULL;
}

/* Is the parent one that came with some header? */
static bool from_header(const struct story *s, const struct span *span)
{
	for (size_t i = 0; i < s->actor_count; i++)
		if (s->actors[i].header_span && s->actors[i].header_span == span->parent_id[0] &&
		    s->actors[i].header_trace == span->context.trace_id[0])
			return true;
	return false;
}

static void keep_told(struct actor *a, const struct traced *traced)
{
	struct span *copy = span_copy(traced->span);

	memcpy(a->links, traced->span->links, copy->link_count * sizeof(a->links[0]));
	copy->links = a->links;
	a->told = *traced;
	a->told.span = copy;
	a->is_told = true;
}

static void note(void *context, const struct traced *traced)
{
	static const uint8_t zero[TRACE_ID_BYTES];
	struct story *s = context;
	struct span *span = traced->span;
	size_t len = strlen(s->order);
	char name[16];
	struct actor *a;

	snprintf(name, sizeof(name), "%.*s", (int)span->name.len, span->name.at);
	a = actor(s, name);
	if (a->is_told || span->link_count > SPAN_LINKS) {
		s->is_unsound = true;
		return;
	}
	if (!memcmp(span->context.trace_id, zero, TRACE_ID_BYTES) ||
	    !memcmp(span->context.span_id, zero, SPAN_ID_BYTES) ||
	    (traced->has_local_parent && span->has_parent &&
	     !with_ids(s, span->context.trace_id, span->parent_id) && !from_header(s, span)))
		s->is_unsound = true;
	span->sampled = traced->is_kept ||
			(traced->has_local_parent ? traced->parent_sampled : !s->drops_roots);
	span->hide_from_traces = a->hides;
	keep_told(a, traced);
	snprintf(s->order + len, sizeof(s->order) - len, "%s%s", len ? " " : "", a->name);
}

static void say_parent(struct story *s, const struct actor *a, FILE *to)
{
	const struct span *span = a->told.span;
	const struct actor *parent = with_ids(s, span->context.trace_id, span->parent_id);

	if (!span->has_parent)
		return;
	if (parent)
		fprintf(to, "<%s", parent->name);
	else if (from_header(s, span))
		fprintf(to, "<(%u.%u)", span->context.trace_id[0], span->parent_id[0]);
	else
		fprintf(to, "<?");
}

static bool has_link(const struct actor *a, const struct actor *to)
{
	const struct trace_context *own = to->is_told ? &to->told.span->context : NULL;

	for (size_t i = 0; own && i < a->told.span->link_count; i++)
		if (!memcmp(a->links[i].trace_id, own->trace_id, TRACE_ID_BYTES) &&
		    !memcmp(a->links[i].span_id, own->span_id, SPAN_ID_BYTES))
			return true;
	return false;
}

static void say_links(struct story *s, const struct actor *a, FILE *to)
{
	size_t known = 0;

	for (size_t i = 0; i < s->actor_count; i++)
		if (has_link(a, &s->actors[i])) {
			fprintf(to, "~%s", s->actors[i].name);
			known++;
		}
	if (known < a->told.span->link_count)
		fprintf(to, "~?");
}

const char *said(struct story *s)
{
	FILE *to = fmemopen(s->said, sizeof(s->said), "w");
	const char *gap = "";

	s->said[0] = '\0';
	for (size_t i = 0; i < s->actor_count; i++) {
		if (!s->actors[i].is_told || s->actors[i].hides)
			continue;
		fprintf(to, "%s%s", gap, s->actors[i].name);
		say_parent(s, &s->actors[i], to);
		say_links(s, &s->actors[i], to);
		gap = " ";
	}
	fclose(to);
	return s->said;
}

const char *order(struct story *s)
{
	return s->order;
}

/* What happens. */

static struct story_thread *thread_of(struct story *s, const char *name)
{
	for (size_t i = 0; i < STORY_THREADS; i++) {
		struct story_thread *t = &s->threads[i];

		if (!t->name[0])
			snprintf(t->name, sizeof(t->name), "%s", name);
		if (!strcmp(t->name, name))
			return t;
	}
	nonsense("too many threads", name);
	return NULL;
}

/* Programs are a, b and c, as long as a rig ends those. */
static uint32_t program_of(const struct story_thread *t)
{
	return isalpha((unsigned char)t->name[0]) ? (uint32_t)(t->name[0] - 'a') + 1 : 1;
}

static struct actor *actor_new(struct story *s, const struct story_thread *t, enum role role,
			       const char *text)
{
	uint32_t number = (uint32_t)s->actor_count + 1;
	struct actor *a = &s->actors[s->actor_count++];
	unsigned int trace = 0, span = 0;

	if (number >= ACTORS || sscanf(text, "%15[^(](%u.%u)", a->name, &trace, &span) < 1)
		nonsense("who?", text);
	a->header_trace = (uint8_t)trace;
	a->header_span = (uint8_t)span;
	a->x = (struct exchange){ .role = role, .cookie = 1000 + number };
	a->x.process.tgid = program_of(t);
	a->x.meeting.first[ASKING] = 1000000 * number;
	a->x.meeting.first[ANSWERING] = 2000000 * number;
	a->x.meeting.at = 1000000 * number + 500;
	a->x.started_ns = s->now_ns;
	return a;
}

static struct activity activity(const struct story *s, const struct story_thread *t, uint32_t turn)
{
	return (struct activity){ .cause = t->cause,
				  .at_ns = s->now_ns,
				  .nested = t->is_inside && t->cause.cookie,
				  .thread = 1 + (uint32_t)(t - s->threads),
				  .turn = turn };
}

static void has_read(struct story_thread *t, uint64_t cookie, uint32_t turn)
{
	t->cause.cookie = cookie;
	t->cause.number = turn;
	t->cause.reads++;
	t->is_inside = false;
}

/* It is open for whoever asks who is served. */
static void open_wire(struct story *s, struct actor *a)
{
	a->wire = malloc(sizeof(*a->wire));
	wire_begin(a->wire, a->x.cookie);
	a->wire->process = a->x.process;
	a->wire->thread = a->x.asked.thread;
	a->wire->cause = a->x.asked.cause;
	s->rig.now_ns = s->now_ns - 10;
	build_op(&s->rig, a->wire, RECEIVED, "? q -\n", 6);
}

static void close_wire(struct story *s, struct actor *a)
{
	if (!a->wire)
		return;
	s->rig.now_ns = s->now_ns - 10;
	build_op(&s->rig, a->wire, SENT, "! 200 -\n", 8);
	free(a->wire);
	a->wire = NULL;
}

static void meet(struct story *s, struct actor *server, const char *name)
{
	struct actor *client = actor(s, name);

	server->x.meeting = client->x.meeting;
	server->x.other = client->x.process;
	client->x.other = server->x.process;
}

static void fill_context(const struct actor *a, struct span *span)
{
	uint8_t *id = a->x.role == ROLE_SERVER ? span->parent_id : span->context.span_id;

	if (!a->header_trace)
		return;
	memset(span->context.trace_id, a->header_trace, TRACE_ID_BYTES);
	memset(id, a->header_span, SPAN_ID_BYTES);
	span->has_context = true;
	span->has_parent = span->parent_is_remote = a->x.role == ROLE_SERVER;
}

static void end(struct story *s, struct actor *a)
{
	struct span span = { .name = str_of(a->name), .resource = s->resource };

	a->x.ended_ns = s->now_ns;
	close_wire(s, a);
	fill_context(a, &span);
	if (trace_takes(s->trace, &a->x))
		trace_take(s->trace, &a->x,
			   &(const struct traced){ .span = &span, .is_kept = a->fails });
	else
		s->not_taken++;
}

static void answered(struct story *s, struct story_thread *t, struct actor *a)
{
	a->x.answered = true;
	a->x.answered_by = activity(s, t, s->first_turn + 1);
	a->x.first_answer_ns = s->now_ns;
	end(s, a);
}

/* One of those that were named together, of which `with` was the first; NULL: this is it. */
static struct actor *begin_one(struct story *s, struct story_thread *t, enum role role,
			       const char *name, const struct actor *with)
{
	struct actor *a = actor_new(s, t, role, name);

	if (with)
		a->x.cookie = with->x.cookie;
	else if (role == ROLE_SERVER)
		has_read(t, a->x.cookie, s->first_turn);
	if (role == ROLE_SERVER) {
		a->x.started_ns -= t->lingers_ns;
		t->lingers_ns = 0;
	}
	a->x.asked = activity(s, t, s->first_turn);
	if (role == ROLE_SERVER && !with)
		open_wire(s, a);
	return a;
}

static void begin(struct story *s, struct story_thread *t, enum role role, char *names,
		  const char *of)
{
	struct actor *first = NULL;
	char *rest;

	for (char *name = strtok_r(names, "+", &rest); name; name = strtok_r(NULL, "+", &rest)) {
		struct actor *a = begin_one(s, t, role, name, first);

		if (of[0])
			meet(s, a, of);
		first = first ?: a;
	}
}

static void finish(struct story *s, struct story_thread *t, char *names)
{
	struct actor *first = NULL;
	char *rest;

	for (char *name = strtok_r(names, "+", &rest); name; name = strtok_r(NULL, "+", &rest)) {
		struct actor *a = actor(s, name);

		if (a->x.role == ROLE_CLIENT && !first)
			has_read(t, a->x.cookie, s->first_turn + 1);
		answered(s, t, a);
		first = a;
	}
}

static void forget_reads(struct story_thread *t)
{
	t->cause.cookie = t->cause.number = 0;
}

static void act(struct story *s, struct story_thread *t, const char *verb, char *what, char *of)
{
	if (!strcmp(verb, "reads") && !strcmp(what, "-"))
		has_read(t, 999, 0);
	else if (!strcmp(verb, "reads"))
		begin(s, t, ROLE_SERVER, what, of);
	else if (!strcmp(verb, "calls"))
		begin(s, t, ROLE_CLIENT, what, "");
	else if (!strcmp(verb, "hears") || !strcmp(verb, "answers"))
		finish(s, t, what);
	else if (!strcmp(verb, "loses"))
		end(s, actor(s, what));
	else if (!strcmp(verb, "fails"))
		actor(s, what)->fails = true;
	else if (!strcmp(verb, "hides"))
		actor(s, what)->hides = true;
	else if (!strcmp(verb, "enters"))
		t->is_inside = true;
	else if (!strcmp(verb, "sleeps"))
		forget_reads(t);
	else if (!strcmp(verb, "runs"))
		t->cause.goroutine = UINT64_C(0xc000000000) + strtoul(what, NULL, 10);
	else if (!strcmp(verb, "lingers"))
		t->lingers_ns = strtoul(what, NULL, 10) * NS_PER_MS;
	else if (!strcmp(verb, "rests"))
		s->now_ns += strtoul(what, NULL, 10) * NS_PER_MS;
	else if (!strcmp(verb, "waits")) {
		forget_reads(t);
		t->cause.waits++;
		t->cause.reads = 0;
	} else {
		nonsense("what does it do?", verb);
	}
}

static void sentence(struct story *s, char *text)
{
	char who[8], verb[16], what[64], of[16], *rest, *phrase = strtok_r(text, ",", &rest);
	struct story_thread *t;

	if (!phrase || sscanf(phrase, " %7s", who) < 1)
		return;
	t = thread_of(s, who);
	for (phrase = strstr(phrase, who) + strlen(who); phrase;
	     phrase = strtok_r(NULL, ",", &rest)) {
		what[0] = of[0] = '\0';
		if (sscanf(phrase, " %15s %63s of %15s", verb, what, of) < 1)
			nonsense("what?", phrase);
		s->now_ns += s->step_ns;
		act(s, t, verb, what, of);
	}
}

void tell(struct story *s, const char *text)
{
	char *copy = xstrdup(text), *rest;

	for (char *one = strtok_r(copy, ";", &rest); one; one = strtok_r(NULL, ";", &rest))
		sentence(s, one);
	free(copy);
}

/* `number` for each `%`. */
static void number_text(const char *text, int number, char *ret, size_t size)
{
	size_t len = 0;

	for (; *text && len < size - 12; text++)
		if (*text == '%')
			len += (size_t)snprintf(ret + len, 12, "%d", number);
		else
			ret[len++] = *text;
	ret[len] = '\0';
}

void tell_numbered(struct story *s, const char *text, int number)
{
	char numbered[1024];

	number_text(text, number, numbered, sizeof(numbered));
	tell(s, numbered);
}

bool is_said(struct story *s, const char *words, int number)
{
	char numbered[64];

	number_text(words, number, numbered, sizeof(numbered));
	return strstr(said(s), numbered);
}

void settle(struct story *s, uint64_t ms)
{
	s->now_ns += ms * NS_PER_MS;
	trace_settle(s->trace, s->now_ns);
}

void pass(struct story *s)
{
	/* Parents and children wait for each other: what one has learned the other may ask for next. */
	for (int i = 0; i < 10; i++)
		settle(s, 100);
}

/* `want` is one word of what is wanted, `have` starts with what came of it. */
static bool word_matches(const char *want, size_t len, const char *have, size_t have_len)
{
	if (want[len - 1] != '*')
		return len == have_len && !memcmp(want, have, len);
	return have_len >= len - 1 && !memcmp(want, have, len - 1) &&
	       !memchr(have, '<', have_len) && (have_len == len - 1 || have[len - 1] == '~');
}

static bool matches(const char *want, const char *have)
{
	while (*want && *have) {
		size_t len = strcspn(want, " "), have_len = strcspn(have, " ");

		if (!word_matches(want, len, have, have_len))
			return false;
		want += len + (want[len] == ' ');
		have += have_len + (have[have_len] == ' ');
	}
	return !*want && !*have;
}

bool told(struct story *s, const char *text, const char *want)
{
	tell(s, text);
	pass(s);
	if (matches(want, said(s)))
		return true;
	printf("%s\n  came to:  %s\n  not to:   %s\n", text, s->said, want);
	return false;
}

void program_ends(struct story *s, char program)
{
	struct process_id process = { .tgid = (uint32_t)(program - 'a') + 1 };

	exchanges_process_ended(s->rig.x, process, s->now_ns);
	for (size_t i = 0; i < s->actor_count; i++) {
		struct actor *a = &s->actors[i];

		if (a->x.process.tgid != process.tgid || a->x.ended_ns)
			continue;
		free(a->wire);
		a->wire = NULL;
		end(s, a);
	}
}

/* What it counts. */

bool all_come_true(const struct story_row *rows, size_t count)
{
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		struct story *s = story_begin();

		good &= told(s, rows[i].text, rows[i].want);
		good &= story_end(s);
	}
	return good;
}

struct wanted {
	struct metric_sink sink;
	const char *name, *texts[2]; /* a metric, and all of a sample's attributes */
	bool is_it;
	unsigned int value;
};

static void sink_metric(struct metric_sink *sink, const struct metric *metric)
{
	struct wanted *w = (struct wanted *)sink;

	w->is_it = !strcmp(metric->name, w->name);
}

static void sink_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct wanted *w = (struct wanted *)sink;

	for (size_t i = 0; w->is_it && i < sample->attribute_count; i++)
		if (!str_eq(sample->attributes[i].text, str_of(w->texts[i])))
			return;
	if (w->is_it)
		w->value = (unsigned int)sample->value;
}

static unsigned int counted(struct story *s, const char *name, const char *first,
			    const char *second)
{
	struct wanted w = {
		{ sink_metric, sink_sample }, name, { first, second }, false, UINT32_MAX
	};
	struct collector *c = trace_collector(s->trace);

	c->collect(c->context, s->now_ns, &w.sink);
	return w.value;
}

unsigned int links(struct story *s, const char *way, const char *outcome)
{
	return counted(s, "sonde.links", outcome, way);
}

unsigned int hurried(struct story *s, const char *limit)
{
	return counted(s, "sonde.trace.hurried", limit, NULL);
}

unsigned int kept_late(struct story *s)
{
	return counted(s, "sonde.trace.kept_late", NULL, NULL);
}

unsigned int forgotten(struct story *s)
{
	return counted(s, "sonde.trace.forgotten", NULL, NULL);
}

/* Its beginning and its end. */

struct story *story_new(void)
{
	struct story *s = xcalloc(1, sizeof(*s));

	s->config.limit.trace_wait_ms = 10000;
	s->config.limit.trace_spans = 1000;
	s->config.limit.processes = 100;
	s->now_ns = NS_PER_S;
	s->step_ns = NS_PER_MS;
	s->first_turn = 1;
	random_seed(&s->random, 1);
	s->resource = resource_new(NULL, 0);
	return s;
}

void story_open(struct story *s)
{
	struct exchanges_options options = rig_options;

	options.max_connections = ACTORS;
	rig_begin(&s->rig, &options);
	s->trace = trace_new(&(const struct trace_options){ .config = &s->config,
							    .random = &s->random,
							    .exchanges = s->rig.x,
							    .emit = note,
							    .context = s });
}

struct story *story_begin(void)
{
	struct story *s = story_new();

	story_open(s);
	return s;
}

/* Each that ended was given out, and each link leads to one that was. */
static bool is_whole(struct story *s)
{
	size_t ended = 0, out = 0;

	for (size_t i = 0; i < s->actor_count; i++) {
		ended += s->actors[i].x.ended_ns > 0;
		out += s->actors[i].is_told;
	}
	return out == ended - s->not_taken && !strchr(said(s), '?');
}

bool story_end(struct story *s)
{
	bool sound;

	trace_flush(s->trace);
	sound = is_whole(s) && !s->is_unsound && !trace_waiting(s->trace);
	if (!sound)
		printf("unsound: %s, given out as %s\n", said(s), s->order);
	trace_free(s->trace);
	for (size_t i = 0; i < s->actor_count; i++) {
		free(s->actors[i].wire);
		span_free(s->actors[i].told.span);
	}
	rig_end(&s->rig);
	resource_unref(s->resource);
	free(s);
	return sound;
}
