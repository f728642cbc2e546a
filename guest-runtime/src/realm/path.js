(() => {
  const normalize = (path) => {
    const absolute = path.startsWith("/");
    const parts = [];
    for (const part of path.split("/")) {
      if (part === "" || part === ".") continue;
      if (part !== "..") parts.push(part);
      else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
      else if (!absolute) parts.push("..");
    }
    const tail = path.endsWith("/") && parts.length > 0 ? "/" : "";
    return (absolute ? "/" : "") + parts.join("/") + tail || ".";
  };
  const join = (...parts) => normalize(parts.filter((part) => part !== "").join("/") || ".");
  const resolve = (...parts) => {
    let path = "";
    for (const part of parts) path = part.startsWith("/") ? part : `${path}/${part}`;
    const normal = normalize(path.startsWith("/") ? path : `/${path}`);
    return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
  };
  const trimmed = (path) => (path.length > 1 ? path.replace(/\/+$/, "") : path);
  const basename = (path, suffix = "") => {
    const base = trimmed(path).split("/").at(-1);
    return suffix !== "" && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
  };
  const dirname = (path) => {
    const at = trimmed(path).lastIndexOf("/");
    return at < 0 ? "." : at === 0 ? "/" : path.slice(0, at);
  };
  const extname = (path) => {
    const base = basename(path);
    const at = base.lastIndexOf(".");
    return at > 0 ? base.slice(at) : "";
  };
  const isAbsolute = (path) => path.startsWith("/");
  const relative = (from, to) => {
    const [a, b] = [from, to].map((path) => resolve(path).split("/").filter(Boolean));
    let shared = 0;
    while (shared < a.length && a[shared] === b[shared]) shared += 1;
    return [...a.slice(shared).map(() => ".."), ...b.slice(shared)].join("/");
  };
  const parse = (path) => {
    const [base, ext] = [basename(path), extname(path)];
    const root = isAbsolute(path) ? "/" : "";
    const dir = path.includes("/") ? dirname(path) : "";
    return { root, dir, base, ext, name: ext === "" ? base : base.slice(0, -ext.length) };
  };
  const format = ({ dir, root = "", base, name = "", ext = "" }) => {
    const file = base ?? name + ext;
    return dir ? (dir === root ? dir + file : `${dir}/${file}`) : root + file;
  };
  const path = { basename, dirname, extname, format, isAbsolute, join, normalize, parse, relative, resolve };
  return Object.assign(path, { sep: "/", delimiter: ":", posix: path });
})()
