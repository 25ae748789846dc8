"""The FastMCP client: every tool, prompts and resources, as scripts written with it do."""

import asyncio
import json

from fastmcp import Client
from fastmcp.client.auth import BearerAuth

from checks import PROMPTS, TENANT, TOKEN, TOOLS, URL, WRONG, check, done, expect, refused


def connect(url=URL, token=TOKEN):
    return Client(url, auth=BearerAuth(token) if token else None)


async def session(client):
    async def tools():
        listed = await client.list_tools()
        expect(sorted(tool.name for tool in listed) == TOOLS, [tool.name for tool in listed])

    async def kris():
        page = (await client.call_tool("list_kris", {"limit": 3})).structured_content
        expect(len(page["items"]) == 3 and page["nextCursor"], page)
        return page["items"][0]

    async def one():
        got = (await client.call_tool("get_kri", {"id": kri["slug"]})).structured_content
        expect(got["id"] == kri["id"], got["id"])

    async def integrations():
        expect((await client.call_tool("list_integrations")).structured_content["items"], "none")

    async def find():
        results = (await client.call_tool("search", {"query": kri["name"]})).structured_content["results"]
        found = (await client.call_tool("fetch", {"id": results[0]["id"]})).structured_content
        expect(found["id"] == results[0]["id"], found)

    async def bad():
        words = await refused(lambda: client.call_tool("list_kris", {"status": "purple"}))
        expect("status" in words, words)

    async def prompts():
        expect(sorted(prompt.name for prompt in await client.list_prompts()) == PROMPTS, "names")
        expect((await client.get_prompt("red_kris", {})).messages, "no messages")

    async def resources():
        listed = await client.list_resources()
        read = await client.read_resource(listed[0].uri)
        expect(json.loads(read[0].text)["slug"], "no KRI")
        templates = await client.list_resource_templates()
        expect([template.uri_template for template in templates] == ["kri://{slug}", "risk://{id}"], templates)

    await check("tools", tools)
    kri = await check("list_kris", kris)
    await check("get_kri", one)
    await check("list_integrations", integrations)
    await check("search and fetch", find)
    await check("a bad value names its argument", bad)
    await check("prompts", prompts)
    await check("resources", resources)


async def good(url):
    async with connect(url) as client:
        await client.list_tools()
        return True


async def whole():
    async with connect() as client:
        await session(client)


async def without(token):
    async def connects():
        async with connect(token=token) as client:
            await client.list_tools()

    # the client does not tell the status
    await refused(connects)


async def main():
    await check("a session from begin to end", whole)
    await check("the tenant's own mount", lambda: good(f"{URL}/t/{TENANT}"))
    await check("a wrong token does not connect", lambda: without(WRONG))
    await check("no token does not connect", lambda: without(None))


asyncio.run(main())
done()
