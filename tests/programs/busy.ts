// Everything that makes an engine want something of its operating system: memory, garbage, clocks, randomness,
// sorting, regular expressions, modules, timers, files, tool calls one after the other and all at once.
import { echo } from "/servers/scripted/echo.ts";
import { readFile, readdir } from "node:fs/promises";

const started = Date.now();

interface Row {
  key: string;
  numbers: number[];
}

let rows: Row[] = [];
for (let round = 0; round < 8; round++) {
  rows = Array.from({ length: 20_000 }, (_, n) => ({ key: `row ${round} ${n}`, numbers: [n, n * n, Math.random()] }));
}
rows.sort((a, b) => b.numbers[2] - a.numbers[2]);

const words = rows.map((row) => row.key).join(" ");
const digits = words.match(/\d+/g)?.length ?? 0;
const swapped = words.replaceAll(/(\w+) (\d+)/g, "$2 $1").length;

const copy = JSON.parse(JSON.stringify(rows.slice(0, 2_000)));
const date = new Date(started).toISOString();
const id = crypto.randomUUID();

const echoed: unknown[] = [];
for (let n = 0; n < 5; n++) {
  echoed.push((await echo({ value: n })).value);
}
const together = await Promise.all(Array.from({ length: 40 }, (_, n) => tools.scripted.echo({ value: n })));
await Promise.all([sleep(20), sleep(5), new Promise((resolve) => setTimeout(resolve, 10))]);

const listing = await readdir("/servers/scripted");
const text = await readFile("/servers/scripted/echo.ts", "utf8");
const later = await import("/servers/scripted/text.ts");
const said = await later.text({ value: "said" });

let caught = "";
try {
  await tools.scripted.fail({ message: "as asked" });
} catch (error) {
  caught = (error as Error).message;
}
console.log("rows", rows.length, "since", date);

return {
  digits,
  swapped,
  copied: copy.length,
  echoed,
  together: together.length,
  waited: Date.now() - started >= 20,
  listed: listing.length > 10,
  described: text.includes("echo"),
  said,
  caught: caught.includes("as asked"),
  id: id.length,
};
