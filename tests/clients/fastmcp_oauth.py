"""The FastMCP client signs in by itself: `Client(url, auth="oauth")` and nothing else."""

import asyncio
import json
import os
import subprocess
import tempfile

from checks import TOOLS, URL, check, done, expect, refused

FOLDER = tempfile.mkdtemp(prefix="wk-fastmcp-")


def people(*words):
    """What `person.mjs` tells."""
    node = [os.environ["WATCHKEEP_NODE"], "person.mjs", *words]
    told = subprocess.run(node, capture_output=True, text=True, timeout=60)
    if told.returncode != 0:
        raise AssertionError(told.stderr[-400:])
    return json.loads(told.stdout)


async def person():
    return people("make", "fastmcp", FOLDER)


async def main():
    made = await check("FastMCP: a person with a password", person)
    if made is None:
        return
    # Python reads BROWSER when the module is loaded
    os.environ["BROWSER"] = made["browser"]
    os.environ["FASTMCP_HOME"] = FOLDER
    os.environ["FASTMCP_LOG_LEVEL"] = "ERROR"
    from fastmcp import Client

    async def signs_in():
        client = Client(URL, auth="oauth")
        try:
            await asyncio.wait_for(client.__aenter__(), 60)
        except BaseException as error:
            with open(made["log"]) as log:
                raise AssertionError(f"{type(error).__name__} {error} / the browser: {log.read()[-400:]}") from error
        return client

    client = await check("FastMCP: it signs in and connects", signs_in)
    if client is None:
        return

    async def tools():
        listed = await client.list_tools()
        expect(sorted(tool.name for tool in listed) == TOOLS, [tool.name for tool in listed])

    async def answers():
        page = (await client.call_tool("list_kris", {"limit": 1})).structured_content
        expect(len(page["items"]) == 1, page)

    async def connected():
        told = people("apps", json.dumps(made["who"]))
        expect(len(told) == 1 and told[0]["scopes"] == "mcp:read" and "FastMCP" in json.dumps(told), told)

    async def revoked():
        with open(f"{FOLDER}/browser.json") as kept:
            who = json.load(kept)
        with open(f"{FOLDER}/browser.json", "w") as keep:
            json.dump({**who, "away": True}, keep)
        expect(people("revoke", json.dumps(made["who"])) == 1, "not one grant")

    async def over():
        # it tries to sign in anew, which nobody answers
        async def call():
            await asyncio.wait_for(client.call_tool("list_kris", {"limit": 1}), 8)

        await refused(call)
        with open(made["log"]) as log:
            expect(log.read().count("opened ") == 2, "it did not ask to sign in anew")

    await check("FastMCP: tools", tools)
    await check("FastMCP: a tool answers it", answers)
    await check("FastMCP: Connected Apps tells of it", connected)
    await check("FastMCP: it is revoked", revoked)
    await check("FastMCP: the next call is 401, and it asks to sign in", over)


asyncio.run(main())
done()
