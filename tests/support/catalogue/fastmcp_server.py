"""A server as people write them with FastMCP. Arguments: the transport, and the port."""

import sys

from fastmcp import FastMCP

mcp = FastMCP("fast")


@mcp.tool
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@mcp.resource("data://greeting")
def greeting() -> str:
    return "hello"


@mcp.prompt
def ask() -> str:
    return "Ask."


transport, port = sys.argv[1:]
if transport == "stdio":
    mcp.run()
else:
    mcp.run(transport=transport, host="127.0.0.1", port=int(port))
