//! Types written out in full, with the upstream's words as JSDoc.

use super::types::{Declaration, Doc, Object, Others, Type};
use crate::names::is_plain_property;

/// Bytes of JSDoc in one file. Later words are left out; the types go on.
const MAX_DOC_BYTES: usize = 48 * 1024;
/// Widest line on which a short comment stays together.
const LINE: usize = 110;

/// Appends `export interface Name { … }` or `export type Name = …;`.
pub(crate) fn declaration(out: &mut String, declaration: &Declaration, all: &[Declaration]) {
    out.push_str(&comment(&declaration.doc.text, &declaration.doc.tags, 0));
    let mut printer = Printer { out, all };
    match &declaration.of {
        of @ Type::Object(_) => {
            printer.out.push_str(&format!("export interface {} ", declaration.name));
            printer.write(of, 0);
            printer.out.push('\n');
        }
        of => {
            printer.out.push_str(&format!("export type {} = ", declaration.name));
            printer.write(of, 0);
            printer.out.push_str(";\n");
        }
    }
}

/// A JSDoc comment at `indent`, or nothing. The text cannot end it.
pub(crate) fn comment(text: &str, tags: &[String], indent: usize) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(str::to_owned)
        .chain(tags.iter().flat_map(|tag| tag.lines()).map(str::to_owned))
        .map(|line| line.replace("*/", "*\\/"))
        .collect();
    let pad = " ".repeat(indent);
    match lines.as_slice() {
        [] => String::new(),
        [line] if line.len() + indent + 7 <= LINE => format!("{pad}/** {line} */\n"),
        lines => {
            let body: String =
                lines.iter().map(|line| format!("{pad} * {line}").trim_end().to_owned() + "\n").collect();
            format!("{pad}/**\n{body}{pad} */\n")
        }
    }
}

struct Printer<'a> {
    out: &'a mut String,
    all: &'a [Declaration],
}

impl Printer<'_> {
    fn write(&mut self, of: &Type, indent: usize) {
        match of {
            Type::Unknown => self.out.push_str("unknown"),
            Type::Never => self.out.push_str("never"),
            Type::Keyword(keyword) => self.out.push_str(keyword.text()),
            Type::Literal(text, _) => self.out.push_str(text),
            Type::Reference(place) => {
                self.out.push_str(self.all.get(*place).map_or("unknown", |declaration| &declaration.name));
            }
            Type::Array(item) => {
                self.operand(item, indent);
                self.out.push_str("[]");
            }
            Type::Tuple(tuple) => {
                self.out.push('[');
                for (at, item) in tuple.items.iter().enumerate() {
                    self.out.push_str(if at > 0 { ", " } else { "" });
                    self.operand(item, indent);
                    self.out.push_str(if at >= tuple.required { "?" } else { "" });
                }
                if let Some(rest) = &tuple.rest {
                    self.out.push_str(if tuple.items.is_empty() { "..." } else { ", ..." });
                    self.operand(rest, indent);
                    self.out.push_str("[]");
                }
                self.out.push(']');
            }
            Type::Object(object) => self.object(object, indent),
            Type::Union(members) => self.joined(members, " | ", indent),
            Type::Intersection(members) => self.joined(members, " & ", indent),
        }
    }

    fn joined(&mut self, members: &[Type], operator: &str, indent: usize) {
        for (at, member) in members.iter().enumerate() {
            self.out.push_str(if at > 0 { operator } else { "" });
            self.operand(member, indent);
        }
    }

    /// With brackets where another operator would bind tighter.
    fn operand(&mut self, of: &Type, indent: usize) {
        let brackets = matches!(of, Type::Union(_) | Type::Intersection(_));
        self.out.push_str(if brackets { "(" } else { "" });
        self.write(of, indent);
        self.out.push_str(if brackets { ")" } else { "" });
    }

    fn object(&mut self, object: &Object, indent: usize) {
        if object.properties.is_empty() {
            self.out.push_str("{ [key: string]: ");
            match &object.others {
                Others::Unstated => self.out.push_str("unknown"),
                Others::Forbidden => self.out.push_str("never"),
                Others::Of(of) => self.write(of, indent),
            }
            self.out.push_str(" }");
            return;
        }
        self.out.push_str("{\n");
        for property in &object.properties {
            self.words(&property.doc, indent + 2);
            self.out.push_str(&" ".repeat(indent + 2));
            self.out.push_str(&property_name(&property.name));
            self.out.push_str(if property.required { ": " } else { "?: " });
            self.write(&property.of, indent + 2);
            self.out.push_str(";\n");
        }
        self.other_properties(&object.others, indent + 2);
        self.out.push_str(&" ".repeat(indent));
        self.out.push('}');
    }

    /// An index signature must fit every listed property too, so it says `unknown`, and a comment says more.
    fn other_properties(&mut self, others: &Others, indent: usize) {
        let Others::Of(of) = others else { return };
        if **of != Type::Unknown {
            let one_line = super::compact::one_line(of, self.all, 1);
            self.out.push_str(&comment(&format!("Other properties: {one_line}"), &[], indent));
        }
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str("[key: string]: unknown;\n");
    }

    fn words(&mut self, doc: &Doc, indent: usize) {
        if self.out.len() < MAX_DOC_BYTES {
            self.out.push_str(&comment(&doc.text, &doc.tags, indent));
        }
    }
}

/// A property's name, in quotes where it needs them.
pub(super) fn property_name(name: &str) -> String {
    if is_plain_property(name) { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}
