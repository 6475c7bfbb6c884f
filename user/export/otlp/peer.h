/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h - which addresses an endpoint's name may lead to.
 *
 * Link-local addresses (169.254.0.0/16, fe80::/10) answer to whoever is on the
 * host, a cloud's metadata service among them. A name that resolves to one is
 * not connected to; an endpoint that is written as one is what the user asked for.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <sys/socket.h>

struct peer_rule {
	bool link_local_allowed;
};

bool peer_is_link_local(const struct sockaddr *address);
/* NULL, or why the URL cannot be used. */
const char *peer_rule_init(struct peer_rule *rule, const char *url);
/* Have `easy` keep to the rule, which outlives it. */
void peer_rule_set(struct peer_rule *rule, CURL *easy);
