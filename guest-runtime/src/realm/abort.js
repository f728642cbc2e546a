(() => {
  const CODES = {
    IndexSizeError: 1, NotFoundError: 8, NotSupportedError: 9, InvalidStateError: 11, SyntaxError: 12, InvalidAccessError: 15,
    InvalidCharacterError: 5, NetworkError: 19, AbortError: 20, URLMismatchError: 21, QuotaExceededError: 22, TimeoutError: 23,
    DataCloneError: 25,
  };
  class DOMException extends Error {
    #name;
    constructor(message = "", name = "Error") {
      super(message);
      this.#name = name;
    }
    get name() { return this.#name; }
    get code() { return CODES[this.#name] ?? 0; }
    get [Symbol.toStringTag]() { return "DOMException"; }
    static ABORT_ERR = 20;
    static TIMEOUT_ERR = 23;
    static DATA_CLONE_ERR = 25;
  }
  class Event {
    constructor(type, init = {}) { Object.assign(this, { type, target: null }, init); }
  }
  class CustomEvent extends Event {
    constructor(type, { detail = null, ...init } = {}) { super(type, { ...init, detail }); }
  }
  class EventTarget {
    #listeners = new Map();
    addEventListener(type, listener, options) {
      const once = typeof options === "object" && options?.once === true;
      const list = this.#listeners.get(type) ?? [];
      if (listener && !list.some((entry) => entry.listener === listener)) list.push({ listener, once });
      this.#listeners.set(type, list);
    }
    removeEventListener(type, listener) {
      const list = this.#listeners.get(type) ?? [];
      this.#listeners.set(type, list.filter((entry) => entry.listener !== listener));
    }
    dispatchEvent(event) {
      event.target = this;
      this[`on${event.type}`]?.(event);
      for (const { listener, once } of [...(this.#listeners.get(event.type) ?? [])]) {
        if (once) this.removeEventListener(event.type, listener);
        if (typeof listener === "function") listener.call(this, event);
        else listener.handleEvent(event);
      }
      return true;
    }
  }
  const key = Symbol("made by AbortController");
  const abort = Symbol("abort");
  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason;
    onabort = null;
    constructor(proof) {
      super();
      if (proof !== key) throw new TypeError("AbortSignal: use new AbortController().signal");
    }
    get aborted() { return this.#aborted; }
    get reason() { return this.#reason; }
    throwIfAborted() { if (this.#aborted) throw this.#reason; }
    [abort](reason = new DOMException("This operation was aborted", "AbortError")) {
      if (this.#aborted) return;
      this.#aborted = true;
      this.#reason = reason;
      this.dispatchEvent(new Event("abort"));
    }
    static abort(reason) {
      const signal = new AbortSignal(key);
      signal[abort](reason);
      return signal;
    }
    static timeout(ms) {
      const signal = new AbortSignal(key);
      const late = () => signal[abort](new DOMException("The operation timed out", "TimeoutError"));
      setTimeout(late, ms);
      return signal;
    }
    static any(signals) {
      const combined = new AbortSignal(key);
      for (const signal of signals) {
        if (signal.aborted) combined[abort](signal.reason);
        else signal.addEventListener("abort", () => combined[abort](signal.reason), { once: true });
      }
      return combined;
    }
  }
  class AbortController {
    #signal = new AbortSignal(key);
    get signal() { return this.#signal; }
    abort(reason) { this.#signal[abort](reason); }
  }
  return { AbortController, AbortSignal, CustomEvent, DOMException, Event, EventTarget };
})()
