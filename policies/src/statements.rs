//! What a profile says, one line each: for whoever must read it without reading TOML.

use crate::document::{Comparison, Condition, Document, Entry, GrantEntry, GrantVerdict, LimitEntry, Source};
use crate::grants::EVERY;
use crate::profile::Profile;
use toml::Spanned;

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
        let mut all = Said(Vec::new());
        all.about_the_process(document);
        for entry in &document.guest {
            all.say("seccomp.guest", format!("allows {}", entry.describe()), &entry.why);
        }
        let newest = &document.newest;
        all.say("seccomp.newest", format!("kills every call above {}", newest.call.get_ref()), &newest.why);
        for entry in &document.jailer {
            all.say("seccomp.jailer", format!("kills {}", entry.describe()), &entry.why);
        }
        let landlock = &document.landlock;
        let rights = format!("takes every right of ABI {}, gives none back", landlock.abi.get_ref());
        all.say("landlock", rights, &landlock.why);
        for limit in &document.limits {
            all.say("limits", limit.describe(), &limit.why);
        }
        all.about_the_leaf(document);
        for grant in &document.grants {
            all.say("grants", grant.describe(), &grant.why);
        }
        for lowered in &document.lowered {
            all.say("lowered", format!("gives up {}", lowered.layer.get_ref()), &lowered.why);
        }
        all.0
    }
}

/// What was said so far.
struct Said(Vec<Statement>);

impl Said {
    fn say(&mut self, layer: &'static str, what: String, why: &Spanned<String>) {
        self.0.push(Statement { layer, what, why: why.get_ref().clone() });
    }

    fn about_the_process(&mut self, document: &Document) {
        let (identity, namespaces) = (&document.identity, &document.namespaces);
        let ids = format!("uid {}, gid {} outside", identity.uid.get_ref(), identity.gid.get_ref());
        self.say("identity", ids, &identity.why);
        let socket = document.descriptors.socket.get_ref();
        self.say("descriptors", format!("{socket}: the socket; no other"), &document.descriptors.why);
        let kinds: Vec<&str> = namespaces.kinds.get_ref().iter().map(|kind| kind.get_ref().name()).collect();
        self.say("namespaces", format!("its own: {}", kinds.join(", ")), &namespaces.why);
        let nothing = "no capability; no_new_privs; not dumpable";
        self.say("privileges", nothing.into(), &document.privileges.why);
    }

    fn about_the_leaf(&mut self, document: &Document) {
        let Document { memory, pids, cpu, .. } = document;
        let (beside, swap) = (memory.beside_heap_bytes.get_ref(), memory.swap_bytes.get_ref());
        let bytes = format!("heap and stack of the run + {beside} bytes; swap {swap} bytes; ends as one");
        self.say("cgroup.memory", bytes, &memory.why);
        self.say("cgroup.pids", format!("at most {}", pids.most.get_ref()), &pids.why);
        let share = format!("{} of {} us", cpu.quota_us.get_ref(), cpu.period_us.get_ref());
        self.say("cgroup.cpu", share, &cpu.why);
    }
}

impl GrantEntry {
    fn describe(&self) -> String {
        let verdict = match self.verdict.get_ref() {
            GrantVerdict::Allow => "allows",
            GrantVerdict::Deny => "denies",
        };
        let tools: Vec<&str> = self.tools.get_ref().iter().map(|tool| tool.get_ref().as_str()).collect();
        let tools = if tools == [EVERY] { "every tool".to_owned() } else { tools.join(", ") };
        let server = self.server.get_ref();
        let server = if server == EVERY { "every server" } else { server };
        format!("{verdict} {tools} of {server}")
    }
}

impl Entry {
    /// Its calls, condition and architectures in words: `mmap, mprotect when arg2 & 0x4 == 0x4`.
    #[must_use]
    pub fn describe(&self) -> String {
        let calls: Vec<&str> = self.calls.iter().map(|call| call.get_ref().as_str()).collect();
        self.describe_one(&calls.join(", "))
    }

    /// The same, with `call` in the place of all of its calls.
    #[must_use]
    pub fn describe_one(&self, call: &str) -> String {
        let when: Vec<String> = self.when.iter().map(Condition::describe).collect();
        let arch: Vec<&str> = self.arch.iter().map(|arch| arch.name()).collect();
        let mut text = call.to_owned();
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
        match (&self.value, self.from) {
            (Some(value), _) => format!("{resource} = {}", value.get_ref()),
            (None, Some(Source::Run)) | (None, None) => format!("{resource} as the run's own limit"),
        }
    }
}
