//! Whether compiled filters are what their profile declares: decided for every call there can be, without the
//! compiler that made them.

mod finding;

pub use finding::{Fault, Finding, Verification};

use crate::bpf::{
    Action, Diagrams, Exploration, Field, MAX_NODES, Operation, Program, Set, TooComplex, explore, reaches,
    run,
};
use crate::compile::CompiledProfile;
use crate::declared::{Declaration, Declared};
use crate::profile::Profile;
use crate::reach::{AnalysisError, Filter};
use crate::seccomp::Arch;
use jail_spec::Instruction;

/// Rows of findings of one kind; beyond, one says how many more there are.
const MAX_FINDINGS: usize = 16;

/// x32 numbers begin here (`__X32_SYSCALL_BIT`, asm/unistd.h).
const X32: u64 = 0x4000_0000;

/// Both filters of a compiled profile against the profile.
///
/// # Errors
/// When the profile itself cannot be evaluated. What is wrong with a filter is a finding.
pub fn verify(
    profile: &Profile,
    compiled: &CompiledProfile,
    arch: Arch,
) -> Result<Vec<Verification>, AnalysisError> {
    Filter::ALL
        .into_iter()
        .map(|filter| Verifier::new(profile, filter, arch)?.verify(compiled.filter(filter)))
        .collect()
}

/// What one filter must be. It can look at any number of candidates: one read back from a running guest, say.
#[derive(Debug)]
pub struct Verifier<'a> {
    profile: &'a Profile,
    filter: Filter,
    arch: Arch,
    declared: Declared<'a>,
    diagrams: Diagrams,
    permitted: Set,
    redundant: Vec<(usize, usize)>,
}

impl<'a> Verifier<'a> {
    /// Evaluates the profile's entries for one filter.
    ///
    /// # Errors
    /// When an entry names a call that the kernel's headers do not, or beyond a bound of the analysis.
    pub fn new(profile: &'a Profile, filter: Filter, arch: Arch) -> Result<Self, AnalysisError> {
        let declared = Declared::new(profile, filter, arch)?;
        let mut diagrams = Diagrams::default();
        let permitted = declared.set(&mut diagrams)?;
        let redundant = redundant(&declared, &mut diagrams)?;
        Ok(Self { profile, filter, arch, declared, diagrams, permitted, redundant })
    }

    /// Compares a candidate with what is declared.
    ///
    /// # Errors
    /// As [`Verifier::new`]. Whatever is wrong with the candidate, even that it cannot be explored, is a finding.
    pub fn verify(&mut self, candidate: &[Instruction]) -> Result<Verification, AnalysisError> {
        if self.diagrams.size() > MAX_NODES / 2 {
            // What earlier candidates needed must not count against this one.
            *self = Self::new(self.profile, self.filter, self.arch)?;
        }
        let mut result = Verification::new(self.filter, self.arch, candidate.len());
        for &(entry, call) in &self.redundant {
            let place = self.profile.place(self.filter, entry, call);
            result.finding(Fault::Redundant, "an entry that other entries make superfluous".into()).place =
                place;
        }
        let program = match Program::new(candidate) {
            Ok(program) => program,
            Err(invalid) => {
                result.finding(Fault::Invalid, invalid.to_string()).instruction = Some(invalid.at);
                return Ok(result);
            }
        };
        hidden(candidate, &program, &mut result);
        if let Err(error) = self.explored(&program, &mut result) {
            result.finding(Fault::Unexplored, error.to_string());
        }
        Ok(result)
    }

    fn explored(&mut self, program: &Program, result: &mut Verification) -> Result<(), TooComplex> {
        let exploration = explore(&mut self.diagrams, program)?;
        result.paths = exploration.paths.len();
        self.unreached(program, &exploration, result);
        self.replay(program, &exploration, result);
        self.compare(program, &exploration, result)
    }

    /// seccompiler closes every rule with a return of the default action, also after a rule that always matches.
    /// Anything else that no call reaches is a rule that does nothing.
    fn unreached(&self, program: &Program, exploration: &Exploration, result: &mut Verification) {
        let default = match self.filter {
            Filter::First => Action::ALLOW,
            Filter::Last => Action::KILL_PROCESS,
        };
        for (at, operation) in
            program.operations.iter().enumerate().filter(|(at, _)| !exploration.reached[*at])
        {
            if *operation == Operation::Return(default) {
                result.closing += 1;
            } else {
                result.finding(Fault::Unreachable, "no call reaches it".into()).instruction = Some(at);
            }
        }
    }

    /// The explorer is held against the interpreter: one call of every way is run.
    fn replay(&self, program: &Program, exploration: &Exploration, result: &mut Verification) {
        for path in &exploration.paths {
            let Some(call) = self.diagrams.example(path.calls) else { continue };
            let returned = run(program, &call);
            if returned != path.returns {
                let problem = format!(
                    "the explorer expects {} and the interpreter finds {}",
                    Action::of(path.returns),
                    Action::of(returned)
                );
                let finding = result.finding(Fault::Disagreement, problem);
                (finding.witness, finding.instruction) = (Some(call), Some(path.at));
            }
        }
    }

    fn compare(
        &mut self,
        program: &Program,
        exploration: &Exploration,
        result: &mut Verification,
    ) -> Result<(), TooComplex> {
        let diagrams = &mut self.diagrams;
        let allowed = exploration.returning(diagrams, Action::ALLOW)?;
        let killed = exploration.returning(diagrams, Action::KILL_PROCESS)?;
        let answered = diagrams.or(allowed, killed)?;
        let wide = diagrams.minus(allowed, self.permitted)?;
        let narrow = diagrams.minus(self.permitted, allowed)?;
        let other = diagrams.not(answered)?;
        let native = diagrams.native(self.arch)?;
        let foreign = diagrams.minus(allowed, native)?;
        let x32 = diagrams.at_least(Field::NUMBER, X32)?;
        let x32 = diagrams.and(allowed, x32)?;
        for (fault, calls) in [
            (Fault::TooWide, wide),
            (Fault::TooNarrow, narrow),
            (Fault::OtherAnswer, other),
            (Fault::Foreign, foreign),
            (Fault::X32, x32),
        ] {
            self.differences(fault, calls, program, result)?;
        }
        Ok(())
    }

    /// A finding per call, with a call that shows it.
    fn differences(
        &mut self,
        fault: Fault,
        calls: Set,
        program: &Program,
        result: &mut Verification,
    ) -> Result<(), TooComplex> {
        let mut left = calls;
        for _ in 0..MAX_FINDINGS {
            let Some(witness) = self.diagrams.example(left) else { return Ok(()) };
            let number = self.diagrams.equal(Field::NUMBER, witness.number.into())?;
            let same = self.diagrams.and(left, number)?;
            let when = reaches(&mut self.diagrams, same, self.arch)?;
            let when: Vec<String> = when.iter().map(crate::bpf::Reach::conditions).collect();
            let problem = format!(
                "{}: the filter answers {}, the profile {}; so with {}",
                witness.describe(self.arch),
                Action::of(run(program, &witness)),
                if self.declared.permits(&witness) { "permits it" } else { "does not permit it" },
                when.join("; ")
            );
            let place = self.declared.nearest(&witness);
            let place = place.and_then(|(entry, call)| self.profile.place(self.filter, entry, call));
            let finding = result.finding(fault, problem);
            (finding.witness, finding.place) = (Some(witness), place);
            left = self.diagrams.minus(left, number)?;
        }
        if !left.is_empty() {
            result.finding(fault, format!("further calls than the {MAX_FINDINGS} named"));
        }
        Ok(())
    }
}

/// Calls of entries without which the same would be declared.
fn redundant(declared: &Declared<'_>, diagrams: &mut Diagrams) -> Result<Vec<(usize, usize)>, TooComplex> {
    let mut found = Vec::new();
    for (index, rule) in declared.rules.iter().enumerate() {
        let mut matched = declared.above_ceiling(diagrams)?;
        let same = |(other, one): &(usize, &Declaration<'_>)| *other != index && one.number == rule.number;
        for (_, other) in declared.rules.iter().enumerate().filter(same) {
            let other = other.set(diagrams)?;
            matched = diagrams.or(matched, other)?;
        }
        let own = rule.set(diagrams)?;
        if diagrams.minus(own, matched)?.is_empty() {
            found.push(rule.place);
        }
    }
    Ok(found)
}

/// Fields the kernel does not read must be zero: nothing in a filter is without a meaning.
fn hidden(candidate: &[Instruction], program: &Program, result: &mut Verification) {
    for (at, (operation, instruction)) in program.operations.iter().zip(candidate).enumerate() {
        let &Instruction(_, jump_true, jump_false, operand) = instruction;
        let (jumps, constant) = operation.reads();
        if !jumps && (jump_true, jump_false) != (0, 0) || !constant && operand != 0 {
            result.finding(Fault::Hidden, "bits that the kernel does not read are set".into()).instruction =
                Some(at);
        }
    }
}
