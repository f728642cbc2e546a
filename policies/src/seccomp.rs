//! From entries to BPF, through seccompiler's JSON front end: it knows the numbers of every architecture.

use crate::document::{Comparison, Condition, Entry, Width};
use jail_spec::{Instruction, MAX_FILTER_INSTRUCTIONS};
use seccompiler::{BpfProgram, TargetArch};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An architecture a profile is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arch {
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit ARM.
    #[serde(rename = "aarch64")]
    Aarch64,
}

impl Arch {
    /// Every architecture a profile must compile for.
    pub const ALL: [Self; 2] = [Self::X86_64, Self::Aarch64];

    /// The one this program was built for.
    #[must_use]
    pub const fn current() -> Self {
        if cfg!(target_arch = "aarch64") { Self::Aarch64 } else { Self::X86_64 }
    }

    /// As in `arch = [...]`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }

    const fn target(self) -> TargetArch {
        match self {
            Self::X86_64 => TargetArch::x86_64,
            Self::Aarch64 => TargetArch::aarch64,
        }
    }
}

/// The name seccompiler's format wants for a filter; it compiles several at once, we only one.
const FILTER: &str = "filter";

/// Where the rules begin: after the three instructions that check the architecture and the one that loads the
/// call's number.
const RULES: usize = 4;

// linux/bpf_common.h, linux/seccomp.h
const LOAD_WORD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_GREATER: u16 = 0x25;
const RETURN: u16 = 0x06;
const KILL_PROCESS: u32 = 0x8000_0000;

/// The guest's filter: what matches is allowed, everything else ends the process.
pub(crate) fn allow_list(entries: &[Entry], arch: Arch) -> Result<Vec<Instruction>, String> {
    bound(compile(entries, arch, "kill_process", "allow")?)
}

/// The jailer's filter: what matches ends the process, and so does every number above `newest`'s. That keeps out
/// calls nobody has listed because nobody knows them yet, and the x32 numbers, which start at 0x4000_0000.
pub(crate) fn deny_list(entries: &[Entry], newest: &str, arch: Arch) -> Result<Vec<Instruction>, String> {
    let newest = number(newest, arch).ok_or_else(|| format!("{} has no call {newest}", arch.name()))?;
    let mut program = compile(entries, arch, "allow", "kill_process")?;
    if !loads_number(&program) {
        return Err("seccompiler lays its programs out differently now: deny_list must follow".into());
    }
    // Only the jump before them, over the check of the architecture, crosses this place, and it lands before it.
    program.splice(
        RULES..RULES,
        [Instruction(JUMP_GREATER, 0, 1, newest), Instruction(RETURN, 0, 0, KILL_PROCESS)],
    );
    bound(program)
}

/// The number of a call, or nothing when the architecture lacks it.
pub(crate) fn number(call: &str, arch: Arch) -> Option<u32> {
    let program = run(&json!([{ "syscall": call }]), arch, "allow", "kill_process").ok()?;
    match program.get(RULES) {
        Some(&Instruction(JUMP_EQUAL, _, _, number)) if loads_number(&program) => Some(number),
        _ => None,
    }
}

/// Whether the architecture has every call of the entry.
pub(crate) fn knows_all(entry: &Entry, arch: Arch) -> bool {
    let rules: Vec<Value> = entry.calls.iter().map(|call| json!({ "syscall": call.get_ref() })).collect();
    run(&Value::Array(rules), arch, "allow", "kill_process").is_ok()
}

fn loads_number(program: &[Instruction]) -> bool {
    program.get(RULES - 1) == Some(&Instruction(LOAD_WORD, 0, 0, 0))
}

fn bound(program: Vec<Instruction>) -> Result<Vec<Instruction>, String> {
    if program.len() > MAX_FILTER_INSTRUCTIONS {
        return Err(format!("{} instructions; the kernel takes {MAX_FILTER_INSTRUCTIONS}", program.len()));
    }
    Ok(program)
}

fn compile(
    entries: &[Entry],
    arch: Arch,
    otherwise: &str,
    matching: &str,
) -> Result<Vec<Instruction>, String> {
    let rules: Vec<Value> = entries.iter().filter(|entry| entry.is_for(arch)).flat_map(rules).collect();
    run(&Value::Array(rules), arch, otherwise, matching)
}

fn run(rules: &Value, arch: Arch, otherwise: &str, matching: &str) -> Result<Vec<Instruction>, String> {
    let filters =
        json!({ FILTER: { "mismatch_action": otherwise, "match_action": matching, "filter": rules } });
    let mut programs = seccompiler::compile_from_json(filters.to_string().as_bytes(), arch.target())
        .map_err(|error| error.to_string())?;
    let program: BpfProgram = programs.remove(FILTER).ok_or("seccompiler returned no program")?;
    Ok(program.into_iter().map(|one| Instruction(one.code, one.jt, one.jf, one.k)).collect())
}

impl Entry {
    /// Whether the entry speaks of calls this architecture has.
    #[must_use]
    pub fn is_for(&self, arch: Arch) -> bool {
        self.arch.is_empty() || self.arch.contains(&arch)
    }
}

fn rules(entry: &Entry) -> impl Iterator<Item = Value> + '_ {
    let conditions: Vec<Value> = entry.when.iter().map(condition).collect();
    entry.calls.iter().map(move |call| {
        if conditions.is_empty() {
            json!({ "syscall": call.get_ref() })
        } else {
            json!({ "syscall": call.get_ref(), "args": conditions })
        }
    })
}

fn condition(condition: &Condition) -> Value {
    let width = match condition.width {
        Width::Int => "dword",
        Width::Long => "qword",
    };
    let operator = match condition.is {
        Comparison::Equal => json!("eq"),
        Comparison::NotEqual => json!("ne"),
        Comparison::Less => json!("lt"),
        Comparison::LessOrEqual => json!("le"),
        Comparison::Greater => json!("gt"),
        Comparison::GreaterOrEqual => json!("ge"),
        Comparison::Masked => json!({ "masked_eq": condition.mask }),
    };
    json!({ "index": condition.arg.get_ref(), "type": width, "op": operator, "val": condition.value })
}
