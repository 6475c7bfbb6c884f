# SPDX-License-Identifier: Apache-2.0
"""asgi.py - an ASGI application that calls $NEXT for each request, over one client for all."""

import os

import httpx

client = httpx.AsyncClient(timeout=60)


async def application(scope, receive, send):
	if scope["type"] != "http":
		raise NotImplementedError(scope["type"])
	request = scope["path"].rsplit("/", 1)[1]
	answer = await client.get("http://127.0.0.1:%s/next/%s" % (os.environ["NEXT"], request),
				  headers={"x-request-id": request})
	await send({"type": "http.response.start", "status": 200,
		    "headers": [(b"content-length", b"%d" % len(answer.content))]})
	await send({"type": "http.response.body", "body": answer.content})
