// The TypeScript clients: lists, searches, executes, and prints what came back. MODULES is the folder they were
// installed in, WHICH is `client` (2.x, both eras) or `sdk` (1.x, with a handshake), TARGET is JSON: a url, or a command.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, which, text] = process.argv.slice(2);
const target = JSON.parse(text);
const require = createRequire(`${modules}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)));

async function connect() {
  if (which === "sdk") {
    const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
    const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");
    const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");
    return [new Client({ name: "tests", version: "1" }), StreamableHTTPClientTransport, StdioClientTransport];
  }
  const { Client, StreamableHTTPClientTransport } = await load("@modelcontextprotocol/client");
  const { StdioClientTransport } = await load("@modelcontextprotocol/client/stdio");
  const options = { versionNegotiation: { mode: "auto" } };
  return [new Client({ name: "tests", version: "1" }, options), StreamableHTTPClientTransport, StdioClientTransport];
}

const [client, Http, Stdio] = await connect();
const transport = target.url
  ? new Http(new URL(target.url))
  : new Stdio({ command: target.command, args: target.args, env: { ...process.env } });
await client.connect(transport);
const { tools } = await client.listTools();
const found = await client.callTool({ name: "search", arguments: { query: "list orders" } });
const ran = await client.callTool({ name: "execute", arguments: { code: target.code } });
await client.close();
console.log(JSON.stringify({
  tools: tools.map((tool) => tool.name),
  found: found.structuredContent,
  report: ran.structuredContent,
}));
