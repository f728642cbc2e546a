//! `${VAR}` and `${VAR:-default}`.

use super::Lookup;

/// Why a text cannot be expanded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unexpanded {
    /// The variable is not set, and there is no default.
    Unset(String),
    /// A `${` without its `}`.
    Unclosed,
    /// Not the name of a variable: `${input:token}`.
    NotAName(String),
}

/// `text` with every `${VAR}` replaced. `${VAR:-default}` takes the default where the variable is unset or
/// empty, as a shell does. `${env:VAR}` is `${VAR}`, as some clients write it. `$${` is a literal `${`, and
/// `$VAR` is always literal.
pub(super) fn expand(text: &str, lookup: Lookup<'_>) -> Result<String, Unexpanded> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find("${") {
        let (before, from) = rest.split_at(dollar);
        let inside = from.get(2..).unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            expanded.push_str(before);
            expanded.push_str("${");
            rest = inside;
            continue;
        }
        expanded.push_str(before);
        let (reference, after) = inside.split_once('}').ok_or(Unexpanded::Unclosed)?;
        expanded.push_str(&resolve(reference, lookup)?);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn resolve(reference: &str, lookup: Lookup<'_>) -> Result<String, Unexpanded> {
    let reference = reference.strip_prefix("env:").unwrap_or(reference);
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !starts_well || !name.chars().all(|each| each.is_ascii_alphanumeric() || each == '_') {
        return Err(Unexpanded::NotAName(reference.to_owned()));
    }
    match (lookup(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(Unexpanded::Unset(name.to_owned())),
    }
}
