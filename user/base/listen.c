/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>

#include "user/base/mem.h"

enum { BACKLOG = 64 };

/* "host:port", "[::1]:port", ":port". */
static bool split(const char *address, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (!colon || len >= size)
		return false;
	if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	memcpy(host, address, len);
	host[len] = '\0';
	*port = colon + 1;
	return true;
}

static int open_one(const struct addrinfo *info)
{
	_cleanup_(closep) int fd =
		socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, off = 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (info->ai_family == AF_INET6) /* ":9464" is for both families */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, info->ai_addr, info->ai_addrlen) || listen(fd, BACKLOG))
		return -errno;
	return TAKE_FD(fd);
}

int listen_at(const char *address)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
				  .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char host[256];
	const char *port;
	int fd = -EADDRNOTAVAIL;

	if (!split(address, host, sizeof(host), &port))
		return -EINVAL;
	if (!*host)
		hints.ai_family = AF_INET6;
	if (getaddrinfo(*host ? host : NULL, port, &hints, &found))
		return -EADDRNOTAVAIL;
	for (const struct addrinfo *info = found; info && fd < 0; info = info->ai_next)
		fd = open_one(info);
	freeaddrinfo(found);
	if (fd == -EAFNOSUPPORT && !*host) { /* a host without IPv6 */
		struct sockaddr_in any = { .sin_family = AF_INET,
					   .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
		struct addrinfo four = { .ai_family = AF_INET,
					 .ai_addr = (struct sockaddr *)&any,
					 .ai_addrlen = sizeof(any) };

		fd = open_one(&four);
	}
	return fd;
}

socklen_t inspect_address(struct sockaddr_un *ret)
{
	static const char name[] = "sonde";

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path + 1, name, sizeof(name) - 1); /* after a NUL: abstract */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(name));
}

int inspect_open(void)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	socklen_t len = inspect_address(&address);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || listen(fd, BACKLOG))
		return -errno;
	return TAKE_FD(fd);
}
