({ resources: ask, prompts: offering }) => {
  const one = (server, method) =>
    ask(server, { method }).then(({ entries, cut }) => {
      if (cut !== undefined) console.warn(`${method} of ${server}: ${cut}`);
      return entries.map((entry) => ({ ...entry, server }));
    });

  const all = async (what, method) => {
    const servers = offering(what);
    const lists = await Promise.allSettled(servers.map((server) => one(server, method)));
    const failed = lists.filter((list) => list.status === "rejected");
    if (failed.length > 0 && failed.length === lists.length) throw failed[0].reason;
    for (const { reason } of failed) console.warn(`${method}: ${reason.message}`);
    return lists.flatMap((list) => list.value ?? []);
  };

  const named = (server) => (server !== null && typeof server === "object" ? server : { server });
  const list = (what, method) => (given) => {
    const { server } = named(given);
    return server === undefined ? all(what, method) : one(server, method);
  };

  const missing = (signature) => Promise.reject(new TypeError(`the arguments are ${signature}`));
  const text = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

  const read = (...given) => {
    const { server, uri } = given.length > 1 ? { server: given[0], uri: given[1] } : named(given[0]);
    if (server === undefined || uri === undefined) return missing('resources.read("server", "uri")');
    return ask(server, { method: "resources/read", params: { uri: String(uri) } });
  };

  const get = (...given) => {
    const call = given.length > 1 ? { server: given[0], name: given[1], arguments: given[2] } : named(given[0]);
    if (call.server === undefined || call.name === undefined) {
      return missing('prompts.get("server", "name", { argument: "text" })');
    }
    const filled = Object.entries(call.arguments ?? call.args ?? {}).filter(([, value]) => value !== undefined);
    const args = Object.fromEntries(filled.map(([name, value]) => [name, text(value)]));
    return ask(call.server, { method: "prompts/get", params: { name: String(call.name), arguments: args } });
  };

  return {
    resources: {
      list: list("resources", "resources/list"),
      templates: list("resources", "resources/templates/list"),
      read,
    },
    prompts: { list: list("prompts", "prompts/list"), get },
  };
}
