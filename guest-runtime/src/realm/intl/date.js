  const DATE_STYLES = {
    full: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
    long: { year: "numeric", month: "long", day: "numeric" },
    medium: { year: "numeric", month: "short", day: "numeric" },
    short: { year: "2-digit", month: "numeric", day: "numeric" },
  };
  const TIME_STYLES = {
    full: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "long" },
    long: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
    medium: { hour: "numeric", minute: "2-digit", second: "2-digit" },
    short: { hour: "numeric", minute: "2-digit" },
  };
  const DATE_PARTS = ["weekday", "year", "month", "day"];
  const TIME_PARTS = ["hour", "minute", "second", "dayPeriod", "fractionalSecondDigits"];
  // Names of zones: of the winter, of the summer, and for Americans in short.
  const ZONES = {
    "America/New_York": ["Eastern", "E"], "America/Toronto": ["Eastern", "E"], "America/Detroit": ["Eastern", "E"],
    "America/Chicago": ["Central", "C"], "America/Denver": ["Mountain", "M"], "America/Phoenix": ["Mountain", "M"],
    "America/Los_Angeles": ["Pacific", "P"], "America/Vancouver": ["Pacific", "P"],
    "Europe/Berlin": ["Central European"], "Europe/Paris": ["Central European"], "Europe/Madrid": ["Central European"],
    "Europe/Rome": ["Central European"], "Europe/Vienna": ["Central European"], "Europe/Zurich": ["Central European"],
    "Europe/Amsterdam": ["Central European"], "Europe/Stockholm": ["Central European"],
    "Asia/Tokyo": ["Japan"], "Asia/Kolkata": ["India"], "Asia/Shanghai": ["China"], "Asia/Seoul": ["Korean"], "Asia/Singapore": ["Singapore"],
  };
  const two = (number) => String(number).padStart(2, "0");
  // The parts in a row, with `between` where both sides have any.
  const joined = (lists, between) => lists.filter((list) => list.length > 0).reduce((all, list, index) => (index === 0 ? [...list] : [...all, literal(between), ...list]), []);
  const zoneName = (zone, at, width) => {
    const minutes = Math.round(at.offsetNanoseconds / 6e10);
    const size = Math.abs(minutes);
    const sign = minutes < 0 ? "-" : "+";
    const long = `GMT${minutes === 0 ? "" : sign + two(Math.floor(size / 60))}${minutes === 0 ? "" : `:${two(size % 60)}`}`;
    const short = `GMT${minutes === 0 ? "" : sign + Math.floor(size / 60)}${size % 60 === 0 ? "" : `:${two(size % 60)}`}`;
    if (width === "longOffset") return long;
    if (width === "shortOffset") return short;
    if (zone === "UTC" || zone === "Etc/UTC") return width === "long" ? "Coordinated Universal Time" : "UTC";
    const [name, letter] = ZONES[zone] ?? [];
    const offset = (month) => Temporal.Instant.fromEpochMilliseconds(Date.UTC(at.year, month)).toZonedDateTimeISO(zone).offsetNanoseconds;
    const winter = Math.min(offset(0), offset(6));
    const summer = at.offsetNanoseconds > winter;
    if (width === "long") return name ? `${name} ${summer ? (letter ? "Daylight" : "Summer") : "Standard"} Time` : long;
    if (width === "shortGeneric" || width === "longGeneric") return letter ? (width === "longGeneric" ? `${name} Time` : `${letter}T`) : short;
    return letter ? `${letter}${summer ? "D" : "S"}T` : short;
  };
  const partOfDay = ({ hour, minute }) => {
    if (hour === 12 && minute === 0) return "noon";
    if (hour < 6 || hour >= 21) return "at night";
    return hour < 12 ? "in the morning" : hour < 18 ? "in the afternoon" : "in the evening";
  };

  class DateTimeFormat {
    #options;
    #zone;
    #place;
    #name;
    #names;
    constructor(locales, options = {}, usual = DateTimeFormat.date) {
      ({ place: this.#place, name: this.#name } = resolved(locales));
      this.#names = NAMES[this.#place.names];
      const styles = ["full", "long", "medium", "short"];
      const dateStyle = choose("DateTimeFormat", options, "dateStyle", styles);
      const timeStyle = choose("DateTimeFormat", options, "timeStyle", styles);
      choose("DateTimeFormat", options, "month", ["numeric", "2-digit", "long", "short", "narrow"]);
      choose("DateTimeFormat", options, "weekday", ["long", "short", "narrow"]);
      const asked = [...DATE_PARTS, ...TIME_PARTS].filter((part) => options[part] !== undefined);
      if ((dateStyle || timeStyle) && asked.length > 0) throw new TypeError(`Can't set option ${asked[0]} when ${dateStyle ? "dateStyle" : "timeStyle"} is used`);
      const named = { ...DATE_STYLES[dateStyle], ...TIME_STYLES[timeStyle] };
      if (dateStyle === "short" && this.#place.pad !== undefined) Object.assign(named, { month: "2-digit", day: "2-digit", year: this.#place.shortYear ?? "numeric" });
      if (dateStyle === "medium" && this.#place.medium) Object.assign(named, { month: "2-digit", day: "2-digit" });
      this.#options = { ...(dateStyle || timeStyle ? named : asked.length > 0 ? {} : usual), ...options };
      this.#zone = this.#checkedZone(options.timeZone);
      this.format = (date) => this.#text(this.#parts(date));
    }
    static date = { year: "numeric", month: "numeric", day: "numeric" };
    static time = { hour: "numeric", minute: "2-digit", second: "2-digit" };
    get [Symbol.toStringTag]() { return "Intl.DateTimeFormat"; }
    #checkedZone(zone = "UTC") {
      try {
        Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
      } catch {
        throw new RangeError(`Invalid time zone specified: ${zone}`);
      }
      return String(zone);
    }
    // Of the narrow space before AM and PM, other engines make a plain one, but not in the parts.
    #text(parts) { return parts.map((part) => (part.value === THIN ? " " : part.value)).join(""); }
    #fields(date) {
      const time = date === undefined ? Date.now() : Number(date);
      if (Number.isNaN(time)) throw new RangeError("Invalid time value");
      return Temporal.Instant.fromEpochMilliseconds(Math.floor(time)).toZonedDateTimeISO(this.#zone);
    }
    #named(list, short, index, width) { return width === "long" ? list[index] : width === "narrow" ? list[index][0].toUpperCase() : short[index]; }
    #field(type, at) {
      const width = this.#options[type];
      if (width === undefined) return [];
      const { months, short, days, shortDays } = this.#names;
      if (type === "weekday") return [{ type, value: this.#named(days, shortDays, at.dayOfWeek - 1, width) }];
      if (type === "year") return [{ type, value: width === "2-digit" ? two(at.year % 100) : String(at.year) }];
      if (type === "month" && !["numeric", "2-digit"].includes(width)) return [{ type, value: this.#named(months, short, at.month - 1, width) }];
      const pad = width === "2-digit" || (this.#place.pad && this.#options.month && this.#options.day && this.#isDigits());
      return [{ type, value: pad ? two(at[type]) : String(at[type]) }];
    }
    #isDigits() { return ["numeric", "2-digit", undefined].includes(this.#options.month); }
    #date(at) {
      const { month, era } = this.#options;
      const [weekday, year, words, day] = DATE_PARTS.map((part) => this.#field(part, at));
      const { order, joint, between, spare } = this.#place;
      const ages = era ? [literal(" "), { type: "era", value: era === "long" ? "Anno Domini" : "AD" }] : [];
      if (month === undefined || this.#isDigits()) {
        const digits = joined(order.map((part) => this.#field(part, at)), joint);
        return [...joined([weekday, digits], ", "), ...ages];
      }
      if (this.#place === PLACES.ja) return this.#japanese(at);
      if (!between) {
        const head = joined([words, day], " ");
        return [...joined([weekday, joined([head, year], day.length > 0 ? ", " : " ")], ", "), ...ages];
      }
      const [afterWeekday, afterDay, afterMonth] = spare && month !== "long" ? spare : between;
      return [...joined([weekday, joined([joined([day, words], afterDay), year], afterMonth)], afterWeekday), ...ages];
    }
    #japanese(at) {
      const unit = { year: "年", month: "月", day: "日" };
      const parts = ["year", "month", "day"].filter((type) => this.#options[type]);
      const date = parts.flatMap((type) => [{ type, value: String(at[type]) }, literal(unit[type])]);
      const day = "月火水木金土日"[at.dayOfWeek - 1];
      const { weekday } = this.#options;
      return weekday ? [...date, { type: "weekday", value: weekday === "long" ? `${day}曜日` : `(${day})` }] : date;
    }
    #clock(at) {
      const { hour, minute, second, fractionalSecondDigits: fraction, dayPeriod, timeZoneName } = this.#options;
      const cycle = this.#cycle();
      const long = cycle === "h23" || cycle === "h24";
      const value = long ? (cycle === "h24" && at.hour === 0 ? 24 : at.hour) : cycle === "h11" ? at.hour % 12 : at.hour % 12 || 12;
      const padded = hour === "2-digit" || (long && (minute !== undefined || this.#place === US));
      const number = (type, text) => [{ type, value: text }];
      const seconds = second ? number("second", minute || second === "2-digit" ? two(at.second) : String(at.second)) : [];
      const parts = joined([
        hour ? number("hour", padded ? two(value) : String(value)) : [],
        minute ? number("minute", hour || second || minute === "2-digit" ? (hour || second ? two(at.minute) : String(at.minute)) : String(at.minute)) : [],
        fraction ? [...seconds, ...(second ? [literal(this.#place.decimal)] : []), { type: "fractionalSecond", value: String(at.millisecond).padStart(3, "0").slice(0, fraction) }] : seconds,
      ], ":");
      const period = dayPeriod ? partOfDay(at) : this.#place.dayPeriods[at.hour < 12 ? 0 : 1];
      if (hour && !long) parts.push(literal(THIN), { type: "dayPeriod", value: period });
      return joined([parts, timeZoneName ? [{ type: "timeZoneName", value: zoneName(this.#zone, at, timeZoneName) }] : []], " ");
    }
    #cycle() {
      const { hour12, hourCycle } = this.#options;
      if (hour12 !== undefined) return hour12 ? "h12" : this.#place.hour12 ? "h24" : "h23";
      return hourCycle ?? (this.#place.hour12 ? "h12" : "h23");
    }
    #parts(input) {
      const at = this.#fields(input);
      const [date, time] = [this.#date(at), this.#clock(at)];
      const { dateStyle, month, weekday, day, year } = this.#options;
      if (date.length === 0 || time.length === 0) return [...date, ...time];
      const words = dateStyle ? ["full", "long"].includes(dateStyle) : month === "long";
      const alone = weekday && !day && !month && !year;
      return [...date, literal(alone ? " " : words ? this.#place.at : this.#place.datetime), ...time];
    }
    formatToParts(date) { return this.#parts(date); }
    formatRange(from, to) {
      const [low, high] = [this.format(from), this.format(to)];
      if (low === high) return low;
      const [a, b] = [this.#fields(from), this.#fields(to)];
      const { year, day, hour, weekday } = this.#options;
      if (this.#place !== US || this.#isDigits() || hour || weekday || !day || a.year !== b.year) return `${low}\u2009–\u2009${high}`;
      const bare = (at, month) => this.#text(joined([month ? this.#field("month", at) : [], this.#field("day", at)], " "));
      return `${bare(a, true)}\u2009–\u2009${bare(b, a.month !== b.month)}${year ? `, ${b.year}` : ""}`;
    }
    resolvedOptions() {
      return { locale: this.#name, calendar: "gregory", numberingSystem: "latn", ...this.#options, timeZone: this.#zone };
    }
  }
  return supporting({ DateTimeFormat: callable(DateTimeFormat) });
