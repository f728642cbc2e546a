//! The types a schema is lowered to: what TypeScript can say about JSON.

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    /// Nothing is known, or the schema says more than TypeScript can.
    Unknown,
    /// No value fits.
    Never,
    /// `null`, `boolean`, `number` or `string`.
    Keyword(Keyword),
    /// One JSON scalar, printed as JSON, which is also TypeScript.
    Literal(String, Keyword),
    /// An array of any length.
    Array(Box<Type>),
    /// An array of known places.
    Tuple(Tuple),
    /// An object.
    Object(Object),
    /// One of these.
    Union(Vec<Type>),
    /// All of these.
    Intersection(Vec<Type>),
    /// A declaration, by its place in the list.
    Reference(usize),
}

impl Type {
    /// Shows every reference in it, in order.
    pub(crate) fn each_reference(&mut self, see: &mut impl FnMut(&mut usize)) {
        match self {
            Self::Unknown | Self::Never | Self::Keyword(_) | Self::Literal(..) => {}
            Self::Reference(place) => see(place),
            Self::Array(item) => item.each_reference(see),
            Self::Tuple(tuple) => {
                tuple.items.iter_mut().for_each(|item| item.each_reference(see));
                tuple.rest.iter_mut().for_each(|rest| rest.each_reference(see));
            }
            Self::Object(object) => {
                object.properties.iter_mut().for_each(|property| property.of.each_reference(see));
                if let Others::Of(of) = &mut object.others {
                    of.each_reference(see);
                }
            }
            Self::Union(members) | Self::Intersection(members) => {
                members.iter_mut().for_each(|member| member.each_reference(see));
            }
        }
    }
}

/// The scalar types of TypeScript that JSON has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Keyword {
    Null,
    Boolean,
    Number,
    String,
}

impl Keyword {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
        }
    }
}

/// An array whose first places have their own types.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Tuple {
    pub(crate) items: Vec<Type>,
    /// How many of them must be there.
    pub(crate) required: usize,
    /// What may follow.
    pub(crate) rest: Option<Box<Type>>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    pub(crate) properties: Vec<Property>,
    pub(crate) others: Others,
}

/// What an object's unlisted properties may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Others {
    /// The schema does not say.
    Unstated,
    /// There are none.
    Forbidden,
    /// Each is one of these.
    Of(Box<Type>),
}

/// One listed property.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) doc: Doc,
    pub(crate) of: Type,
}

/// What a schema says in words, and in keywords that TypeScript has no type for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Doc {
    /// Its description, cleaned.
    pub(crate) text: String,
    /// `@default 10`, `@minimum 1`, …
    pub(crate) tags: Vec<String>,
}

/// A type with a name of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Declaration {
    pub(crate) name: String,
    pub(crate) doc: Doc,
    pub(crate) of: Type,
}

/// Either of two types, or more. `unknown` swallows the rest.
pub(crate) fn union(members: Vec<Type>) -> Type {
    let mut kept: Vec<Type> = Vec::new();
    let flat = members.into_iter().flat_map(|member| match member {
        Type::Union(inner) => inner,
        other => vec![other],
    });
    for member in flat {
        match member {
            Type::Unknown => return Type::Unknown,
            Type::Never => {}
            other if kept.contains(&other) => {}
            other => kept.push(other),
        }
    }
    match kept.len() {
        0 => Type::Never,
        1 => kept.remove(0),
        _ => Type::Union(kept),
    }
}

/// All of these at once. Plain objects become one object; `string` beside string literals says nothing more.
pub(crate) fn intersection(members: Vec<Type>) -> Type {
    let mut kept: Vec<Type> = Vec::new();
    for member in members {
        match member {
            Type::Unknown => {}
            Type::Never => return Type::Never,
            Type::Object(object) => join_object(&mut kept, object),
            other if kept.contains(&other) => {}
            other => kept.push(other),
        }
    }
    let narrowed: Vec<Keyword> = kept.iter().filter_map(literals_of).collect();
    kept.retain(|member| !matches!(member, Type::Keyword(keyword) if narrowed.contains(keyword)));
    match kept.len() {
        0 => Type::Unknown,
        1 => kept.remove(0),
        _ => Type::Intersection(kept),
    }
}

/// The one scalar type that all of a union's literals have.
fn literals_of(of: &Type) -> Option<Keyword> {
    match of {
        Type::Literal(_, keyword) => Some(*keyword),
        Type::Union(members) => {
            let first = literals_of(members.first()?)?;
            members.iter().all(|member| literals_of(member) == Some(first)).then_some(first)
        }
        _ => None,
    }
}

/// Adds `object` to the object that is already there, unless both describe the same property differently.
fn join_object(kept: &mut Vec<Type>, object: Object) {
    let present = kept.iter_mut().find_map(|member| match member {
        Type::Object(present) => Some(present),
        _ => None,
    });
    match present {
        Some(present) if can_join(present, &object) => {
            for property in object.properties {
                match present.properties.iter_mut().find(|known| known.name == property.name) {
                    Some(known) => merge_property(known, property),
                    None => present.properties.push(property),
                }
            }
            if present.others == Others::Unstated {
                present.others = object.others;
            }
        }
        _ => kept.push(Type::Object(object)),
    }
}

fn can_join(present: &Object, object: &Object) -> bool {
    object.properties.iter().all(|property| {
        present.properties.iter().find(|known| known.name == property.name).is_none_or(|known| {
            known.of == property.of || known.of == Type::Unknown || property.of == Type::Unknown
        })
    })
}

fn merge_property(known: &mut Property, property: Property) {
    known.required |= property.required;
    if known.of == Type::Unknown {
        known.of = property.of;
    }
    if known.doc.text.is_empty() {
        known.doc = property.doc;
    }
}
