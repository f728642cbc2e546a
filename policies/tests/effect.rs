//! What the built-in profile comes to is written down, and every change of a rule changes it.

use policies::{Arch, Profile, effect};
use std::collections::BTreeMap;
use toml::{Table, Value};

const BUILTIN: &str = include_str!("../profiles/default.toml");

fn effect_of(profile: &Profile, arch: Arch) -> String {
    effect(profile, &profile.compile(arch).expect("compiles"), arch).expect("can be analysed")
}

#[test]
fn the_effect_of_the_built_in_profile_is_written_down() {
    let profile = Profile::builtin().expect("the built-in profile");
    for arch in Arch::ALL {
        let path = format!("{}/golden/default.{}.txt", env!("CARGO_MANIFEST_DIR"), arch.name());
        let effect = effect_of(&profile, arch);
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&path, effect).expect("the golden file can be written");
        } else {
            let golden = std::fs::read_to_string(&path).expect("the golden file is there");
            assert_eq!(golden, effect, "{path}: run UPDATE_GENERATED=1 cargo test -p policies --test effect");
        }
    }
}

/// A change of the document, and what it is called.
type Mutant = (String, Table);

/// Every change of one value, one element or one entry, but not of reasons and names.
fn mutants(document: &Table) -> Vec<Mutant> {
    let mut found = Vec::new();
    changes(&Value::Table(document.clone()), "", &mut |name, changed| {
        if let Value::Table(table) = changed {
            found.push((name, table));
        }
    });
    found
}

/// Calls `each` with every changed form of `value`.
fn changes(value: &Value, name: &str, each: &mut dyn FnMut(String, Value)) {
    match value {
        Value::Table(table) => {
            for (key, inner) in table.iter().filter(|(key, _)| !["why", "name"].contains(&key.as_str())) {
                let place = format!("{name}.{key}");
                changes(inner, &place, &mut |name, changed| {
                    let mut table = table.clone();
                    table.insert(key.clone(), changed);
                    each(name, Value::Table(table));
                });
                let mut without = table.clone();
                without.remove(key);
                each(format!("{place} removed"), Value::Table(without));
            }
        }
        Value::Array(elements) => {
            for (index, inner) in elements.iter().enumerate() {
                let place = format!("{name}[{index}]");
                changes(inner, &place, &mut |name, changed| {
                    let mut elements = elements.clone();
                    elements[index] = changed;
                    each(name, Value::Array(elements));
                });
                let mut without = elements.clone();
                let removed = without.remove(index);
                each(format!("{place} removed: {removed}"), Value::Array(without));
            }
        }
        Value::Integer(number) => {
            each(format!("{name} = {number} + 1"), Value::Integer(number + 1));
            each(format!("{name} = {number} - 1"), Value::Integer(number - 1));
        }
        Value::Boolean(flag) => each(format!("{name} = not {flag}"), Value::Boolean(!flag)),
        Value::String(text) => {
            for other in others(text) {
                each(format!("{name} = {text:?} -> {other:?}"), Value::String((*other).into()));
            }
        }
        Value::Float(_) | Value::Datetime(_) => {}
    }
}

/// What else could have been written in the place of a word.
fn others(text: &str) -> &'static [&'static str] {
    match text {
        "int" => &["long"],
        "long" => &["int"],
        "equal" => &["not-equal", "less-or-equal", "greater-or-equal"],
        "not-equal" => &["equal", "less", "greater"],
        "greater-or-equal" => &["greater", "equal", "less"],
        "masked" => &["equal"],
        "allow" => &["deny"],
        "rseq" => &["statx", "pkey_free"],
        _ => &["getpid"],
    }
}

/// Changes that say something else and permit the same.
const EQUIVALENT: [&str; 2] = [
    // Mask and value are in the lower half, and that is all an `int` leaves.
    ".seccomp.jailer[0].when[0].width = \"long\" -> \"int\"",
    // Nothing is less than 0.
    ".seccomp.jailer[3].when[1].is = \"not-equal\" -> \"greater\"",
];

#[test]
fn every_change_of_a_rule_is_refused_or_changes_the_effect() {
    let document: Table = toml::from_str(BUILTIN).expect("the built-in profile is TOML");
    let builtin = Profile::builtin().expect("the built-in profile");
    let expected = Arch::ALL.map(|arch| without_digests(effect_of(&builtin, arch)));
    let mutants = mutants(&document);
    let half = mutants.len() / 2;
    let judge = |mutants: &[Mutant]| -> BTreeMap<&'static str, Vec<String>> {
        let mut judged: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for (name, table) in mutants {
            judged.entry(outcome(table, &expected)).or_default().push(name.clone());
        }
        judged
    };
    let (one, mut other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| judge(&mutants[..half]));
        let other = judge(&mutants[half..]);
        (one.join().expect("the judge ends"), other)
    });
    for (outcome, names) in one {
        other.entry(outcome).or_default().extend(names);
    }
    let count = |outcome: &str| other.get(outcome).map_or(0, Vec::len);
    println!(
        "{} mutants: {} refused, {} with another effect",
        mutants.len(),
        count("refused"),
        count("differs")
    );
    assert_eq!(other.get("survives").map_or(&[][..], Vec::as_slice), EQUIVALENT);
    assert!(count("differs") > 400 && count("refused") > 50, "the mutants are no longer what they were");
}

fn outcome(table: &Table, expected: &[String]) -> &'static str {
    let text = toml::to_string(table).expect("a document is TOML");
    let Ok(profile) = Profile::parse("mutant", &text) else { return "refused" };
    let same = |(arch, expected): (Arch, &String)| match profile.compile(arch) {
        Ok(compiled) => {
            let effect = effect(&profile, &compiled, arch).expect("can be analysed");
            without_digests(effect) == *expected
        }
        Err(_) => false,
    };
    if Arch::ALL.into_iter().zip(expected).all(same) { "survives" } else { "differs" }
}

/// Digests change with every byte; what is asked here is whether what is permitted changes.
fn without_digests(effect: String) -> String {
    let (before, _) = effect.split_once("\nSHA-256").expect("the effect ends in digests");
    before.to_owned()
}
