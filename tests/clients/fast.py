"""fastmcp's client: lists, searches, executes, and prints what came back. TARGET is JSON: a url, or a command."""

import asyncio
import json
import os
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport


async def main(target: dict) -> None:
    server = target.get("url") or StdioTransport(
        command=target["command"], args=target["args"], env=dict(os.environ)
    )
    async with Client(server) as client:
        tools = await client.list_tools()
        found = await client.call_tool("search", {"query": "list orders"})
        ran = await client.call_tool("execute", {"code": target["code"]})
    print(json.dumps({
        "tools": [tool.name for tool in tools],
        "found": found.structured_content,
        "report": ran.structured_content,
    }))


asyncio.run(main(json.loads(sys.argv[1])))
