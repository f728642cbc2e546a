//! Types on one line, as short as the reader can still use: for search results and error messages.

use super::print::property_name;
use super::types::{Declaration, Object, Others, Tuple, Type};

/// Longest signature, in characters.
pub(crate) const MAX_SIGNATURE: usize = 280;
/// Most members of a union that are shown.
const MAX_CHOICES: usize = 8;
/// How deep arguments and result are shown: the first pair whose signature is short enough.
const DEPTHS: [(usize, usize); 6] = [(4, 3), (3, 2), (2, 2), (2, 1), (1, 1), (1, 0)];

/// `getOrder(args: { id: string; verbose?: boolean }): Promise<{ total: number }>`, at most [`MAX_SIGNATURE`] long.
pub(crate) fn signature(name: &str, arguments: &Type, result: &Type, all: &[Declaration]) -> String {
    let (opening, may_omit) = match arguments {
        Type::Object(object) if takes_nothing(object) => (None, true),
        Type::Object(object) => (Some(()), object.properties.iter().all(|property| !property.required)),
        _ => (Some(()), false),
    };
    let mark = if may_omit { "?" } else { "" };
    let whole = |shown: &str, result: &str| match opening {
        None => format!("{name}(): Promise<{result}>"),
        Some(()) => format!("{name}(args{mark}: {shown}): Promise<{result}>"),
    };
    for (arguments_depth, result_depth) in DEPTHS {
        let text = whole(&one_line(arguments, all, arguments_depth), &one_line(result, all, result_depth));
        if text.chars().count() <= MAX_SIGNATURE {
            return text;
        }
    }
    let result = shortened(&one_line(result, all, 0), MAX_SIGNATURE / 4);
    let room = MAX_SIGNATURE.saturating_sub(whole("", &result).chars().count());
    whole(&names_only(arguments, room), &result)
}

/// `of` on one line, objects inside each other to `depth`. Stops soon after [`MAX_SIGNATURE`].
pub(super) fn one_line(of: &Type, all: &[Declaration], depth: usize) -> String {
    let mut line = Line { out: String::new(), all };
    line.write(of, depth);
    line.out
}

fn takes_nothing(object: &Object) -> bool {
    object.properties.is_empty() && !matches!(object.others, Others::Of(_))
}

struct Line<'a> {
    out: String,
    all: &'a [Declaration],
}

impl Line<'_> {
    /// References are written out where they stand, so the text may grow without end: past the longest signature
    /// nothing more is written, the result will not be shown.
    fn write(&mut self, of: &Type, depth: usize) {
        if self.out.len() > 4 * MAX_SIGNATURE {
            return;
        }
        match of {
            Type::Unknown => self.out.push_str("unknown"),
            Type::Never => self.out.push_str("never"),
            Type::Keyword(keyword) => self.out.push_str(keyword.text()),
            Type::Literal(text, _) => self.out.push_str(text),
            Type::Reference(place) => match self.all.get(*place) {
                Some(declaration) if depth > 0 => self.write(&declaration.of, depth - 1),
                Some(declaration) => self.out.push_str(&declaration.name),
                None => self.out.push_str("unknown"),
            },
            Type::Array(item) => {
                self.operand(item, depth);
                self.out.push_str("[]");
            }
            Type::Tuple(tuple) => self.tuple(tuple, depth),
            Type::Object(object) => self.object(object, depth),
            Type::Union(members) => self.joined(members, " | ", depth),
            Type::Intersection(members) => self.joined(members, " & ", depth),
        }
    }

    fn tuple(&mut self, tuple: &Tuple, depth: usize) {
        self.out.push('[');
        for (at, item) in tuple.items.iter().enumerate() {
            self.out.push_str(if at > 0 { ", " } else { "" });
            self.operand(item, depth);
            self.out.push_str(if at >= tuple.required { "?" } else { "" });
        }
        if let Some(rest) = &tuple.rest {
            self.out.push_str(if tuple.items.is_empty() { "..." } else { ", ..." });
            self.operand(rest, depth);
            self.out.push_str("[]");
        }
        self.out.push(']');
    }

    fn object(&mut self, object: &Object, depth: usize) {
        match (&object.others, depth) {
            (Others::Forbidden, _) if object.properties.is_empty() => self.out.push_str("{}"),
            (Others::Of(of), 1..) if object.properties.is_empty() => {
                self.out.push_str("{ [key: string]: ");
                self.write(of, depth - 1);
                self.out.push_str(" }");
            }
            _ if object.properties.is_empty() => self.out.push_str("object"),
            (_, 0) => self.out.push_str("{…}"),
            _ => self.properties(object, depth),
        }
    }

    fn properties(&mut self, object: &Object, depth: usize) {
        for (at, property) in object.properties.iter().enumerate() {
            self.out.push_str(if at > 0 { "; " } else { "{ " });
            self.out.push_str(&property_name(&property.name));
            self.out.push_str(if property.required { ": " } else { "?: " });
            self.write(&property.of, depth - 1);
        }
        self.out.push_str(if matches!(object.others, Others::Of(_)) {
            "; [key: string]: unknown }"
        } else {
            " }"
        });
    }

    fn joined(&mut self, members: &[Type], operator: &str, depth: usize) {
        for (at, member) in members.iter().take(MAX_CHOICES).enumerate() {
            self.out.push_str(if at > 0 { operator } else { "" });
            self.operand(member, depth);
        }
        if members.len() > MAX_CHOICES {
            self.out.push_str(operator);
            self.out.push('…');
        }
    }

    /// With brackets where another operator would bind tighter.
    fn operand(&mut self, of: &Type, depth: usize) {
        let written_out = match of {
            Type::Reference(place) if depth > 0 => {
                self.all.get(*place).map_or(of, |declaration| &declaration.of)
            }
            of => of,
        };
        let brackets = matches!(written_out, Type::Union(_) | Type::Intersection(_));
        self.out.push_str(if brackets { "(" } else { "" });
        self.write(of, depth);
        self.out.push_str(if brackets { ")" } else { "" });
    }
}

/// The arguments' names, required ones first, as many as fit, and how many did not.
fn names_only(arguments: &Type, room: usize) -> String {
    let Type::Object(object) = arguments else { return shortened(&one_line(arguments, &[], 0), room) };
    let (required, optional): (Vec<_>, Vec<_>) =
        object.properties.iter().partition(|property| property.required);
    let total = object.properties.len();
    let mut shown = String::new();
    for (at, property) in required.into_iter().chain(optional).enumerate() {
        let name = property_name(&property.name) + if property.required { "" } else { "?" };
        let more = format!("; …{} more", total - at);
        if shown.chars().count() + name.chars().count() + more.chars().count() + 8 > room {
            shown.push_str(&more);
            break;
        }
        shown.push_str(if at > 0 { "; " } else { "" });
        shown.push_str(&name);
    }
    format!("{{ {shown} }}")
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
