"""A FastMCP server with an authorization server of its own in memory, for the interop tests."""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import threading

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth import OAuthProxy
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider
from key_value.aio.stores.memory import MemoryStore
from mcp.server.auth.settings import ClientRegistrationOptions, RevocationOptions
from mcp.shared.auth import OAuthClientInformationFull

SCOPES = ["mcp:read"]


def in_memory(origin):
    """FastMCP's provider for tests: registers clients, consents without asking, revokes tokens."""
    return InMemoryOAuthProvider(
        base_url=origin,
        required_scopes=SCOPES,
        client_registration_options=ClientRegistrationOptions(enabled=True, valid_scopes=SCOPES),
        revocation_options=RevocationOptions(enabled=True),
    )


async def with_consent_form(origin, upstream, upstream_origin):
    """FastMCP's proxy, which asks for consent with its own form and then sends the browser to `upstream`."""
    secret = secrets.token_hex(16)
    # One method has to be named on both sides; the defaults of FastMCP's two halves differ.
    method = "client_secret_post"
    client = OAuthClientInformationFull(
        client_id="proxy",
        client_secret=secret,
        redirect_uris=[f"{origin}/auth/callback"],
        scope=" ".join(SCOPES),
        token_endpoint_auth_method=method,
    )
    await upstream.register_client(client)
    return OAuthProxy(
        base_url=origin,
        upstream_authorization_endpoint=f"{upstream_origin}/authorize",
        upstream_token_endpoint=f"{upstream_origin}/token",
        upstream_client_id="proxy",
        upstream_client_secret=secret,
        token_endpoint_auth_method=method,
        token_verifier=upstream,
        valid_scopes=SCOPES,
        client_storage=MemoryStore(),
        jwt_signing_key=secrets.token_bytes(32),
    )


def endpoint(auth):
    mcp = FastMCP("interop-fastmcp", auth=auth)

    @mcp.tool(annotations={"readOnlyHint": True})
    def echo(text: str) -> str:
        """Says what it was told."""
        return text

    return mcp.http_app()


def listen():
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


class Server(uvicorn.Server):
    """One that leaves signals to `main`, because two of them may run side by side."""

    def __init__(self, app):
        super().__init__(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))

    def capture_signals(self):
        return contextlib.nullcontext()


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--consent", action="store_true", help="ask for consent with FastMCP's form")
    arguments = parser.parse_args()

    listener, origin = listen()
    auth = in_memory(origin)
    serving = []
    if arguments.consent:
        upstream_listener, upstream_origin = listen()
        upstream = in_memory(upstream_origin)
        serving.append((Server(endpoint(upstream)), upstream_listener))
        auth = await with_consent_form(origin, upstream, upstream_origin)
    serving.append((Server(endpoint(auth)), listener))

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)

    def watch_stdin():
        while os.read(0, 4096):
            pass
        loop.call_soon_threadsafe(ended.set)

    # Whoever started this server holds the other end of stdin, so that it cannot outlive them.
    threading.Thread(target=watch_stdin, daemon=True).start()

    tasks = [asyncio.create_task(server.serve(sockets=[listener])) for server, listener in serving]
    print(json.dumps({"resource": f"{origin}/mcp"}), flush=True)
    await ended.wait()
    for server, _ in serving:
        server.should_exit = True
    await asyncio.gather(*tasks)


asyncio.run(main())
