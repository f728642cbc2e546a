  const PUNCTUATION = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
  // Characters in the order of dictionaries: spaces and punctuation, digits, letters.
  const weight = (character) => {
    const at = PUNCTUATION.indexOf(character);
    if (at >= 0) return at;
    const code = character.codePointAt(0);
    return code < 48 ? code + 40 : code < 58 || code > 96 ? code + 100 : code + 90;
  };
  const plain = (text) => (/^[\0-\x7f]*$/.test(text) ? text : text.normalize("NFD").replace(/\p{M}/gu, ""));
  const order = (a, b) => (a === b ? 0 : a < b ? -1 : 1);
  const byLetters = (a, b) => {
    const length = Math.min(a.length, b.length);
    for (let index = 0; index < length; index += 1) {
      if (a[index] !== b[index]) return weight(a[index]) - weight(b[index]);
    }
    return a.length - b.length;
  };
  const byNumbers = (a, b) => {
    const [x, y] = [a.split(/(\d+)/), b.split(/(\d+)/)];
    for (let index = 0; index < Math.min(x.length, y.length); index += 1) {
      const isNumber = index % 2 === 1;
      const found = isNumber ? Number(x[index]) - Number(y[index]) : index + 1 < Math.min(x.length, y.length) || x[index] === y[index] ? byLetters(x[index], y[index]) : byLetters(x.slice(index).join(""), y.slice(index).join(""));
      if (found !== 0) return found;
    }
    return x.length - y.length;
  };
  class Collator {
    #options;
    constructor(locales, options = {}) {
      resolved(locales);
      const sensitivity = choose("Collator", options, "sensitivity", ["base", "accent", "case", "variant"], "variant");
      const caseFirst = choose("Collator", options, "caseFirst", ["upper", "lower", "false"], "false");
      this.#options = { numeric: Boolean(options.numeric), sensitivity, caseFirst, ignorePunctuation: Boolean(options.ignorePunctuation) };
      this.compare = (a, b) => Math.sign(this.#compare(String(a), String(b)));
    }
    get [Symbol.toStringTag]() { return "Intl.Collator"; }
    #compare(one, other) {
      if (one === other) return 0;
      const { numeric, sensitivity, caseFirst, ignorePunctuation } = this.#options;
      const [a, b] = ignorePunctuation ? [one, other].map((text) => text.replace(/[\p{P}\s]/gu, "")) : [one, other];
      const [x, y] = [plain(a), plain(b)];
      const [low, high] = [x.toLowerCase(), y.toLowerCase()];
      const letters = numeric ? byNumbers(low, high) : byLetters(low, high);
      if (letters !== 0 || sensitivity === "base") return letters;
      if (sensitivity !== "case") {
        const accents = order(a.normalize("NFD").toLowerCase(), b.normalize("NFD").toLowerCase());
        if (accents !== 0 || sensitivity === "accent") return accents;
      }
      return order(x, y) * (caseFirst === "upper" ? 1 : -1);
    }
    resolvedOptions() { return { locale: "en-US", usage: "sort", collation: "default", ...this.#options }; }
  }
  const SEGMENTS = {
    grapheme: /\r\n|\p{RI}\p{RI}|\p{Emoji}(?:\p{EMod}|\ufe0f|\u20e3)*(?:\u200d\p{Emoji}(?:\p{EMod}|\ufe0f)*)*\p{M}*|\P{M}\p{M}*|\p{M}+/gsu,
    word: /[\p{L}\p{N}\p{M}_]+(?:['’.][\p{L}\p{N}\p{M}_]+)*|\s|[^\p{L}\p{N}\p{M}_\s]/gsu,
    sentence: /[^.!?。]+[.!?。]*["')\]]*\s*|[.!?。]+\s*/gsu,
  };
  class Segmenter {
    #granularity;
    constructor(locales, options = {}) {
      resolved(locales);
      this.#granularity = choose("Segmenter", options, "granularity", ["grapheme", "word", "sentence"], "grapheme");
    }
    segment(text) {
      const input = String(text);
      const granularity = this.#granularity;
      const word = ({ 0: segment, index }) => ({ segment, index, input, ...(granularity === "word" ? { isWordLike: /[\p{L}\p{N}]/u.test(segment) } : {}) });
      const list = () => Array.from(input.matchAll(SEGMENTS[granularity]), word);
      return {
        *[Symbol.iterator]() { yield* list(); },
        containing: (at = 0) => list().findLast(({ index }) => index <= at && at < input.length),
      };
    }
    resolvedOptions() { return { locale: "en-US", granularity: this.#granularity }; }
  }
  return supporting({ Collator: callable(Collator), Segmenter });
