// Runs programs as Node does, for the `expected` values of the tables here: a JSON list of programs on standard
// input, a JSON list of `{ value }` or `{ error }` on standard output.
import { Console } from "node:console";

globalThis.console = new Console(process.stderr);
process.on("unhandledRejection", () => {});

const IMPORT = /^\s*import\s[^(][^;]*?from\s*["'][^"']+["'];/gm;

const run = async (program) => {
  const imports = program.match(IMPORT) ?? [];
  const body = program.replace(IMPORT, "");
  const module = `${imports.join("\n")}\nexport default async () => {\n${body}\n};`;
  const { default: main } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
  return JSON.parse(JSON.stringify(await main()) ?? "null");
};

let input = "";
for await (const chunk of process.stdin) input += chunk;
const results = [];
for (const program of JSON.parse(input)) {
  results.push(await run(program).then((value) => ({ value }), (error) => ({ error: String(error) })));
}
process.stdout.write(JSON.stringify(results));
