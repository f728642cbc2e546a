//! `RESULTS.md`: attack by layer, generated from a run. Each trial compares its own lines;
//! `UPDATE_GENERATED=1 cargo test -p oubliette-tests --test containment -- attacks/` writes them.

use super::attack::{self, Attack};
use super::modes::MODES;
use super::outcome::Outcome;
use jail_spec::{Step, StepReport};
use oubliette_tests::bench::read;
use oubliette_tests::binaries::workspace;
use oubliette_tests::caller::Caller;
use oubliette_tests::{Failed, Verdict, ensure};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

const FILE: &str = "containment/RESULTS.md";
const HOST: &str = "Measured on ";
const YES: &str = "**yes**";
/// As without a jail: the layer has no part in it.
const SAME: &str = "·";

const TITLE: &str = "# What each layer stops\n\n";
const LEGEND: &str = "\
Generated from a run of the suite; do not edit. Each line is an attack, written in `attacks/*.toml` and made natively \
by a guest that was taken over, once for each column: with nothing around it, with one layer alone, with all layers \
but the two filters, and in the whole jail.

**yes**: it worked. An error or a signal: it was stopped, in this way. ·: it ended as it does without a jail, so this \
layer has no part in it. *alone*: how many layers stop it, each on its own. Without a jail some attacks fail on this host, or fail for an ordinary user; the rows say why.

The layers alone: the guest's lockdown, which is its own filter and the processor's clock switched off; the jailer's filter; all namespaces, with the cut ties of their step; the \
empty root, with no more namespaces than it needs; the resource limits; no capabilities; no_new_privs and what goes \
with it; Landlock; the cgroup leaf; no inherited descriptor.
";

/// What was measured: the cells of each attack, for each caller.
pub(super) struct Results {
    /// On what.
    pub(super) host: String,
    cells: BTreeMap<(&'static str, String), String>,
}

/// Whether the document is to be written instead of compared.
pub(super) fn updating() -> bool {
    std::env::var_os("UPDATE_GENERATED").is_some()
}

/// What of this machine the answers of a layer depend on; of Landlock the jailer says what the kernel has.
pub(super) fn host(steps: &[StepReport]) -> String {
    let evidence =
        steps.iter().find(|taken| taken.step == Step::Landlock).map(|taken| taken.evidence.as_str());
    let landlock = evidence.and_then(|words| words.split("kernel's ").nth(1)?.split([',', ' ']).next());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel: Vec<&str> = kernel.trim().split(['.', '-']).take(2).collect();
    let groups = Path::new("/sys/fs/cgroup");
    let kind = match (groups.join("cgroup.controllers").exists(), groups.join("unified").exists()) {
        (true, _) => "v2",
        (false, true) => "hybrid",
        (false, false) => "v1",
    };
    let (kernel, landlock) = (kernel.join("."), landlock.unwrap_or("unknown"));
    format!("Linux {kernel} on {}, Landlock ABI {landlock}, cgroup {kind}", std::env::consts::ARCH)
}

impl Results {
    /// As they stand in the document; none where there is none.
    pub(super) fn read() -> Result<Self, Failed> {
        let text = fs::read_to_string(workspace().join("tests").join(FILE)).unwrap_or_default();
        let host = text.lines().find_map(|line| line.strip_prefix(HOST)?.strip_suffix('.'));
        let mut results = Self { host: host.unwrap_or_default().to_owned(), cells: BTreeMap::new() };
        let mut section = "";
        for line in text.lines() {
            section = Caller::BOTH
                .map(Caller::name)
                .into_iter()
                .find(|name| line == title(name))
                .unwrap_or(section);
            let columns: Vec<&str> = line.splitn(4, " | ").collect();
            if let [group, name, _, cells] = columns[..]
                && group.trim_start_matches("| ").parse::<u32>().is_ok()
                && !section.is_empty()
            {
                results.cells.insert((section, name.to_owned()), cells.trim_end_matches(" |").to_owned());
            }
        }
        Ok(results)
    }

    fn render(&self) -> Result<String, Failed> {
        let attacks = attack::all()?;
        let mut text = format!("{TITLE}{HOST}{}.\n\n{LEGEND}", self.host);
        for caller in Caller::BOTH.map(Caller::name) {
            let cells = |attack: &Attack| self.cells.get(&(caller, attack.name.clone())).map(String::as_str);
            let _ = write!(text, "\n{}\n\n{}", title(caller), summary(&attacks, cells));
            let names: Vec<&str> = MODES.iter().map(|mode| mode.name).collect();
            let _ = writeln!(text, "\n| group | attack | alone | {} |", names.join(" | "));
            let _ = writeln!(text, "|--|--|--|{}", "--|".repeat(MODES.len()));
            for attack in &attacks {
                let cells = cells(attack).unwrap_or("not run");
                let Attack { group, name, .. } = attack;
                let _ = writeln!(text, "| {group} | {name} | {} | {cells} |", stopping(cells));
            }
        }
        Ok(text)
    }
}

fn title(caller: &str) -> String {
    format!("## Started by {}", if caller == "root" { "root" } else { "an ordinary user" })
}

/// How many layers stop it on their own.
fn stopping(cells: &str) -> usize {
    let layers = MODES.iter().zip(cells.split(" | ")).filter(|(mode, _)| mode.letter.is_some());
    layers.filter(|(_, cell)| ![YES, SAME].contains(cell)).count()
}

/// How many, and which of them nothing stops but a filter.
fn summary<'a>(attacks: &'a [Attack], cells: impl Fn(&'a Attack) -> Option<&'a str>) -> String {
    let column = |attack, index: usize| cells(attack).and_then(|cells| cells.split(" | ").nth(index));
    let possible: Vec<&Attack> = attacks.iter().filter(|attack| column(attack, 0) == Some(YES)).collect();
    let without_filters = MODES.len() - 2;
    let filters: Vec<&Attack> =
        possible.iter().copied().filter(|attack| column(attack, without_filters) == Some(YES)).collect();
    let mut groups: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for attack in &filters {
        groups.entry(attack.group).or_default().push(&attack.name);
    }
    let lines: String =
        groups.iter().map(|(group, names)| format!("- {group}: {}\n", names.join("; "))).collect();
    let (all, possible, filters) = (attacks.len(), possible.len(), filters.len());
    format!(
        "Of {all} attacks {possible} work here without a jail, and none in it. Nothing stops {filters} of these but a \
         filter, or the lockdown that installs the last one:\n\n{lines}"
    )
}

fn cells(outcomes: &[Outcome]) -> String {
    let bare = outcomes.first();
    let one = |(index, outcome): (usize, &Outcome)| match outcome {
        Outcome::Succeeded => YES.to_owned(),
        _ if index > 0 && Some(outcome) == bare => SAME.to_owned(),
        _ => outcome.to_string(),
    };
    outcomes.iter().enumerate().map(one).collect::<Vec<_>>().join(" | ")
}

/// Where the document says otherwise; or writes it there.
pub(super) fn compare(
    results: &Results,
    host: &str,
    caller: Caller,
    attack: &Attack,
    outcomes: &[Outcome],
) -> Result<Option<String>, Failed> {
    let (key, found) = ((caller.name(), attack.name.clone()), cells(outcomes));
    let documented = results.cells.get(&key).map(String::as_str).unwrap_or_default();
    if documented == found && results.host == host {
        return Ok(None);
    }
    if !updating() {
        return Ok(Some(format!("{}: {FILE} says {documented}, and now it is {found}", attack.name)));
    }
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut results = Results::read()?;
    host.clone_into(&mut results.host);
    results.cells.insert(key, found);
    let path = workspace().join("tests").join(FILE);
    fs::write(&path, results.render()?).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(None)
}

/// Nothing is missing, nothing was edited, nothing is left of attacks that are gone.
pub(super) fn is_whole() -> Verdict {
    let results = Results::read()?;
    let text = results.render()?;
    if updating() {
        return fs::write(workspace().join("tests").join(FILE), text)
            .map_err(|error| error.to_string().into());
    }
    ensure!(!text.contains("not run"), "not every attack was run as root and as an ordinary user");
    ensure!(text == read(FILE)?, "{FILE} is not what its own lines make: write it again");
    Ok(())
}
