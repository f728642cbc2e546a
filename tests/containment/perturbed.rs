//! Every rule of both filters, natively and each filter alone: every argument it looks at on both sides of its border,
//! with the upper half set and with the other arguments changed. The kernel must answer what an interpreter that
//! knows nothing of the compiler predicts, and without the rule one of the answers would be another.

use jail_spec::{EndStatus, Instruction};
use oubliette_tests::bench::{Bench, read};
use oubliette_tests::driver::{Act, Answer, Driver};
use oubliette_tests::launch::Order;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use policies::bpf::{Call, Program, run};
use policies::{Arch, Comparison, Condition, Entry, Profile, syscalls};
use serde_json::json;
use std::collections::BTreeSet;

const ARCH: Arch = Arch::X86_64;
const KILL_PROCESS: u32 = 0x8000_0000;
const SIGSYS: i32 = 31;

#[derive(Clone, Copy)]
enum Which {
    /// The jailer's deny-list.
    First,
    /// The guest's allow-list.
    Last,
}

pub(super) fn add(trials: &mut Trials) {
    trials.both("perturbed/the first filter alone", &[], |bench| perturbed(bench, Which::First));
    trials.both("perturbed/the last filter alone", &[], |bench| perturbed(bench, Which::Last));
}

impl Which {
    fn entries(self, profile: &Profile) -> &[Entry] {
        match self {
            Self::First => profile.jailer_entries(),
            Self::Last => profile.guest_entries(),
        }
    }

    fn compiled(self, profile: &Profile) -> Result<Program, Failed> {
        let compiled = profile.compile(ARCH)?;
        let instructions: Vec<Instruction> = match self {
            Self::First => compiled.first_filter,
            Self::Last => compiled.last_filter,
        };
        Program::new(&instructions).map_err(|error| error.to_string().into())
    }

    /// How an entry begins in the document.
    const fn header(self) -> &'static str {
        match self {
            Self::First => "[[seccomp.jailer]]",
            Self::Last => "[[seccomp.guest]]",
        }
    }

    /// All of the jail but the other filter: what this one lets through, something else may still refuse.
    fn order(self, bench: &Bench) -> Result<Order, Failed> {
        let guest = bench.hostile_guest()?;
        Ok(match self {
            Self::First => {
                Order { last: Some(Vec::new()), ..Order::new(&bench.binary("oubliette-jailer")?, &guest) }
            }
            Self::Last => Order::new(&bench.ablated_jailer(&["seccomp"])?, &guest),
        })
    }
}

fn perturbed(bench: &Bench, which: Which) -> Verdict {
    let text = read("../policies/profiles/default.toml")?;
    let profile = Profile::parse("default.toml", &text).map_err(|error| error.to_string())?;
    let filter = which.compiled(&profile)?;
    let (mut driver, order) = (Driver::new(bench)?, which.order(bench)?);
    let mut wrong = Vec::new();
    let mut asked = BTreeSet::new();
    for (index, entry) in which.entries(&profile).iter().enumerate().filter(|(_, entry)| entry.is_for(ARCH)) {
        let without = which.compiled(&without_entry(&text, which.header(), index)?)?;
        for name in entry.calls.iter().map(|name| name.get_ref()) {
            let number = syscalls::number(name, ARCH).ok_or_else(|| format!("{name} has no number"))?;
            let probes = probes(name, which.entries(&profile));
            let kills = |filter: &Program, arguments| {
                run(filter, &Call::native(ARCH, number, arguments)) == KILL_PROCESS
            };
            let told =
                probes.iter().any(|&arguments| kills(&filter, arguments) != kills(&without, arguments));
            if !told {
                wrong.push(format!("entry {index}: no probe of {name} would see that it is missing"));
            }
            for arguments in probes.into_iter().filter(|arguments| asked.insert((number, *arguments))) {
                let killed = is_killed(&mut driver, &order, number, arguments)?;
                if killed != kills(&filter, arguments) {
                    wrong.push(format!("{name}{arguments:x?}: killed {killed}, predicted {}", !killed));
                }
            }
        }
    }
    driver.close()?;
    ensure!(asked.len() > 8, "only {} probes", asked.len());
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The document without one entry of this kind: it goes on to the next table.
fn without_entry(text: &str, header: &str, index: usize) -> Result<Profile, Failed> {
    let (begin, _) = text.match_indices(header).nth(index).ok_or_else(|| format!("no {header} {index}"))?;
    let after = begin + header.len();
    let end = text[after..].find("\n[").map_or(text.len(), |length| after + length + 1);
    let shorter = format!("{}{}", &text[..begin], &text[end..]);
    Profile::parse("shorter.toml", &shorter)
        .map_err(|error| format!("without {header} {index}: {error}").into())
}

/// The arguments a call is tried with: every combination of the values around the borders of all rules that speak of
/// it, once with zeroes and once with all bits in the arguments that no rule looks at.
fn probes(name: &str, entries: &[Entry]) -> Vec<[u64; 6]> {
    let of_call = entries.iter().filter(|entry| entry.calls.iter().any(|call| call.get_ref() == name));
    let mut values: [BTreeSet<u64>; 6] = Default::default();
    for condition in of_call.flat_map(|entry| &entry.when) {
        values[usize::from(*condition.arg.get_ref())].extend(around(condition));
    }
    let mut probes = vec![[0; 6], [u64::MAX; 6]];
    for (place, values) in values.iter().enumerate().filter(|(_, values)| !values.is_empty()) {
        let with = |probe: &[u64; 6], value: u64| {
            let mut probe = *probe;
            probe[place] = value;
            probe
        };
        probes =
            probes.iter().flat_map(|probe| values.iter().map(move |value| with(probe, *value))).collect();
    }
    probes
}

fn around(condition: &Condition) -> Vec<u64> {
    let value = condition.value;
    let mut values = vec![value, value.wrapping_add(1), value.wrapping_sub(1), value | 1 << 32];
    if condition.is == Comparison::Masked {
        values.extend(condition.mask.iter().flat_map(|mask| [0, *mask, !mask]));
    }
    values
}

fn is_killed(driver: &mut Driver, order: &Order, number: u32, arguments: [u64; 6]) -> Result<bool, Failed> {
    driver.start(order)?;
    let arguments: Vec<_> = arguments.iter().map(|argument| json!({ "number": argument })).collect();
    let call = json!([{ "call": { "entry": "native", "number": number, "arguments": arguments } }]);
    let answer = driver.ask(&Act::Run(call.to_string()))?;
    let end = driver.end()?.map(|end| end.status);
    // A call that was let through may have ended the process in its own way: exit_group(2) does.
    Ok(matches!(answer, Answer::Silent(_)) && end == Some(EndStatus::Killed(SIGSYS)))
}
