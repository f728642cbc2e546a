//! What a profile comes to, in a text that changes when, and only when, what a guest may do changes.

use crate::bpf::{Diagrams, Reach, Set, reaches};
use crate::compile::CompiledProfile;
use crate::profile::Profile;
use crate::reach::{AnalysisError, Filter};
use crate::seccomp::Arch;

/// Every call that both filters let through, then every call of each, then what the other layers leave. The lines
/// about calls follow from the compiled filters alone, not from the entries they were made from.
///
/// # Errors
/// When a filter cannot be analysed.
pub fn effect(profile: &Profile, compiled: &CompiledProfile, arch: Arch) -> Result<String, AnalysisError> {
    let mut diagrams = Diagrams::default();
    let both = compiled.passes_both(&mut diagrams)?;
    let mut text = format!("What the profile {:?} comes to on {}.\n", profile.name(), arch.name());
    section(&mut text, "Calls that both filters let through");
    calls(&mut text, &mut diagrams, both, arch)?;
    for filter in [Filter::Last, Filter::First] {
        let title = format!("Calls that the {filter} filter, the {}'s, lets through", filter.owner());
        section(&mut text, &title);
        let set = compiled.passes(&mut diagrams, filter)?;
        calls(&mut text, &mut diagrams, set, arch)?;
    }
    section(&mut text, "Other layers");
    for statement in profile.statements() {
        if !statement.layer.starts_with("seccomp") {
            line(&mut text, statement.layer, &statement.what);
        }
    }
    section(&mut text, "SHA-256 of what the kernel is given");
    let digests = &compiled.digests;
    line(
        &mut text,
        "first filter",
        &format!("{} ({} instructions)", digests.first_filter, compiled.first_filter.len()),
    );
    line(
        &mut text,
        "last filter",
        &format!("{} ({} instructions)", digests.last_filter, compiled.last_filter.len()),
    );
    line(&mut text, "ruleset", &digests.ruleset);
    Ok(text)
}

fn section(text: &mut String, title: &str) {
    text.push_str(&format!("\n{title}\n"));
}

fn line(text: &mut String, name: &str, what: &str) {
    text.push_str(&format!("  {name:<20} {what}\n"));
}

fn calls(text: &mut String, diagrams: &mut Diagrams, set: Set, arch: Arch) -> Result<(), AnalysisError> {
    for reach in reaches(diagrams, set, arch)? {
        line(text, &reach.call, &Reach::conditions(&reach));
    }
    Ok(())
}
