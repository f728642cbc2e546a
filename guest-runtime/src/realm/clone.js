(() => {
  const refuse = (value) => {
    throw new DOMException(`${typeof value === "symbol" || typeof value === "function" ? String(value) : Object.prototype.toString.call(value)} could not be cloned.`, "DataCloneError");
  };
  const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const kind = (value) => Object.prototype.toString.call(value).slice(8, -1);
  const inner = (method, value) => {
    try { return method.call(value) !== undefined; } catch { return false; }
  };
  const size = (Class) => Object.getOwnPropertyDescriptor(Class.prototype, "size").get;
  const [mapSize, setSize] = [size(Map), size(Set)];
  const bufferSize = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength").get;
  const boxed = (value) => [Number, String, Boolean, BigInt].find((Class) => inner(Class.prototype.valueOf, value));
  // What has an inside that a copy of its properties would lose.
  const closed = (value) => [WeakMap, WeakSet, WeakRef, Promise].some((Class) => value instanceof Class) || typeof value.next === "function";

  const cloneOf = (value, seen) => {
    if (typeof value === "function" || typeof value === "symbol") return refuse(value);
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const remember = (copy) => (seen.set(value, copy), copy);
    const part = (inside) => cloneOf(inside, seen);
    if (inner(Date.prototype.getTime, value)) return remember(new Date(value.getTime()));
    if (value instanceof RegExp) return remember(new RegExp(value.source, value.flags));
    if (inner(mapSize, value)) {
      const copy = remember(new Map());
      for (const [key, held] of [...value]) copy.set(part(key), part(held));
      return copy;
    }
    if (inner(setSize, value)) {
      const copy = remember(new Set());
      for (const held of [...value]) copy.add(part(held));
      return copy;
    }
    if (inner(bufferSize, value)) return remember(value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const buffer = part(value.buffer);
      const length = kind(value) === "DataView" ? value.byteLength : value.length;
      return remember(new value.constructor(buffer, value.byteOffset, length));
    }
    if (Error.isError?.(value) ?? value instanceof Error) return errorOf(value, part, remember);
    const Box = boxed(value);
    if (Box) return remember(Object(Box.prototype.valueOf.call(value)));
    if (closed(value)) return refuse(value);
    const copy = remember(Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value)) copy[key] = part(value[key]);
    return copy;
  };
  const errorOf = (error, part, remember) => {
    const copy = remember(new (ERRORS[error.name] ?? Error)(error.message));
    for (const name of ["stack", "cause"]) {
      if (error[name] === undefined || (name === "cause" && !Object.hasOwn(error, name))) continue;
      Object.defineProperty(copy, name, { value: part(error[name]), writable: true, configurable: true });
    }
    return copy;
  };
  return {
    structuredClone(value, { transfer = [] } = {}) {
      if (arguments.length === 0) throw new TypeError("structuredClone takes a value");
      const seen = new Map();
      for (const buffer of transfer) {
        if (!(buffer instanceof ArrayBuffer)) refuse(buffer);
        seen.set(buffer, buffer.transfer());
      }
      return cloneOf(value, seen);
    },
  };
})()
