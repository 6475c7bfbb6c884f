/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/sniff.h"

#include "user/exchange/gather.h"
#include "user/exchange/hold.h"
#include "user/exchange/pair.h"

/* Any TLS record: a connection that was joined begins with another than the handshake's. */
static enum sniffed tls(struct str head)
{
	static const uint8_t least[] = { 20, 3, 0 }, most[] = { 23, 3, 4 };

	for (size_t i = 0; i < sizeof(least); i++) {
		if (i == head.len)
			return SNIFFED_MORE;
		if ((uint8_t)head.at[i] < least[i] || (uint8_t)head.at[i] > most[i])
			return SNIFFED_NOTHING;
	}
	return SNIFFED_MESSAGE;
}

static enum sniffed http2(struct str head)
{
	const struct str preface = STR("PRI * HTTP/2.0");

	if (!str_starts(preface, str_first(head, preface.len)))
		return SNIFFED_NOTHING;
	return head.len < preface.len ? SNIFFED_MORE : SNIFFED_MESSAGE;
}

static const struct {
	enum unread reason;
	enum sniffed (*sniff)(struct str head);
} foreign[] = {
	{ UNREAD_TLS, tls },
	{ UNREAD_HTTP2, http2 },
};

static enum sniffed sniff_foreign(struct exchanges *x, struct connection *c, struct str head)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		enum sniffed found = foreign[i].sniff(head);

		if (found == SNIFFED_MESSAGE)
			give_up(x, c, foreign[i].reason);
		if (found != SNIFFED_NOTHING)
			return found;
	}
	return SNIFFED_NOTHING;
}

/* What the connection's protocol says, or the first that says yes; `ret` is its index plus 1. */
static enum guess guess(const struct exchanges *x, const struct connection *c, struct str head,
			uint8_t *ret)
{
	enum guess all = GUESS_NO;

	for (uint8_t i = 0; x->options.protos[i]; i++) {
		enum guess one;

		if (c->proto && c->proto != i + 1)
			continue;
		one = x->options.protos[i]->guess(head);
		if (one > GUESS_MORE) {
			*ret = (uint8_t)(i + 1);
			return one;
		}
		if (one == GUESS_MORE)
			all = GUESS_MORE;
	}
	return all;
}

static void learn_role(struct exchanges *x, struct connection *c, enum direction d, enum side side)
{
	enum role role = (side == ASKING) == (d == RECEIVED) ? ROLE_SERVER : ROLE_CLIENT;

	if (c->role == role)
		return;
	lose_all(x, c, LOSS_EXCHANGE_UNREAD);
	c->role = (uint8_t)role;
}

enum sniffed sniff(struct exchanges *x, struct connection *c, enum direction d, struct str head)
{
	enum sniffed alien = c->proto ? SNIFFED_NOTHING : sniff_foreign(x, c, head);
	enum guess guessed;

	if (alien == SNIFFED_MORE)
		return SNIFFED_MORE;
	if (alien == SNIFFED_MESSAGE)
		return SNIFFED_NOTHING;
	guessed = guess(x, c, head, &c->proto);
	if (guessed == GUESS_NO)
		return SNIFFED_NOTHING;
	if (guessed == GUESS_MORE)
		return SNIFFED_MORE;
	learn_role(x, c, d, guessed == GUESS_ASKING ? ASKING : ANSWERING);
	return SNIFFED_MESSAGE;
}

void sniff_strike(struct exchanges *x, struct connection *c)
{
	if (++c->strikes >= UNKNOWN_TURNS)
		give_up(x, c, UNREAD_OTHER);
}

static void tell(const struct exchanges *x, const struct connection *c, enum unread reason)
{
	const struct given_up given_up = {
		.process = { .started_ns = c->process_started_ns, .tgid = c->process_tgid },
		.peer = connection_peer(c),
		.reason = reason,
		.at_ns = x->at_ns,
		.spoke_first = !c->joined && c->turn == 1 && c->direction == SENT,
		.joined = c->joined,
	};

	x->options.unread(x->options.context, &given_up);
}

void give_up(struct exchanges *x, struct connection *c, enum unread reason)
{
	lose_all(x, c, LOSS_EXCHANGE_UNREAD);
	gather_drop(x, c, RECEIVED);
	gather_drop(x, c, SENT);
	held_drop(x, c);
	c->unread = (uint8_t)(reason + 1);
	x->counters.unread[reason]++;
	if (x->options.unread)
		tell(x, c, reason);
	connection_verdict(x, c, VERDICT_STOP, 0);
}
