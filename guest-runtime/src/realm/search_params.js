(() => {
  const decode = (text) => {
    const spaced = text.replaceAll("+", " ");
    try { return decodeURIComponent(spaced); } catch { return spaced; }
  };
  const encode = (text) =>
    encodeURIComponent(text).replace(/%20|[!'()~]/g, (found) =>
      found === "%20" ? "+" : `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
  const owners = new WeakMap();
  class URLSearchParams {
    #pairs = [];
    constructor(init = "") {
      if (typeof init === "object" && init !== null) {
        const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
        for (const [name, value] of pairs) this.#pairs.push([String(name), String(value)]);
        return;
      }
      for (const part of String(init).replace(/^\?/, "").split("&")) {
        if (part === "") continue;
        const at = part.indexOf("=");
        const [name, value] = at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
        this.#pairs.push([decode(name), decode(value)]);
      }
    }
    #changed() {
      const url = owners.get(this);
      if (url) url.search = this.toString();
    }
    get size() { return this.#pairs.length; }
    append(name, value) { this.#pairs.push([String(name), String(value)]); this.#changed(); }
    delete(name, value) {
      const stays = (pair) => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value));
      this.#pairs = this.#pairs.filter(stays);
      this.#changed();
    }
    get(name) { return this.#pairs.find((pair) => pair[0] === String(name))?.[1] ?? null; }
    getAll(name) { return this.#pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1]); }
    has(name, value) {
      return this.#pairs.some((pair) => pair[0] === String(name) && (value === undefined || pair[1] === String(value)));
    }
    set(name, value) {
      const at = this.#pairs.findIndex((pair) => pair[0] === String(name));
      if (at < 0) return this.append(name, value);
      this.#pairs = this.#pairs.filter((pair, index) => index <= at || pair[0] !== String(name));
      this.#pairs[at][1] = String(value);
      this.#changed();
    }
    sort() {
      this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#changed();
    }
    forEach(callback, self) { for (const [name, value] of this.#pairs) callback.call(self, value, name, this); }
    *entries() { for (const [name, value] of this.#pairs) yield [name, value]; }
    *keys() { for (const [name] of this.#pairs) yield name; }
    *values() { for (const [, value] of this.#pairs) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&"); }
  }
  const made = new WeakMap();
  const searchParams = {
    configurable: true,
    get() {
      const known = made.get(this);
      if (known && known.search === this.search) return known.params;
      const params = new URLSearchParams(this.search);
      owners.set(params, this);
      made.set(this, { params, get search() { return params.toString() === "" ? "" : `?${params}`; } });
      return params;
    },
  };
  Object.defineProperty(URL.prototype, "searchParams", searchParams);
  return { URLSearchParams };
})()
