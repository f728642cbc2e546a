// Counts, in the files of each server, the keywords `any` and `unknown` used as types, as TypeScript parses them.
const ts = require("typescript");
const fs = require("node:fs");
const path = require("node:path");

const servers = path.join(process.argv[2], "servers");
const census = {};
for (const server of fs.readdirSync(servers).sort()) {
  const folder = path.join(servers, server);
  if (!fs.statSync(folder).isDirectory()) continue;
  const counted = { files: 0, bytes: 0, any: 0, unknown: 0 };
  const count = (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) counted.any += 1;
    if (node.kind === ts.SyntaxKind.UnknownKeyword) counted.unknown += 1;
    ts.forEachChild(node, count);
  };
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
    const text = fs.readFileSync(path.join(folder, file), "utf8");
    counted.files += 1;
    counted.bytes += Buffer.byteLength(text);
    count(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  }
  census[server] = counted;
}
console.log(JSON.stringify(census));
