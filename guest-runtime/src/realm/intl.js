(() => {
  const SYMBOLS = { USD: "$", EUR: "€", GBP: "£", JPY: "¥", INR: "₹", CNY: "CN¥", KRW: "₩", BRL: "R$", CAD: "CA$", AUD: "A$", MXN: "MX$", ILS: "₪", VND: "₫", NZD: "NZ$", TWD: "NT$", HKD: "HK$" };
  const WHOLE = ["JPY", "KRW", "VND", "CLP", "ISK"];
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
  const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
  const COMPACT = [[1e12, "T", " trillion"], [1e9, "B", " billion"], [1e6, "M", " million"], [1e3, "K", " thousand"]];
  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");
  const fixed = (value, least, most) => {
    let text = value.toFixed(most);
    if (!text.includes(".")) return text;
    const keep = text.indexOf(".") + 1 + least;
    while (text.length > keep && text.endsWith("0")) text = text.slice(0, -1);
    return text.endsWith(".") ? text.slice(0, -1) : text;
  };
  class NumberFormat {
    #options;
    constructor(locale, options = {}) {
      const { style = "decimal", currency } = options;
      if (style === "currency" && !currency) throw new TypeError("Currency code is required with currency style.");
      const usual = style === "currency" ? (WHOLE.includes(currency) ? 0 : 2) : 0;
      const least = options.minimumFractionDigits ?? Math.min(usual, options.maximumFractionDigits ?? usual);
      const most = options.maximumFractionDigits ?? Math.max(least, style === "currency" ? usual : style === "percent" ? 0 : 3);
      this.#options = { ...options, style, least, most };
      this.format = (value) => this.#format(value);
    }
    #digits(value) {
      const { least, most, notation, compactDisplay, useGrouping = true } = this.#options;
      const { maximumSignificantDigits, minimumIntegerDigits = 1 } = this.#options;
      if (notation === "compact") {
        const scale = COMPACT.find(([from]) => value >= from);
        const scaled = scale ? value / scale[0] : value;
        const text = fixed(scaled, 0, this.#options.maximumFractionDigits ?? (scaled < 100 ? 1 : 0));
        return text + (scale ? scale[compactDisplay === "long" ? 2 : 1] : "");
      }
      const rounded = maximumSignificantDigits ? Number(value.toPrecision(maximumSignificantDigits)) : value;
      const text = rounded >= 1e21 ? String(rounded) : fixed(rounded, least, maximumSignificantDigits ? 20 : most);
      const [whole, fraction] = text.split(".");
      const padded = whole.padStart(minimumIntegerDigits, "0");
      return (useGrouping ? grouped(padded) : padded) + (fraction ? `.${fraction}` : "");
    }
    #format(input) {
      const { style, currency, currencyDisplay, unit, unitDisplay, signDisplay } = this.#options;
      if (typeof input === "bigint") return (input < 0n ? "-" : "") + grouped(String(input < 0n ? -input : input));
      const value = Number(input);
      if (Number.isNaN(value)) return "NaN";
      const size = Math.abs(value) * (style === "percent" ? 100 : 1);
      let text = size === Infinity ? "∞" : this.#digits(size);
      if (style === "percent") text += "%";
      if (style === "currency") {
        if (currencyDisplay === "code") text = `${currency} ${text}`;
        else text = (SYMBOLS[currency] ?? `${currency} `) + text;
      }
      if (style === "unit") text += unitDisplay === "long" ? ` ${unit}s` : ` ${unit}`;
      const negative = value < 0 || Object.is(value, -0);
      if (signDisplay === "never") return text;
      return (negative ? "-" : (signDisplay === "always" || (signDisplay === "exceptZero" && value > 0)) ? "+" : "") + text;
    }
    formatToParts(value) { return [{ type: "literal", value: this.format(value) }]; }
    resolvedOptions() { return { locale: "en-US", numberingSystem: "latn", ...this.#options }; }
  }
  const DATE_STYLES = {
    full: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
    long: { year: "numeric", month: "long", day: "numeric" },
    medium: { year: "numeric", month: "short", day: "numeric" },
    short: { year: "2-digit", month: "numeric", day: "numeric" },
  };
  const TIME_STYLES = {
    full: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
    long: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
    medium: { hour: "numeric", minute: "2-digit", second: "2-digit" },
    short: { hour: "numeric", minute: "2-digit" },
  };
  const PARTS = ["weekday", "year", "month", "day", "hour", "minute", "second", "dayPeriod", "fractionalSecondDigits"];
  const two = (number) => String(number).padStart(2, "0");
  const name = (list, index, width) => (width === "long" ? list[index] : width === "narrow" ? list[index][0] : list[index].slice(0, 3));
  class DateTimeFormat {
    #options;
    #zone;
    constructor(locale, options = {}, usual = DateTimeFormat.date) {
      const { dateStyle, timeStyle, timeZone = "UTC" } = options;
      const named = { ...(DATE_STYLES[dateStyle] ?? {}), ...(TIME_STYLES[timeStyle] ?? {}) };
      const asked = dateStyle || timeStyle || PARTS.some((part) => options[part] !== undefined);
      this.#options = { ...(asked ? named : usual), ...options };
      this.#zone = timeZone;
      this.format = (date) => this.#format(date);
    }
    static date = { year: "numeric", month: "numeric", day: "numeric" };
    static time = { hour: "numeric", minute: "2-digit", second: "2-digit" };
    #fields(date) {
      const time = date === undefined ? Date.now() : Number(date);
      if (Number.isNaN(time)) throw new RangeError("Invalid time value");
      return Temporal.Instant.fromEpochMilliseconds(Math.floor(time)).toZonedDateTimeISO(this.#zone);
    }
    #day(at) {
      const { weekday, year, month, day } = this.#options;
      const y = year === "2-digit" ? two(at.year % 100) : year && String(at.year);
      const d = day === "2-digit" ? two(at.day) : day && String(at.day);
      const w = weekday && name(DAYS, at.dayOfWeek - 1, weekday);
      if (month === "long" || month === "short" || month === "narrow") {
        const m = name(MONTHS, at.month - 1, month);
        const head = d ? `${m} ${d}` : m;
        return [w, y && d ? `${head}, ${y}` : y ? `${head} ${y}` : head].filter(Boolean).join(", ");
      }
      const m = month === "2-digit" ? two(at.month) : month && String(at.month);
      return [w, [m, d, y].filter(Boolean).join("/")].filter(Boolean).join(", ");
    }
    #time(at) {
      const { hour, minute, second, hour12, hourCycle, timeZoneName } = this.#options;
      const long = hour12 === false || hourCycle === "h23" || hourCycle === "h24";
      const h = long ? at.hour : at.hour % 12 || 12;
      const parts = [hour && (hour === "2-digit" || long ? two(h) : String(h)), minute && two(at.minute), second && two(at.second)];
      const clock = parts.filter(Boolean).join(":") + (hour && !long ? ` ${at.hour < 12 ? "AM" : "PM"}` : "");
      const zone = timeZoneName && (this.#zone === "UTC" ? "UTC" : `GMT${at.offset}`);
      return [clock, zone].filter(Boolean).join(" ");
    }
    #format(date) {
      const at = this.#fields(date);
      const joint = ["full", "long"].includes(this.#options.dateStyle) ? " at " : ", ";
      return [this.#day(at), this.#time(at)].filter(Boolean).join(joint);
    }
    formatToParts(date) {
      const at = this.#fields(date);
      const values = { weekday: name(DAYS, at.dayOfWeek - 1, this.#options.weekday), year: at.year, month: at.month, day: at.day, hour: at.hour, minute: at.minute, second: at.second };
      const wanted = Object.keys(values).filter((part) => this.#options[part]);
      return wanted.map((type) => ({ type, value: this.#options[type] === "2-digit" ? two(values[type]) : String(values[type]) }));
    }
    formatRange(from, to) { return `${this.format(from)} – ${this.format(to)}`; }
    resolvedOptions() { return { locale: "en-US", calendar: "gregory", numberingSystem: "latn", timeZone: this.#zone }; }
  }
  class ListFormat {
    #word;
    constructor(locale, { type = "conjunction" } = {}) { this.#word = type === "disjunction" ? "or" : "and"; }
    format(list) {
      const items = [...list];
      if (items.length < 3) return items.join(` ${this.#word} `);
      return `${items.slice(0, -1).join(", ")}, ${this.#word} ${items.at(-1)}`;
    }
  }
  class PluralRules {
    #ordinal;
    constructor(locale, { type = "cardinal" } = {}) { this.#ordinal = type === "ordinal"; }
    select(value) {
      if (!this.#ordinal) return value === 1 ? "one" : "other";
      const [ten, hundred] = [value % 10, value % 100];
      if (ten === 1 && hundred !== 11) return "one";
      if (ten === 2 && hundred !== 12) return "two";
      return ten === 3 && hundred !== 13 ? "few" : "other";
    }
  }
  class RelativeTimeFormat {
    #auto;
    constructor(locale, { numeric = "always" } = {}) { this.#auto = numeric === "auto"; }
    format(value, unit) {
      const one = unit.replace(/s$/, "");
      const near = { day: { 0: "today", 1: "tomorrow", [-1]: "yesterday" } }[one]?.[value];
      if (this.#auto && near) return near;
      const count = `${new NumberFormat().format(Math.abs(value))} ${one}${Math.abs(value) === 1 ? "" : "s"}`;
      return value < 0 ? `${count} ago` : `in ${count}`;
    }
  }
  class Collator {
    #options;
    constructor(locale, options = {}) { this.#options = options; this.compare = (a, b) => this.#compare(String(a), String(b)); }
    #compare(a, b) {
      const { numeric, sensitivity } = this.#options;
      const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
      const split = (text) => (numeric ? plain(text).split(/(\d+)/) : [plain(text)]);
      const [x, y] = [split(a), split(b)];
      for (let index = 0; index < Math.max(x.length, y.length); index += 1) {
        const [left, right] = [x[index] ?? "", y[index] ?? ""];
        if (left === right) continue;
        if (numeric && index % 2 === 1 && left !== "" && right !== "" && Number(left) !== Number(right)) return Number(left) < Number(right) ? -1 : 1;
        return left < right ? -1 : 1;
      }
      if (sensitivity === "base" || a === b) return 0;
      return plain(a) === plain(b) && a.toLowerCase() === b.toLowerCase() ? (a > b ? -1 : 1) : a < b ? -1 : 1;
    }
  }
  const formats = { NumberFormat, DateTimeFormat, ListFormat, PluralRules, RelativeTimeFormat, Collator };
  for (const format of Object.values(formats)) format.supportedLocalesOf = () => ["en-US"];
  return { Intl: { ...formats, getCanonicalLocales: (locales) => [].concat(locales ?? []) } };
})()
