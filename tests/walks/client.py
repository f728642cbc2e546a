"""An agent's host without a model: the official client, over stdio, runs one program and prints what came back."""

import asyncio
import json
import os
import sys

from mcp import Client
from mcp.client.stdio import StdioServerParameters


async def main(oubliette: str, config: str, program: str) -> None:
    with open(program, encoding="utf-8") as file:
        code = file.read()
    server = StdioServerParameters(
        command=oubliette, args=["serve", "--config", config], env=dict(os.environ)
    )
    async with Client(server) as client:
        tools = await client.list_tools()
        result = await client.call_tool("execute", {"code": code})
    print(json.dumps({
        "tools": [tool.name for tool in tools.tools],
        "report": result.structured_content,
        "content": [block.type for block in result.content],
    }))


asyncio.run(main(*sys.argv[1:]))
