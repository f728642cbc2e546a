  // A number in decimal: `0.digits` times ten to the power of `point`. Rounding works on what a person sees, so
  // that 1.255 becomes 1.26, although the double is a little less.
  const decimal = (value) => {
    const [mantissa, exponent = "0"] = String(value).toLowerCase().split("e");
    const [whole, fraction = ""] = mantissa.split(".");
    const digits = (whole + fraction).replace(/^0+/, "");
    const point = whole.length + Number(exponent) - (whole.length + fraction.length - digits.length);
    return digits === "" ? { digits: "", point: 0 } : { digits, point };
  };
  const rounded = ({ digits, point }, places) => {
    const keep = point + places;
    if (keep >= digits.length) return { digits, point };
    if (keep < 0) return { digits: "", point: 0 };
    const kept = digits.slice(0, keep);
    if (digits[keep] < "5") return kept === "" ? { digits: "", point: 0 } : { digits: kept, point };
    const next = String(BigInt(kept || "0") + 1n).padStart(keep, "0");
    return { digits: next, point: point + next.length - keep };
  };
  const spelled = ({ digits, point }, least) => {
    const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
    const fraction = (point < 0 ? "0".repeat(-point) : "") + digits.slice(Math.max(0, point));
    return [whole, fraction.replace(/0+$/, "").padEnd(least, "0")];
  };
  const COMPACT = [["", ""], ["K", " thousand"], ["M", " million"], ["B", " billion"], ["T", " trillion"]];
  const DIGITS = [
    ["minimumIntegerDigits", 1, 21], ["minimumFractionDigits", 0, 100], ["maximumFractionDigits", 0, 100],
    ["minimumSignificantDigits", 1, 21], ["maximumSignificantDigits", 1, 21],
  ];
  const checkedDigits = (options) => {
    const digits = {};
    for (const [name, least, most] of DIGITS) {
      if (options[name] === undefined) continue;
      const value = Number(options[name]);
      if (!(value >= least && value <= most)) throw new RangeError(`${name} value is out of range.`);
      digits[name] = Math.floor(value);
    }
    if (digits.minimumFractionDigits > digits.maximumFractionDigits) throw new RangeError("maximumFractionDigits value is out of range.");
    return digits;
  };

  class NumberFormat {
    #options;
    #place;
    #name;
    constructor(locales, options = {}) {
      ({ place: this.#place, name: this.#name } = resolved(locales));
      const style = choose("NumberFormat", options, "style", ["decimal", "percent", "currency", "unit"], "decimal");
      const notation = choose("NumberFormat", options, "notation", ["standard", "scientific", "engineering", "compact"], "standard");
      choose("NumberFormat", options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"]);
      choose("NumberFormat", options, "currencyDisplay", ["symbol", "narrowSymbol", "code", "name"]);
      const { currency, unit } = options;
      if (style === "currency" && currency === undefined) throw new TypeError("Currency code is required with currency style.");
      if (currency !== undefined && !/^[A-Za-z]{3}$/.test(currency)) throw new RangeError(`Invalid currency code : ${currency}`);
      if (style === "unit" && unit === undefined) throw new TypeError("Required unit is missing in unit style");
      if (style === "unit" && !String(unit).split("-per-").every((part) => UNITS[part])) throw new RangeError(`Invalid unit argument for Intl.NumberFormat() '${unit}'`);
      const code = currency?.toUpperCase();
      const usual = style === "currency" && notation !== "compact" ? (MINOR[code] ?? 2) : 0;
      const digits = checkedDigits(options);
      const most = digits.maximumFractionDigits ?? Math.max(digits.minimumFractionDigits ?? 0, style === "currency" ? usual : style === "percent" || notation === "compact" ? 0 : 3);
      const least = digits.minimumFractionDigits ?? Math.min(usual, most);
      this.#options = { ...options, ...digits, style, notation, currency: code, least, most };
      this.format = (value) => this.#parts(value).map((part) => part.value).join("");
    }
    get [Symbol.toStringTag]() { return "Intl.NumberFormat"; }
    #round(number) {
      const { least, most, notation } = this.#options;
      const { minimumSignificantDigits, maximumSignificantDigits, minimumFractionDigits, maximumFractionDigits } = this.#options;
      if (minimumSignificantDigits !== undefined || maximumSignificantDigits !== undefined) {
        const result = rounded(number, (maximumSignificantDigits ?? 21) - number.point);
        return { result, least: Math.max(0, (minimumSignificantDigits ?? 1) - result.point) };
      }
      if (notation === "compact" && minimumFractionDigits === undefined && maximumFractionDigits === undefined) {
        return { result: rounded(number, Math.max(0, 2 - number.point)), least: 0 };
      }
      return { result: rounded(number, most), least };
    }
    #scaled(number) {
      const { notation } = this.#options;
      if (notation === "standard") return { ...this.#round(number), scale: 0 };
      const step = (point) => (notation === "scientific" ? point - 1 : Math.floor((point - 1) / 3) * 3);
      const bound = (scale) => (notation === "compact" ? Math.min(12, Math.max(0, scale)) : scale);
      let scale = number.digits === "" ? 0 : bound(step(number.point));
      let found = this.#round({ ...number, point: number.point - scale });
      const after = found.result.digits === "" ? scale : bound(step(found.result.point + scale));
      if (after !== scale) found = this.#round({ ...number, point: number.point - (scale = after) });
      return { ...found, scale };
    }
    #grouped(whole) {
      const { useGrouping, notation } = this.#options;
      const least = this.#place.wide || notation === "compact" || useGrouping === "min2" ? 5 : 4;
      if (useGrouping === false || useGrouping === "false" || whole.length < least) return [whole];
      const groups = [whole.slice(-3)];
      const size = this.#place.lakh ? 2 : 3;
      for (let at = whole.length - 3; at > 0; at -= size) groups.unshift(whole.slice(Math.max(0, at - size), at));
      return groups;
    }
    #number(number) {
      const { minimumIntegerDigits = 1, notation, compactDisplay } = this.#options;
      const { result, least, scale } = this.#scaled(number);
      const [whole, fraction] = spelled(result, least);
      const parts = [];
      for (const value of this.#grouped(whole.padStart(minimumIntegerDigits, "0"))) {
        if (parts.length > 0) parts.push({ type: "group", value: this.#place.group });
        parts.push({ type: "integer", value });
      }
      if (fraction) parts.push({ type: "decimal", value: this.#place.decimal }, { type: "fraction", value: fraction });
      if (notation === "compact" && scale > 0) {
        const [short, long] = COMPACT[scale / 3];
        if (compactDisplay === "long") parts.push({ type: "literal", value: " " }, { type: "compact", value: long.trim() });
        else parts.push({ type: "compact", value: short });
      } else if (notation === "scientific" || notation === "engineering") {
        parts.push({ type: "exponentSeparator", value: "E" });
        if (scale < 0) parts.push({ type: "exponentMinusSign", value: "-" });
        parts.push({ type: "exponentInteger", value: String(Math.abs(scale)) });
      }
      return { parts, zero: result.digits === "", one: whole === "1" && !fraction && scale === 0 };
    }
    #symbol() {
      const { currency, currencyDisplay } = this.#options;
      if (currencyDisplay === "code") return currency;
      if (currencyDisplay === "narrowSymbol") return NARROW[currency] ?? SYMBOLS[currency] ?? currency;
      return this.#place.symbols[currency] ?? SYMBOLS[currency] ?? currency;
    }
    #withCurrency(parts, one) {
      const { currency, currencyDisplay } = this.#options;
      if (currencyDisplay === "name") {
        const [single, many] = (CURRENCY_NAMES[currency] ?? `${currency}/${currency}`).split("/");
        return [...parts, { type: "literal", value: " " }, { type: "currency", value: one ? single : many }];
      }
      const symbol = { type: "currency", value: this.#symbol() };
      const { after, before } = this.#place;
      if (after) return [...parts, { type: "literal", value: after }, symbol];
      const gap = before ?? (/[A-Za-z]$/.test(symbol.value) ? NB : "");
      return [symbol, ...(gap ? [{ type: "literal", value: gap }] : []), ...parts];
    }
    #withUnit(parts, one) {
      const { unit, unitDisplay = "short" } = this.#options;
      const at = ["short", "long", "narrow"].indexOf(unitDisplay) * 2 + (one ? 0 : 1);
      const compound = ([upper, lower]) => UNITS[upper].split("|")[at] + (unitDisplay === "long" ? ` per ${UNITS[lower].split("|")[2].trim()}` : `/${UNITS[lower].split("|")[0].trim()}`);
      const text = UNITS[unit]?.split("|")[at] ?? compound(unit.split("-per-"));
      const space = text.startsWith(" ") ? [{ type: "literal", value: " " }] : [];
      return [...parts, ...space, { type: unit === "percent" ? "percentSign" : "unit", value: text.trim() }];
    }
    #sign(negative, zero) {
      const { signDisplay = "auto" } = this.#options;
      if (signDisplay === "never" || (zero && (signDisplay === "exceptZero" || signDisplay === "negative"))) return "";
      if (negative) return "-";
      return signDisplay === "always" || signDisplay === "exceptZero" ? "+" : "";
    }
    #parts(input) {
      const { style, currencySign } = this.#options;
      const value = typeof input === "bigint" ? input : typeof input === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(input) ? input.trim() : Number(input);
      const negative = typeof value === "string" ? value.startsWith("-") : value < 0 || Object.is(value, -0);
      const size = String(value).replace(/^-/, "");
      let parts, zero = false, one = false;
      if (size === "NaN") parts = [{ type: "nan", value: "NaN" }];
      else if (size === "Infinity") parts = [{ type: "infinity", value: "∞" }];
      else {
        const number = decimal(size);
        ({ parts, zero, one } = this.#number(style === "percent" && number.digits ? { ...number, point: number.point + 2 } : number));
      }
      if (style === "percent") {
        const { percent } = this.#place;
        if (percent.length > 1) parts.push({ type: "literal", value: percent[0] });
        parts.push({ type: "percentSign", value: "%" });
      }
      if (style === "currency") parts = this.#withCurrency(parts, one);
      if (style === "unit") parts = this.#withUnit(parts, one);
      const sign = size === "NaN" ? "" : this.#sign(negative, zero);
      if (sign === "-" && currencySign === "accounting") return [{ type: "literal", value: "(" }, ...parts, { type: "literal", value: ")" }];
      return sign ? [{ type: sign === "-" ? "minusSign" : "plusSign", value: sign }, ...parts] : parts;
    }
    formatToParts(value) { return this.#parts(value); }
    formatRange(from, to) {
      const [low, high] = [this.format(from), this.format(to)];
      if (low === high) return `~${low}`;
      return this.#options.style === "currency" ? `${low} – ${high}` : `${low}–${high}`;
    }
    resolvedOptions() {
      const { least, most, minimumIntegerDigits = 1, ...options } = this.#options;
      return { locale: this.#name, numberingSystem: "latn", minimumIntegerDigits, minimumFractionDigits: least, maximumFractionDigits: most, useGrouping: "auto", signDisplay: "auto", ...options };
    }
  }
  return supporting({ NumberFormat: callable(NumberFormat) });
