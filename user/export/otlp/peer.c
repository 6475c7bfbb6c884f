/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "user/base/log.h"
#include "user/base/mem.h"

static bool is_link_local4(struct in_addr address)
{
	return (ntohl(address.s_addr) & 0xffff0000) == 0xa9fe0000;
}

static bool is_link_local6(const struct in6_addr *address)
{
	struct in_addr mapped;

	if (!IN6_IS_ADDR_V4MAPPED(address))
		return IN6_IS_ADDR_LINKLOCAL(address);
	memcpy(&mapped, address->s6_addr + 12, sizeof(mapped));
	return is_link_local4(mapped);
}

bool peer_is_link_local(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return is_link_local4(((const struct sockaddr_in *)address)->sin_addr);
	if (address->sa_family == AF_INET6)
		return is_link_local6(&((const struct sockaddr_in6 *)address)->sin6_addr);
	return false;
}

static bool is_literal(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return host[0] == '[' || inet_pton(AF_INET, host, address) == 1;
}

const char *peer_rule_init(struct peer_rule *rule, const char *url)
{
	char *host = NULL, *scheme = NULL;
	CURLU *parsed = curl_url();
	bool fits;

	fits = parsed && !curl_url_set(parsed, CURLUPART_URL, url, 0) &&
	       !curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) &&
	       !curl_url_get(parsed, CURLUPART_HOST, &host, 0) &&
	       (!strcmp(scheme, "http") || !strcmp(scheme, "https"));
	rule->link_local_allowed = fits && is_literal(host);
	curl_free(host);
	curl_free(scheme);
	curl_url_cleanup(parsed);
	return fits ? NULL : "otlp.endpoint is not an http or https URL";
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	const struct peer_rule *rule = context;

	if (purpose == CURLSOCKTYPE_IPCXN && !rule->link_local_allowed &&
	    peer_is_link_local(&address->addr)) {
		log_warn("otlp: not connected to a link-local address that a name led to",
			 "family=%d", address->family);
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void peer_rule_set(struct peer_rule *rule, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, rule);
}
