"""The Python SDK: both eras, every tool, prompts and resources."""

import asyncio
import json

from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from checks import PROMPTS, TOKEN, TOOLS, URL, WRONG, check, done, expect, refused


def connect(mode, token=TOKEN):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    http = create_mcp_http_client(headers=headers)
    return Client(streamable_http_client(URL, http_client=http), mode=mode)


async def call(client, name, arguments=None):
    """Calls a tool that must answer; the SDK checks the answer against the output schema."""
    result = await client.call_tool(name, arguments or {})
    text = "".join(block.text for block in result.content)
    expect(not result.is_error, text)
    expect(json.loads(text) == result.structured_content, "the text differs from the structured content")
    return result.structured_content


async def mistake(client, name, arguments):
    """Calls a tool that must not take its arguments; gives the words."""
    result = await client.call_tool(name, arguments)
    expect(result.is_error, "it was taken")
    return "".join(block.text for block in result.content)


async def era(mode, revision):
    async with connect(mode) as client:

        async def opening():
            expect(client.protocol_version == revision, client.protocol_version)

        async def tools():
            listed = (await client.list_tools()).tools
            expect(sorted(tool.name for tool in listed) == TOOLS, [tool.name for tool in listed])
            expect(all(tool.output_schema and tool.title for tool in listed), "a tool lacks title or output schema")

        async def kris():
            page = await call(client, "list_kris", {"limit": 2})
            more = await call(client, "list_kris", {"limit": 2, "cursor": page["nextCursor"]})
            ids = [kri["id"] for kri in page["items"] + more["items"]]
            expect(len(set(ids)) == 4, ids)
            return page["items"][0]

        async def one():
            expect((await call(client, "get_kri", {"id": kri["slug"]}))["id"] == kri["id"], "another KRI")

        async def integrations():
            expect((await call(client, "list_integrations"))["items"], "none")

        async def find():
            results = (await call(client, "search", {"query": kri["name"]}))["results"]
            expect((await call(client, "fetch", {"id": results[0]["id"]}))["text"], "no text")

        async def bad():
            words = await mistake(client, "list_kris", {"status": "purple"})
            expect("status" in words and "amber" in words, words)

        async def prompts():
            expect(sorted(p.name for p in (await client.list_prompts()).prompts) == PROMPTS, "names")
            got = await client.get_prompt("top_risks", {"count": "3"})
            expect(got.messages, "no messages")

        async def resources():
            listed = (await client.list_resources()).resources
            read = await client.read_resource(str(listed[0].uri))
            expect(json.loads(read.contents[0].text)["slug"], "no KRI")

        await check(f"{mode}: connects as {revision}", opening)
        await check(f"{mode}: tools", tools)
        kri = await check(f"{mode}: list_kris in pages", kris)
        await check(f"{mode}: get_kri", one)
        await check(f"{mode}: list_integrations", integrations)
        await check(f"{mode}: search and fetch", find)
        await check(f"{mode}: a bad value names its argument and the allowed ones", bad)
        await check(f"{mode}: prompts", prompts)
        await check(f"{mode}: resources", resources)


async def without(mode, token):
    async def connects():
        async with connect(mode, token) as client:
            await client.list_tools()

    # the SDK does not tell the status
    await refused(connects)


async def main():
    for mode, revision in [("legacy", "2025-11-25"), ("auto", "2026-07-28")]:
        await check(f"{mode}: a session from begin to end", lambda: era(mode, revision))
        await check(f"{mode}: a wrong token does not connect", lambda: without(mode, WRONG))
        await check(f"{mode}: no token does not connect", lambda: without(mode, None))


asyncio.run(main())
done()
