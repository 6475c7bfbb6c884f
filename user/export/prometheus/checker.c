/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/checker.h"

#include <crypt.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "user/base/mem.h"

enum question_state { FREE, ASKED, ANSWERED };

struct question {
	enum question_state state;
	bool fits;
	uint64_t number; /* they are answered in this order */
	uint8_t id[CHECK_ID_BYTES];
	char *password, *hash; /* the thread's from ASKED to ANSWERED */
};

struct checker {
	struct loop *loop;
	checker_done *done;
	void *context;
	struct watch answered; /* an eventfd */
	pthread_t thread;
	bool running; /* the thread is there */
	uint64_t numbers;
	struct crypt_data crypt; /* the thread's; 32 KB: not for the stack */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t more;
	bool ending;
	struct question questions[CHECKS];
};

static void question_clear(struct question *q)
{
	if (q->password)
		explicit_bzero(q->password, strlen(q->password));
	free(q->password);
	free(q->hash);
	*q = (struct question){};
}

/* The one that was asked first; NULL: none waits. */
static struct question *next_asked(struct checker *c)
{
	struct question *first = NULL;

	for (size_t i = 0; i < CHECKS; i++)
		if (c->questions[i].state == ASKED &&
		    (!first || c->questions[i].number < first->number))
			first = &c->questions[i];
	return first;
}

static bool fits(struct checker *c, const struct question *q)
{
	size_t len = strlen(q->hash);
	const char *made;
	bool same;

	explicit_bzero(&c->crypt, sizeof(c->crypt));
	made = crypt_r(q->password, q->hash, &c->crypt);
	same = made && strlen(made) == len && !gnutls_memcmp(made, q->hash, len);
	explicit_bzero(&c->crypt, sizeof(c->crypt));
	return same;
}

static void *answer_all(void *checker)
{
	struct checker *c = checker;

	pthread_mutex_lock(&c->lock);
	while (!c->ending) {
		struct question *q = next_asked(c);
		bool so;

		if (!q) {
			pthread_cond_wait(&c->more, &c->lock);
			continue;
		}
		pthread_mutex_unlock(&c->lock);
		so = fits(c, q);
		pthread_mutex_lock(&c->lock);
		q->fits = so;
		q->state = ANSWERED;
		eventfd_write(c->answered.fd, 1);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Take one answer. False: there is none. */
static bool take_answer(struct checker *c, uint8_t ret_id[CHECK_ID_BYTES], bool *ret_fits)
{
	bool found = false;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < CHECKS && !found; i++)
		if (c->questions[i].state == ANSWERED) {
			memcpy(ret_id, c->questions[i].id, CHECK_ID_BYTES);
			*ret_fits = c->questions[i].fits;
			question_clear(&c->questions[i]);
			found = true;
		}
	pthread_mutex_unlock(&c->lock);
	return found;
}

static void on_answered(struct watch *watch, uint32_t events)
{
	struct checker *c = container_of(watch, struct checker, answered);
	uint8_t id[CHECK_ID_BYTES];
	eventfd_t count;
	bool so;

	(void)events;
	eventfd_read(watch->fd, &count);
	while (take_answer(c, id, &so))
		c->done(c->context, id, so);
}

struct checker *checker_new(struct loop *loop, checker_done *done, void *context)
{
	struct checker *c = xcalloc(1, sizeof(*c));

	c->loop = loop;
	c->done = done;
	c->context = context;
	c->answered = (struct watch){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
				      .ready = on_answered };
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->more, NULL);
	if (c->answered.fd < 0 || loop_watch(loop, &c->answered, EPOLLIN))
		abort();
	return c;
}

void checker_free(struct checker *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->ending = true;
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
	if (c->running)
		pthread_join(c->thread, NULL);
	for (size_t i = 0; i < CHECKS; i++)
		question_clear(&c->questions[i]);
	loop_unwatch(c->loop, &c->answered);
	close(c->answered.fd);
	pthread_cond_destroy(&c->more);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

bool checker_has(struct checker *c, const uint8_t id[CHECK_ID_BYTES])
{
	bool has = false;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < CHECKS; i++)
		has |= c->questions[i].state != FREE &&
		       !gnutls_memcmp(c->questions[i].id, id, CHECK_ID_BYTES);
	pthread_mutex_unlock(&c->lock);
	return has;
}

/* Signals are for the loop's thread alone. */
static bool start(struct checker *c)
{
	sigset_t all, before;

	if (c->running)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	c->running = !pthread_create(&c->thread, NULL, answer_all, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return c->running;
}

int checker_ask(struct checker *c, const uint8_t id[CHECK_ID_BYTES], struct str password,
		const char *hash)
{
	struct question *free_one = NULL;

	if (!start(c))
		return -EAGAIN;
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < CHECKS && !free_one; i++)
		if (c->questions[i].state == FREE)
			free_one = &c->questions[i];
	if (free_one) {
		*free_one = (struct question){ .state = ASKED,
					       .number = c->numbers++,
					       .password = xstrndup(password.at, password.len),
					       .hash = xstrdup(hash) };
		memcpy(free_one->id, id, CHECK_ID_BYTES);
		pthread_cond_signal(&c->more);
	}
	pthread_mutex_unlock(&c->lock);
	return free_one ? 0 : -ENOSPC;
}
