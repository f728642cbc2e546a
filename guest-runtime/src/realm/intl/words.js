  const AND = { en: ["and", "or"], de: ["und", "oder"], fr: ["et", "ou"], es: ["y", "o"], it: ["e", "o"], pt: ["e", "ou"], nl: ["en", "of"], sv: ["och", "eller"] };
  class ListFormat {
    #options;
    #place;
    constructor(locales, options = {}) {
      ({ place: this.#place } = resolved(locales));
      const type = choose("ListFormat", options, "type", ["conjunction", "disjunction", "unit"], "conjunction");
      const style = choose("ListFormat", options, "style", ["long", "short", "narrow"], "long");
      this.#options = { type, style };
    }
    formatToParts(list) {
      const items = [...list].map((value) => ({ type: "element", value }));
      const { type, style } = this.#options;
      const comma = type === "unit" && style === "narrow" ? " " : ", ";
      const english = this.#place.names === "en";
      const [and, or] = AND[this.#place.names];
      const word = type === "disjunction" ? or : english && style !== "long" ? (style === "short" ? "&" : "") : and;
      const last = (pair) => (type === "unit" ? comma : word === "" ? ", " : `${english && !pair ? "," : ""} ${word} `);
      return items.flatMap((item, index) => (index === 0 ? [item] : [literal(index < items.length - 1 ? comma : last(items.length === 2)), item]));
    }
    format(list) { return this.formatToParts(list).map((part) => part.value).join(""); }
  }
  class PluralRules {
    #ordinal;
    constructor(locales, { type = "cardinal" } = {}) { this.#ordinal = type === "ordinal"; }
    select(value) {
      if (!this.#ordinal) return value === 1 ? "one" : "other";
      const [ten, hundred] = [value % 10, value % 100];
      if (ten === 1 && hundred !== 11) return "one";
      if (ten === 2 && hundred !== 12) return "two";
      return ten === 3 && hundred !== 13 ? "few" : "other";
    }
    resolvedOptions() {
      return { locale: "en-US", type: this.#ordinal ? "ordinal" : "cardinal", pluralCategories: this.#ordinal ? ["few", "one", "two", "other"] : ["one", "other"] };
    }
  }
  // Each: in short for one and for many, in narrow form, and the last, this and next one.
  const SPANS = {
    second: [" sec.", " sec.", "s", , "now"], minute: [" min.", " min.", "m", , "this minute"], hour: [" hr.", " hr.", "h", , "this hour"],
    day: [" day", " days", "d", "yesterday", "today", "tomorrow"], week: [" wk.", " wk.", "w", "last week", "this week", "next week"],
    month: [" mo.", " mo.", "mo", "last month", "this month", "next month"], quarter: [" qtr.", " qtrs.", "q", "last quarter", "this quarter", "next quarter"],
    year: [" yr.", " yr.", "y", "last year", "this year", "next year"],
  };
  class RelativeTimeFormat {
    #auto;
    #style;
    constructor(locales, options = {}) {
      this.#auto = choose("RelativeTimeFormat", options, "numeric", ["always", "auto"], "always") === "auto";
      this.#style = choose("RelativeTimeFormat", options, "style", ["long", "short", "narrow"], "long");
    }
    format(value, unit) {
      const span = String(unit).replace(/s$/, "");
      const found = SPANS[span];
      if (!found) throw new RangeError(`Invalid unit argument for format() '${unit}'`);
      if (!Number.isFinite(Number(value))) throw new RangeError("Invalid time value");
      const near = this.#auto && Math.abs(value) <= 1 && Number.isInteger(value) ? found[4 + value] : undefined;
      if (near) return near;
      const size = Math.abs(value);
      const many = size === 1 ? 0 : 1;
      const word = this.#style === "narrow" ? found[2] : this.#style === "short" ? found[many] : ` ${span}${many ? "s" : ""}`;
      const count = new Intl.NumberFormat("en-US").format(size) + word;
      return value < 0 || Object.is(value, -0) ? `${count} ago` : `in ${count}`;
    }
    formatToParts(value, unit) { return [literal(this.format(value, unit))]; }
  }
  const pairs = (text) => Object.fromEntries(text.split("|").map((pair) => pair.split(":")));
  const DISPLAY = {
    region: pairs("US:United States|GB:United Kingdom|DE:Germany|FR:France|ES:Spain|IT:Italy|NL:Netherlands|BE:Belgium|CH:Switzerland|AT:Austria|SE:Sweden|NO:Norway|DK:Denmark|FI:Finland|PL:Poland|PT:Portugal|IE:Ireland|CA:Canada|MX:Mexico|BR:Brazil|AR:Argentina|JP:Japan|CN:China|KR:South Korea|IN:India|AU:Australia|NZ:New Zealand|ZA:South Africa|IL:Israel|TR:Türkiye|UA:Ukraine|RU:Russia|SG:Singapore|HK:Hong Kong SAR China|AE:United Arab Emirates"),
    language: pairs("en:English|de:German|fr:French|es:Spanish|it:Italian|pt:Portuguese|nl:Dutch|sv:Swedish|da:Danish|no:Norwegian|fi:Finnish|pl:Polish|ru:Russian|uk:Ukrainian|tr:Turkish|ar:Arabic|he:Hebrew|hi:Hindi|ja:Japanese|ko:Korean|zh:Chinese"),
    script: pairs("Latn:Latin|Cyrl:Cyrillic|Arab:Arabic|Grek:Greek|Hebr:Hebrew|Deva:Devanagari"),
    currency: Object.fromEntries(Object.entries(CURRENCY_NAMES).map(([code, names]) => [code, names.split("/")[0].replace(/(?<= )\p{Ll}/gu, (first) => first.toUpperCase()).replace(/^euro$/, "Euro")])),
  };
  class DisplayNames {
    #type;
    #fallback;
    constructor(locales, options) {
      resolved(locales);
      if (options?.type === undefined) throw new TypeError("Required option \"type\" must not be undefined");
      this.#type = choose("DisplayNames", options, "type", [...Object.keys(DISPLAY), "calendar", "dateTimeField"]);
      this.#fallback = options.fallback;
    }
    of(code) { return DISPLAY[this.#type]?.[code] ?? (this.#fallback === "none" ? undefined : String(code)); }
  }
  class Locale {
    #tag;
    constructor(tag) {
      resolved(tag);
      this.#tag = canonical(tag);
    }
    get language() { return this.#tag.split("-")[0]; }
    get region() { return this.#tag.split("-").slice(1).find((part) => /^([A-Z]{2}|\d{3})$/.test(part)); }
    get script() { return this.#tag.split("-").find((part) => /^[A-Z][a-z]{3}$/.test(part)); }
    get baseName() { return this.#tag.split("-u-")[0]; }
    toString() { return this.#tag; }
  }
  const supportedValuesOf = (key) => {
    if (key === "currency") return Object.keys(CURRENCY_NAMES).sort();
    return key === "unit" ? Object.keys(UNITS).filter((unit) => !unit.includes("-per-")).sort() : [];
  };
  const getCanonicalLocales = (locales) => [].concat(locales ?? []).map((locale) => (resolved(locale), canonical(locale)));
  return { ...supporting({ ListFormat, PluralRules, RelativeTimeFormat, DisplayNames }), Locale, supportedValuesOf, getCanonicalLocales };
