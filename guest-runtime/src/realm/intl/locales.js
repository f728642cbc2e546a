  // What differs from place to place; what is not said here is as in the United States. From CLDR 48.
  const NB = "\u00a0", THIN = "\u202f";
  const ENGLISH = {
    months: "January February March April May June July August September October November December".split(" "),
    short: "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" "),
    days: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" "),
    shortDays: "Mon Tue Wed Thu Fri Sat Sun".split(" "),
  };
  const names = (months, short, days, shortDays) => ({
    months: months.split(" "), short: short.split(" "), days: days.split(" "), shortDays: shortDays.split(" "),
  });
  const NAMES = {
    en: ENGLISH,
    de: names("Januar Februar März April Mai Juni Juli August September Oktober November Dezember", "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.", "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag", "Mo. Di. Mi. Do. Fr. Sa. So."),
    fr: names("janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.", "lundi mardi mercredi jeudi vendredi samedi dimanche", "lun. mar. mer. jeu. ven. sam. dim."),
    es: names("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", "ene feb mar abr may jun jul ago sept oct nov dic", "lunes martes miércoles jueves viernes sábado domingo", "lun mar mié jue vie sáb dom"),
    it: names("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre", "gen feb mar apr mag giu lug ago set ott nov dic", "lunedì martedì mercoledì giovedì venerdì sabato domenica", "lun mar mer gio ven sab dom"),
    pt: names("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro", "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.", "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo", "seg. ter. qua. qui. sex. sáb. dom."),
    nl: names("januari februari maart april mei juni juli augustus september oktober november december", "jan feb mrt apr mei jun jul aug sep okt nov dec", "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag", "ma di wo do vr za zo"),
    sv: names("januari februari mars april maj juni juli augusti september oktober november december", "jan. feb. mars apr. maj juni juli aug. sep. okt. nov. dec.", "måndag tisdag onsdag torsdag fredag lördag söndag", "mån tis ons tors fre lör sön"),
  };
  // order and joint: of a date in digits, `pad` where day and month have two. between: weekday, day, month and year
  // of a date in words. at: between a long date and a time. after: the currency stands behind the number.
  const US = {
    group: ",", decimal: ".", percent: "%", symbols: {}, order: ["month", "day", "year"], joint: "/", names: "en",
    hour12: true, dayPeriods: ["AM", "PM"], at: " at ", between: null, datetime: ", ",
  };
  const BRITISH = {
    ...US, order: ["day", "month", "year"], pad: true, hour12: false, between: [", ", " ", " "],
    symbols: { USD: "US$" }, shortYear: "numeric",
  };
  const EUROPEAN = { ...BRITISH, group: ".", decimal: ",", percent: `${NB}%`, after: NB, symbols: {} };
  const PLACES = {
    "en-US": US,
    "en-GB": BRITISH,
    "en-AU": { ...BRITISH, hour12: true, dayPeriods: ["am", "pm"], symbols: { AUD: "$", USD: "USD" }, shortYear: "2-digit" },
    "en-IN": { ...BRITISH, lakh: true, pad: false, hour12: true, dayPeriods: ["am", "pm"], symbols: {}, shortYear: "2-digit" },
    "en-CA": { ...US, order: ["year", "month", "day"], joint: "-", pad: true, dayPeriods: ["a.m.", "p.m."], symbols: { CAD: "$", USD: "US$" } },
    de: { ...EUROPEAN, joint: ".", pad: false, names: "de", between: [", ", ". ", " "], at: " um ", medium: true, shortYear: "2-digit" },
    "de-CH": { ...EUROPEAN, group: "'", decimal: ".", percent: "%", before: NB, after: undefined, joint: ".", pad: false, names: "de", between: [", ", ". ", " "], at: " um ", medium: true, shortYear: "2-digit" },
    fr: { ...EUROPEAN, group: THIN, percent: `${THIN}%`, names: "fr", between: [" ", " ", " "], at: " à ", datetime: " ", symbols: { USD: "$US" } },
    es: { ...EUROPEAN, wide: true, pad: false, names: "es", between: [", ", " de ", " de "], spare: [", ", " ", " "], at: " a las ", symbols: { USD: "US$" }, shortYear: "2-digit" },
    it: { ...EUROPEAN, percent: "%", wide: true, pad: false, names: "it", between: [" ", " ", " "], at: " alle ore ", symbols: { USD: "USD" }, shortYear: "2-digit" },
    pt: { ...EUROPEAN, percent: "%", after: undefined, before: NB, names: "pt", between: [", ", " de ", " de "], at: " às ", symbols: { BRL: "R$", USD: "US$" } },
    nl: { ...EUROPEAN, percent: "%", after: undefined, before: NB, pad: false, joint: "-", names: "nl", between: [" ", " ", " "], at: " om ", symbols: { USD: "US$" } },
    sv: { ...EUROPEAN, group: NB, order: ["year", "month", "day"], joint: "-", names: "sv", between: [" ", " ", " "], at: " kl. ", datetime: " ", symbols: { SEK: "kr", USD: "US$" } },
    ja: { ...US, order: ["year", "month", "day"], hour12: false, datetime: " ", symbols: { JPY: "￥", CNY: "元" } },
  };
  PLACES.en = PLACES["en-US"];
  PLACES["en-NZ"] = PLACES["en-IE"] = PLACES["en-ZA"] = PLACES["en-GB"];

  // The first place of `locales` that is known, by its whole name or its language, else the United States.
  const resolved = (locales) => {
    for (const locale of [].concat(locales ?? [])) {
      const text = String(locale);
      if (!/^[a-zA-Z]{2,8}(?:-[a-zA-Z0-9]{1,8})*$/.test(text)) throw new RangeError(`Incorrect locale information provided`);
      const [language, ...rest] = text.split("-u-")[0].split("-");
      const region = rest.find((part) => /^[A-Za-z]{2}$/.test(part))?.toUpperCase();
      const name = region ? `${language.toLowerCase()}-${region}` : language.toLowerCase();
      const place = PLACES[name] ?? PLACES[language.toLowerCase()];
      if (place) return { name, place };
    }
    return { name: "en-US", place: US };
  };
  const canonical = (locale) => {
    const [language, ...rest] = String(locale).split("-");
    const cased = rest.map((part) => (part.length === 2 ? part.toUpperCase() : part.length === 4 ? part[0].toUpperCase() + part.slice(1).toLowerCase() : part.toLowerCase()));
    return [language.toLowerCase(), ...cased].join("-");
  };
  const choose = (kind, options, name, values, usual) => {
    const value = options[name];
    if (value === undefined) return usual;
    if (values.includes(String(value))) return String(value);
    throw new RangeError(`Value ${String(value)} out of range for Intl.${kind} options property ${name}`);
  };
  // Some of these may also be called without `new`.
  const callable = (Class) => {
    const format = function (...list) { return new Class(...list); };
    Object.defineProperty(format, "name", { value: Class.name, configurable: true });
    format.prototype = Class.prototype;
    Object.defineProperty(Class.prototype, "constructor", { value: format, writable: true, configurable: true });
    for (const name of ["date", "time"]) if (Class[name]) Object.defineProperty(format, name, { value: Class[name] });
    return format;
  };
  const literal = (value) => ({ type: "literal", value });
  const supporting = (formats) => {
    for (const format of Object.values(formats)) {
      format.supportedLocalesOf = (locales) => [].concat(locales ?? []).filter((locale) => PLACES[canonical(locale)] ?? PLACES[canonical(locale).split("-")[0]]);
    }
    return formats;
  };
