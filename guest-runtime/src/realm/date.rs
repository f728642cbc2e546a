//! `Date.parse` and `new Date(text)` for the ways people and models write dates, all in UTC.

use super::define;
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::PropertyDescriptor;
use boa_engine::value::PreferredType;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_string};

/// Behind the text of a date.
const ZONE_NAME: &str = " (Coordinated Universal Time)";
/// Longest text that is looked at, bytes.
const MAX_TEXT: usize = 100;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const ZONES: [(&str, i64); 12] = [
    ("utc", 0),
    ("gmt", 0),
    ("z", 0),
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
    ("cet", 60),
];

/// Replaces the constructor by one that understands more texts.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let original = context.intrinsics().constructors().date();
    let (class, prototype) = (original.constructor(), original.prototype());
    let native = NativeFunction::from_copy_closure_with_captures(construct, class.clone());
    let date = FunctionObjectBuilder::new(context.realm(), native)
        .name(js_string!("Date"))
        .length(7)
        .constructor(true)
        .build();
    let shared = PropertyDescriptor::builder()
        .value(prototype.clone())
        .writable(false)
        .enumerable(false)
        .configurable(false);
    date.define_property_or_throw(js_string!("prototype"), shared, context)?;
    for name in ["now", "UTC"] {
        let method = class.get(JsString::from(name), context)?;
        define(&date, name, method, context)?;
    }
    let parse = NativeFunction::from_copy_closure_with_captures(parse_method, class);
    let parse = super::named(context, "parse", 1, parse);
    define(&date, "parse", parse, context)?;
    define(&prototype, "constructor", date.clone(), context)?;
    name_zone(&prototype, context)?;
    define(&context.global_object(), "Date", date, context)
}

/// `toString` and `toTimeString` name the zone, as other engines do.
fn name_zone(prototype: &JsObject, context: &mut Context) -> JsResult<()> {
    for name in ["toString", "toTimeString"] {
        let original = prototype.get(JsString::from(name), context)?.to_object(context)?;
        let native = NativeFunction::from_copy_closure_with_captures(
            |this, _, original, context| {
                let text = original.call(this, &[], context)?.to_string(context)?;
                let named = text.to_std_string_lossy().ends_with("GMT+0000");
                Ok(if named { js_string!(&text, &js_string!(ZONE_NAME)) } else { text }.into())
            },
            original,
        );
        let method = super::named(context, name, 0, native);
        define(prototype, name, method, context)?;
    }
    Ok(())
}

fn construct(
    new_target: &JsValue,
    arguments: &[JsValue],
    class: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(new_target) = new_target.as_object() else {
        let now = class.construct(&[], None, context)?;
        return JsValue::from(now).to_string(context).map(Into::into);
    };
    if let [value] = arguments {
        let is_date = value.as_object().is_some_and(|object| object.is::<boa_engine::builtins::date::Date>());
        if !is_date {
            let primitive = value.to_primitive(context, PreferredType::Default)?;
            let primitive = match primitive.as_string() {
                Some(text) => moment(&text, class, context)?,
                None => primitive,
            };
            return class.construct(&[primitive], Some(&new_target), context).map(Into::into);
        }
    }
    class.construct(arguments, Some(&new_target), context).map(Into::into)
}

fn parse_method(
    _: &JsValue,
    arguments: &[JsValue],
    class: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    moment(&text, class, context)
}

/// The engine's own reading, or ours where that is none.
fn moment(text: &JsString, class: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let parse = class.get(js_string!("parse"), context)?.to_object(context)?;
    let time = parse.call(&JsValue::undefined(), &[text.clone().into()], context)?;
    if time.as_number().is_some_and(|time| !time.is_nan()) {
        return Ok(time);
    }
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of years up to 9999 are exact")]
    let time = read(&text.to_std_string_lossy()).map_or(f64::NAN, |milliseconds| milliseconds as f64);
    Ok(time.into())
}

#[derive(Default)]
struct Parts {
    numbers: Vec<(i64, usize)>,
    month: Option<i64>,
    clock: Option<[i64; 4]>,
    afternoon: Option<bool>,
    zone: Option<i64>,
    separator: Option<char>,
}

/// Milliseconds since the epoch of `May 6, 2024`, `6 May 2024 10:30 GMT+2`, `2024/05/06`, `05/06/2024 3 PM`, …
fn read(text: &str) -> Option<i64> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let mut parts = Parts::default();
    let lower = text.to_lowercase().replace(',', " ");
    let spaced = separate_clock(lower.split('(').next()?);
    for word in spaced.split_whitespace() {
        parts.take(word)?;
    }
    let (year, month, day) = parts.date()?;
    let [mut hour, minute, second, millisecond] = parts.clock.unwrap_or_default();
    if let Some(afternoon) = parts.afternoon {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if afternoon { 12 } else { 0 };
    }
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day);
    if !fits || hour > 24 || minute > 59 || second > 59 {
        return None;
    }
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - parts.zone.unwrap_or(0);
    Some((minutes * 60 + second) * 1000 + millisecond)
}

/// `2024-05-06t10:00` as two words.
fn separate_clock(text: &str) -> String {
    match text.split_once('t') {
        Some((date, clock))
            if date.ends_with(|c: char| c.is_ascii_digit())
                && clock.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            format!("{date} {clock}")
        }
        _ => text.to_owned(),
    }
}

impl Parts {
    fn take(&mut self, word: &str) -> Option<()> {
        if word.contains(':') && word.starts_with(|c: char| c.is_ascii_digit()) {
            return self.take_clock(word);
        }
        if let Some(zone) = zone(word)
            && (self.clock.is_some() || !word.starts_with(['+', '-']))
        {
            self.zone = Some(zone);
            return Some(());
        }
        if let Some(afternoon) = [("am", false), ("pm", true), ("a.m.", false), ("p.m.", true)]
            .iter()
            .find_map(|(name, afternoon)| (*name == word).then_some(*afternoon))
        {
            self.afternoon = Some(afternoon);
            if self.clock.is_none() {
                let (hour, _) = self.numbers.pop()?;
                self.clock = Some([hour, 0, 0, 0]);
            }
            return Some(());
        }
        if let Some(digits) = word.strip_suffix("am").or_else(|| word.strip_suffix("pm"))
            && let Ok(hour) = digits.parse::<i64>()
        {
            self.afternoon = Some(word.ends_with("pm"));
            self.clock = Some([hour, 0, 0, 0]);
            return Some(());
        }
        self.take_date(word)
    }

    fn take_clock(&mut self, word: &str) -> Option<()> {
        let end = word.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(word.len());
        let (clock, rest) = word.split_at(end);
        let mut fields = clock.split(':');
        let hour = fields.next()?.parse().ok()?;
        let minute = fields.next()?.parse().ok()?;
        let seconds = fields.next().unwrap_or("0");
        let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
        let fraction: String = format!("{fraction}000").chars().take(3).collect();
        self.clock = Some([hour, minute, second.parse().ok()?, fraction.parse().ok()?]);
        if rest.is_empty() { Some(()) } else { self.take(rest) }
    }

    fn take_date(&mut self, word: &str) -> Option<()> {
        let word = word.trim_end_matches('.');
        if let Some(month) =
            MONTHS.iter().position(|name| word.starts_with(name) && word.chars().all(char::is_alphabetic))
        {
            self.month = Some(i64::try_from(month).ok()? + 1);
            return Some(());
        }
        if let Some(separator) = word.chars().find(|c| matches!(c, '/' | '-' | '.')) {
            self.separator = Some(separator);
            return word.split(separator).try_for_each(|part| self.take_date(part));
        }
        let digits =
            word.trim_end_matches("st").trim_end_matches("nd").trim_end_matches("rd").trim_end_matches("th");
        match digits.parse::<i64>() {
            Ok(number) if number >= 0 => self.numbers.push((number, digits.len())),
            _ if ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
                .iter()
                .any(|day| word.starts_with(day)) => {}
            _ if matches!(word, "of" | "at" | "the" | "") => {}
            _ => return None,
        }
        Some(())
    }

    /// Year, month and day of the numbers, by how Americans order them.
    fn date(&self) -> Option<(i64, i64, i64)> {
        let full = |(year, digits): (i64, usize)| match (digits, year) {
            (3.., year) => year,
            (_, 0..50) => year + 2000,
            (_, year) => year + 1900,
        };
        match (self.month, self.numbers.as_slice()) {
            (Some(month), [year]) if year.1 >= 3 => Some((year.0, month, 1)),
            (Some(month), [first, second]) if first.1 >= 3 => Some((first.0, month, second.0)),
            (Some(month), [day, year]) => Some((full(*year), month, day.0)),
            (None, [year, month, day]) if year.1 >= 3 => Some((year.0, month.0, day.0)),
            (None, [day, month, year]) if self.separator == Some('.') => Some((full(*year), month.0, day.0)),
            (None, [month, day, year]) => Some((full(*year), month.0, day.0)),
            _ => None,
        }
    }
}

/// Minutes east of Greenwich: `gmt+2`, `+02:00`, `-0500`, `est`.
fn zone(word: &str) -> Option<i64> {
    if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| *name == word) {
        return Some(*minutes);
    }
    let offset = word.strip_prefix("gmt").or_else(|| word.strip_prefix("utc")).unwrap_or(word);
    let (sign, digits) = match offset.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, offset.strip_prefix('+')?),
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    let number: i64 = digits.parse().ok()?;
    let minutes = if digits.len() <= 2 { number * 60 } else { number / 100 * 60 + number % 100 };
    (minutes <= 14 * 60).then_some(sign * minutes)
}

/// Days from the epoch to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March put the leap day last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn people_write_dates_in_many_ways() {
        let day = 1_714_953_600_000;
        let hour = 3_600_000;
        for (text, time) in [
            ("May 6, 2024", day),
            ("6 May 2024", day),
            ("Monday, May 6th, 2024", day),
            ("2024/05/06", day),
            ("05/06/2024", day),
            ("5/6/24", day),
            ("06.05.2024", day),
            ("2024-5-6", day),
            ("2024-05-06 07:08:09", day + 7 * hour + 489_000),
            ("Mon, 06 May 2024 10:00:00 GMT", day + 10 * hour),
            ("Mon, 06 May 2024 10:00:00 +0200", day + 8 * hour),
            ("May 6, 2024 3:30 PM", day + 15 * hour + hour / 2),
            ("May 6, 2024 12 AM", day),
            ("2024-05-06 10:00Z", day + 10 * hour),
            ("Mon May 06 2024 10:00:00 GMT+0000 (Coordinated Universal Time)", day + 10 * hour),
        ] {
            assert_eq!(read(text), Some(time), "{text}");
        }
        for text in ["", "hello", "13/45/2024", "May", "2024-05-06 25:00", "12345"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
