//! What can be said about the code without running it: which crate uses which, how many crates a binary is made
//! of, where `unsafe` is, how long things are, which words are used.

use oubliette_tests::binaries::workspace;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Our own crates, and what of ours each may use. ARCHITECTURE.md draws the same arrows.
const ARROWS: [(&str, &[&str]); 10] = [
    ("guest-protocol", &[]),
    ("jail-spec", &[]),
    ("policies", &["jail-spec"]),
    ("catalog", &["guest-protocol"]),
    ("readback", &["jail-spec"]),
    ("oubliette-jailer", &["jail-spec"]),
    ("oubliette-guest", &["guest-protocol"]),
    ("oubliette", &["catalog", "guest-protocol", "jail-spec", "policies", "readback"]),
    ("oubliette-fuzz", &["guest-protocol", "jail-spec", "policies"]),
    ("oubliette-tests", &["catalog", "guest-protocol", "jail-spec", "policies"]),
];

/// Crates that a binary must never be made of, however indirectly.
const NEVER: [(&str, &[&str]); 3] = [
    (
        "oubliette-jailer",
        &["tokio", "boa_engine", "toml", "cgroups-rs", "tracing", "log", "rmcp", "guest-protocol"],
    ),
    ("oubliette-guest", &["nix", "tokio", "policies", "rmcp", "jail-spec", "landlock"]),
    ("oubliette", &["boa_engine", "oxc", "landlock"]),
];

/// Most crates a binary may be made of, itself and build-time crates included: what it is today, and very little
/// room. Raising a figure is a decision, with its reason in ARCHITECTURE.md.
const BUDGETS: [(&str, usize); 3] = [("oubliette-jailer", 32), ("oubliette-guest", 222), ("oubliette", 220)];

/// The files that may contain `unsafe`.
const UNSAFE_FILES: [&str; 5] = [
    "guest-runtime/src/sys.rs",
    "jailer/src/sys.rs",
    "supervisor/readback/src/sys.rs",
    "tests/containment/ablated_jailer/sys.rs",
    "tests/containment/hostile_guest/calls.rs",
];

const JAILER_LINES: usize = 1_100;
const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    trials.once("arrows between our crates", &[], arrows);
    trials.once("crates that a binary must never be made of", &[], never);
    trials.once("crates per binary", &[], budgets);
    trials.once("unsafe is in its files only", &[], unsafe_files);
    trials.once("the guest has no way to the host in the standard library", &[], guest_is_pure);
    trials.once("the jailer is small", &[], jailer_is_small);
    trials.once("files and functions are short", &[], short);
    trials.once("words", &[], words);
    trials.once("every folder of tests is explained", &[], explained);
    trials.once("every promise names the tests that keep it", &[], promises);
    trials.once("README and SECURITY quote the measured figures", &[], figures);
    Ok(trials.run())
}

fn cargo(arguments: &[&str]) -> Result<String, Failed> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).arg("--locked").current_dir(workspace()).output();
    let output = output.map_err(|error| format!("cargo: {error}"))?;
    ensure!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn arrows() -> Verdict {
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps"])?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let drawn: BTreeMap<&str, &[&str]> = ARROWS.into();
    ensure!(ours.iter().eq(drawn.keys()), "packages: {ours:?}");
    for package in &packages {
        let name = package["name"].as_str().unwrap_or_default();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let allowed = !ours.contains(to) || drawn.get(name).is_some_and(|drawn| drawn.contains(&to));
            ensure!(allowed || dependency["kind"] == "dev", "{name} uses {to}");
        }
    }
    Ok(())
}

/// What a binary is made of, by name and version.
fn crates_of(package: &str) -> Result<BTreeSet<String>, Failed> {
    let tree =
        cargo(&["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}"])?;
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    Ok(tree.lines().filter(|line| !line.is_empty()).map(name).collect())
}

fn never() -> Verdict {
    for (package, forbidden) in NEVER {
        for one in crates_of(package)? {
            let name = one.split(' ').next().unwrap_or_default();
            ensure!(!forbidden.contains(&name), "{package} is made of {one}");
        }
    }
    Ok(())
}

fn budgets() -> Verdict {
    for (package, most) in BUDGETS {
        let count = crates_of(package)?.len();
        ensure!(count <= most, "{package} is made of {count} crates; its budget is {most}");
    }
    Ok(())
}

/// Every file of the project with one of these endings, by its path from the root.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let root = workspace();
    let mut found = Vec::new();
    gather(&root, &root, endings, &mut found);
    found.sort();
    found
}

fn gather(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() && name != "target" && name != ".git" {
            gather(root, &path, endings, found);
        }
        if endings.iter().any(|ending| name.ends_with(ending)) {
            let inside: PathBuf = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
            found.extend(fs::read_to_string(&path).ok().map(|text| (inside.display().to_string(), text)));
        }
    }
}

/// Rust without what is only for people: comments and the insides of texts are blanked, lines stay lines.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = blank(rest);
        let taken = if skipped == 0 { first.len_utf8() } else { skipped };
        let (part, after) = rest.split_at(taken);
        if skipped == 0 {
            code.push_str(part);
        } else {
            code.extend(part.chars().filter(|character| *character == '\n'));
            code.push(' ');
        }
        rest = after;
    }
    code
}

/// How long the comment, the text or the character is that begins here; 0 where none does.
fn blank(rest: &str) -> usize {
    let until =
        |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return until("*/", 2);
    }
    for raw in ["r#\"", "br#\"", "r##\"", "r###\""] {
        if rest.starts_with(raw) {
            let hashes = "#".repeat(raw.matches('#').count());
            return until(&format!("\"{hashes}"), raw.len());
        }
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    // A lifetime has no closing quote right after its first character.
    let mut characters = rest.char_indices().skip(1);
    match (rest.starts_with('\''), characters.next(), characters.next()) {
        (true, Some((_, '\\')), _) => quoted(rest, '\''),
        (true, Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Without the tests at its end.
fn product(code: &str) -> &str {
    code.split("#[cfg(test)]\nmod ").next().unwrap_or(code)
}

fn lines_of_code(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|character: char| !character.is_alphanumeric() && character != '_').any(|one| one == word)
}

fn unsafe_files() -> Verdict {
    let has = |text: &str| code(text).lines().any(|line| has_word(line, "unsafe"));
    let found: Vec<String> =
        files(&[".rs"]).into_iter().filter(|(_, text)| has(text)).map(|(path, _)| path).collect();
    ensure!(found == UNSAFE_FILES, "unsafe is in {found:?}");
    Ok(())
}

fn guest_is_pure() -> Verdict {
    for (path, text) in files(&[".rs"]).iter().filter(|(path, _)| path.starts_with("guest-runtime/src/")) {
        let code = code(text);
        for module in ["std::fs", "std::net", "std::process", "std::thread", "std::env"] {
            let is_test = path.contains("/tests/") || path.ends_with("/tests.rs");
            ensure!(is_test || !product(&code).contains(module), "{path} uses {module}");
        }
    }
    Ok(())
}

/// The reasons in `steps.rs` are data for a document, not code that is trusted.
fn jailer_is_small() -> Verdict {
    let trusted = |path: &str| path.starts_with("jailer/src/") && path != "jailer/src/steps.rs";
    let jailer = files(&[".rs"]).into_iter().filter(|(path, _)| trusted(path));
    let lines: usize = jailer.map(|(_, text)| lines_of_code(product(&code(&text)))).sum();
    ensure!(lines <= JAILER_LINES, "{lines} lines of code in the jailer; its budget is {JAILER_LINES}");
    Ok(())
}

fn short() -> Verdict {
    let mut long = Vec::new();
    for (path, text) in files(&[".rs"]) {
        let code = code(&text);
        let lines = lines_of_code(&code);
        if lines > FILE_LINES {
            long.push(format!("{path}: {lines} lines of code"));
        }
        let functions = functions(&code).into_iter().filter(|(_, lines)| *lines > FUNCTION_LINES);
        long.extend(functions.map(|(name, lines)| format!("{path}: {name} has {lines} lines")));
    }
    ensure!(long.is_empty(), "{}", long.join("\n"));
    Ok(())
}

/// Name and length of each function with a body.
fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let before = code[..at].chars().next_back();
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(body) = code[at..].find(['{', ';']).map(|body| at + body) else { continue };
        if name.is_empty()
            || before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            || code[body..].starts_with(';')
        {
            continue;
        }
        let mut depth = 0_usize;
        let end = code[body..].char_indices().find_map(|(n, character)| {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(body + n)
        });
        found.push((name, code[at..end.unwrap_or(code.len())].matches('\n').count() + 1));
    }
    found
}

/// Words that promise work for later, and names that say nothing. Taken apart, so that this file passes.
fn words() -> Verdict {
    let later = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X:"],
        ["HA", "CK:"],
        ["for ", "now"],
        ["todo", "!("],
        ["unimple", "mented!("],
    ];
    let later = later.map(|parts| parts.concat());
    let empty = ["util", "utils", "common", "helpers", "helper", "manager", "misc"];
    for (path, text) in files(&[".rs", ".md", ".toml", ".ts", ".py", ".js", "run"]) {
        for word in &later {
            ensure!(!text.contains(word.as_str()), "{path} has {word:?} in it");
        }
        let named = path.split(['/', '.']).find(|part| empty.contains(part));
        ensure!(named.is_none(), "{path}: a name that says nothing");
    }
    Ok(())
}

fn explained() -> Verdict {
    let readme =
        fs::read_to_string(workspace().join("tests/README.md")).map_err(|error| error.to_string())?;
    for entry in fs::read_dir(workspace().join("tests")).map_err(|error| error.to_string())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        ensure!(
            !entry.path().is_dir() || readme.contains(&format!("`{name}/`")),
            "tests/README.md says nothing of {name}/"
        );
    }
    Ok(())
}

/// The figures that README and SECURITY quote are those of the measured matrix.
fn figures() -> Verdict {
    let text = |path: &str| fs::read_to_string(workspace().join(path)).map_err(|error| error.to_string());
    let results = text("tests/containment/RESULTS.md")?;
    let line = results.lines().find(|line| line.starts_with("Of ")).ok_or("RESULTS.md has no sum")?;
    let numbers: Vec<&str> = line.split(' ').filter(|word| word.parse::<u32>().is_ok()).collect();
    let [attacks, working, filters] = numbers[..] else {
        return Err(format!("three figures in {line:?}").into());
    };
    let readme = text("README.md")?;
    for said in [
        format!("{attacks} attacks"),
        format!("Of the {working} that work"),
        format!("{filters} are stopped"),
    ] {
        ensure!(readme.contains(&said), "README does not say {said:?}");
    }
    let said = format!("For {filters} of {working} attacks");
    ensure!(text("SECURITY.md")?.contains(&said), "SECURITY does not say {said:?}");
    Ok(())
}

/// Rows of SECURITY.md's first table: a number, a promise, and paths in backquotes.
fn promises() -> Verdict {
    let security = fs::read_to_string(workspace().join("SECURITY.md")).map_err(|error| error.to_string())?;
    let rows: Vec<&str> = security.lines().filter(|line| is_promise(line)).collect();
    ensure!(rows.len() >= 9, "{} promises", rows.len());
    for row in rows {
        let kept_by = row.split('|').nth(3).unwrap_or_default();
        let paths: Vec<&str> = kept_by.split('`').skip(1).step_by(2).collect();
        ensure!(!paths.is_empty(), "nothing keeps {row}");
        for path in paths {
            ensure!(workspace().join(path).is_file(), "{path} is not there: {row}");
        }
    }
    Ok(())
}

fn is_promise(line: &str) -> bool {
    let number = line.strip_prefix("| ").and_then(|rest| rest.split(' ').next());
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}
