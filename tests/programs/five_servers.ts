// One program, five servers of other people. FOLDER and REPOSITORY are put in by the test.
import { convertTime, getCurrentTime } from "/servers/time";
import { gitLog } from "/servers/git/gitLog.ts";

const sum = await tools.everything.getSum({ a: 2, b: 40 });

const path = "FOLDER/apples.txt";
await tools.filesystem.writeFile({ path, content: "42 apples" });

const [now, log, noon, file] = await Promise.all([
  getCurrentTime({ timezone: "Etc/UTC" }),
  gitLog({ repo_path: "REPOSITORY", max_count: 5 }),
  convertTime({ source_timezone: "Etc/UTC", time: "12:00", target_timezone: "Etc/UTC" }),
  tools.filesystem.readTextFile({ path }),
]);

await tools.memory.createEntities({
  entities: [{ name: "apples", entityType: "fruit", observations: [JSON.stringify(file)] }],
});
const graph = await tools.memory.readGraph();

const [{ uri }] = await resources.list("everything");
const { contents } = await resources.read("everything", uri);
const { messages } = await prompts.get("everything", "simple-prompt");
const picture = (await tools.everything.getTinyImage()).find((one) => one.type === "image");

const text = (result: unknown) => (typeof result === "string" ? result : JSON.stringify(result));
console.log(text(now), text(noon));

return {
  sum: text(sum).includes("42"),
  written: typeof file === "string" ? file : file.content,
  remembered: graph.entities.map((entity) => entity.name),
  zone: /Etc\/UTC/.exec(text(now))?.[0],
  committed: text(log).includes("the first commit"),
  read: contents[0].uri === uri,
  prompted: messages[0].role,
  picture,
  servers: Object.keys(tools).sort(),
};
