#!/usr/bin/env python3
"""Pushes a report into a Drop Zone over MCP and shows what became of the KRIs.

    HUB_URL=https://hub.example/api/mcp HUB_TOKEN=drx_pat_acme.<hex> python3 dropzone.py report.json

HUB_TOKEN is a personal access token with the scopes mcp:read and mcp:write. Where the tenant has several Drop Zones, name
one with --zone. Needs the official SDK: pip install mcp. Made for cron: it prints a few lines, ends with 0 if the report is
with the hub, and the same report a second time changes nothing.
"""

import argparse
import asyncio
import mimetypes
import os
import pathlib
import sys

from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

MOST = 1024 * 1024  # what the tool takes; larger files go by REST or webhook


async def call(client, tool, arguments):
    """The answer of a tool. The hub says in words what is wrong with a call; those words end the script."""
    result = await client.call_tool(tool, arguments)
    if result.is_error:
        sys.exit(f"{tool}: {''.join(block.text for block in result.content)}")
    return result.structured_content


async def all_of(client, tool, arguments):
    """Every item of a list, page by page."""
    cursor = {}
    while True:
        page = await call(client, tool, arguments | cursor)
        for item in page["items"]:
            yield item
        if "nextCursor" not in page:
            return
        cursor = {"cursor": page["nextCursor"]}


async def drop_zone(client, name):
    """The Drop Zone of that name, or the only one."""
    zones = [one async for one in all_of(client, "list_integrations", {}) if one["isDropZone"]]
    wanted = [zone for zone in zones if name in (None, zone["name"], zone["id"])]
    if len(wanted) != 1:
        known = ", ".join(zone["name"] for zone in zones) or "none"
        sys.exit(f"name one Drop Zone with --zone; there are: {known}")
    return wanted[0]


async def push(client, zone, path, subject):
    """Submits one file. Bytes that are no text, and files above 1 MiB, go another way."""
    data = path.read_bytes()
    if len(data) > MOST:
        sys.exit(f"{path} is larger than 1 MiB; push it by REST or webhook")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        sys.exit(f"{path} is no text; push it by REST or webhook")
    arguments = {"integrationId": zone["id"], "content": text, "filename": path.name}
    if (mime := mimetypes.guess_type(path.name)[0]) is not None:
        arguments["mimeType"] = mime
    if subject is not None:
        arguments["subject"] = subject
    return await call(client, "submit_dropzone_artifact", arguments)


async def main():
    parser = argparse.ArgumentParser(description="Push reports into a Drop Zone over MCP.")
    parser.add_argument("files", nargs="+", type=pathlib.Path, help="reports, exports or notes, each at most 1 MiB")
    parser.add_argument("--zone", help="the Drop Zone, where there are several")
    parser.add_argument("--subject", help="what the values speak of, if the file does not say so")
    asked = parser.parse_args()
    url, token = os.environ.get("HUB_URL"), os.environ.get("HUB_TOKEN")
    if not url or not token:
        sys.exit("set HUB_URL (https://hub.example/api/mcp) and HUB_TOKEN (drx_pat_...)")

    http = create_mcp_http_client(headers={"Authorization": f"Bearer {token}"})
    async with Client(streamable_http_client(url, http_client=http)) as client:
        zone = await drop_zone(client, asked.zone)
        for path in asked.files:
            pushed = await push(client, zone, path, asked.subject)
            if "duplicateOf" in pushed:
                print(f"{path.name}: known already, nothing changes")
                continue
            counts = pushed["proposals"]
            print(f"{path.name}: {pushed['format']}, {counts['autoAccepted']} accepted, {counts['queued']} for review")
            for note in pushed.get("notes", []):
                print(f"  {note}")
        run = await call(client, "run_integration", {"integrationId": zone["id"]})
        print(f"run {run['runId']}: {run['status']}")
        async for kri in all_of(client, "list_kris", {"status": "red"}):
            print(f"red: {kri['slug']} = {kri.get('value', 'unknown')}")


if __name__ == "__main__":
    asyncio.run(main())
