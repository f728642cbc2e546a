//! What a profile says, one line each: for whoever must read it without reading TOML.

use crate::document::{Comparison, Condition, Entry, LimitEntry, Source};
use crate::profile::Profile;

/// One thing a profile says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The layer: `seccomp.guest`, `landlock`, `limits` and so on, as the table in the document.
    pub layer: &'static str,
    /// What is allowed, taken away or set.
    pub what: String,
    /// The reason the document gives.
    pub why: String,
}

impl Profile {
    /// Everything the profile says, in the document's order.
    #[must_use]
    pub fn statements(&self) -> Vec<Statement> {
        let document = &self.document;
        let mut all = Vec::new();
        let mut say = |layer, what: String, why: &str| {
            all.push(Statement { layer, what, why: why.to_owned() });
        };
        let (identity, descriptors) = (&document.identity, &document.descriptors);
        let ids = format!("uid {}, gid {}", identity.uid.get_ref(), identity.gid.get_ref());
        say("identity", ids, identity.why.get_ref());
        say(
            "descriptors",
            format!("the socket as {}", descriptors.socket.get_ref()),
            descriptors.why.get_ref(),
        );
        for entry in &document.seccomp.guest {
            say("seccomp.guest", format!("allows {}", entry.describe()), entry.why.get_ref());
        }
        let newest = &document.seccomp.newest;
        say(
            "seccomp.newest",
            format!("kills every call above {}", newest.call.get_ref()),
            newest.why.get_ref(),
        );
        for entry in &document.seccomp.jailer {
            say("seccomp.jailer", format!("kills {}", entry.describe()), entry.why.get_ref());
        }
        let landlock = &document.landlock;
        say(
            "landlock",
            format!("takes every right of ABI {}", landlock.abi.get_ref()),
            landlock.why.get_ref(),
        );
        for limit in &document.limits {
            say("limits", limit.describe(), limit.why.get_ref());
        }
        for lowered in &document.lowered {
            say("lowered", lowered.layer.get_ref().clone(), lowered.why.get_ref());
        }
        all
    }
}

impl Entry {
    /// Its calls, condition and architectures in words: `mmap, mprotect when arg2 & 0x4 == 0x4`.
    #[must_use]
    pub fn describe(&self) -> String {
        let calls: Vec<&str> = self.calls.iter().map(|call| call.get_ref().as_str()).collect();
        let when: Vec<String> = self.when.iter().map(Condition::describe).collect();
        let arch: Vec<&str> = self.arch.iter().map(|arch| arch.name()).collect();
        let mut text = calls.join(", ");
        if !when.is_empty() {
            text = format!("{text} when {}", when.join(" and "));
        }
        if !arch.is_empty() {
            text = format!("{text} ({} only)", arch.join(", "));
        }
        text
    }
}

impl Condition {
    /// In the notation of C, with the argument's type: `(int)arg0 == 3`.
    #[must_use]
    pub fn describe(&self) -> String {
        let argument = match self.width {
            crate::Width::Int => format!("(int)arg{}", self.arg.get_ref()),
            crate::Width::Long => format!("arg{}", self.arg.get_ref()),
        };
        let value = number(self.value);
        let operator = match self.is {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Masked => {
                return format!("({argument} & {}) == {value}", number(self.mask.unwrap_or_default()));
            }
        };
        format!("{argument} {operator} {value}")
    }
}

/// Small numbers are descriptors and commands; large ones are bits.
fn number(value: u64) -> String {
    if value < 64 { value.to_string() } else { format!("{value:#x}") }
}

impl LimitEntry {
    fn describe(&self) -> String {
        let resource = format!("{:?}", self.resource.get_ref()).to_lowercase();
        match (self.value, self.from) {
            (Some(value), _) => format!("{resource} = {value}"),
            (None, Some(Source::Run)) | (None, None) => format!("{resource} as the run's own limit"),
        }
    }
}
