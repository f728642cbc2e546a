//! How much of the jail a host gives, in one word.

use serde::Serialize;

/// How guests are held here. There is no tier without namespaces, Landlock, seccomp or `no_new_privs`: no guest is
/// started there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tier {
    /// Every layer, and an identity that no other process has: the supervisor was started as root.
    Full,
    /// Every layer, but outside of its namespaces the guest is the same user as the supervisor.
    SharedIdentity,
    /// The profile gives the cgroup leaf up.
    Lowered,
}

impl Tier {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::SharedIdentity => "shared-identity",
            Self::Lowered => "lowered",
        }
    }

    /// What that means, for an operator.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Full => "every layer holds, and a guest's identity belongs to nothing else",
            Self::SharedIdentity => {
                "every layer holds; outside of its namespaces a guest is the supervisor's user, so what one process of \
                 a user may do to another is kept from it by the other layers alone"
            }
            Self::Lowered => "every layer holds but the cgroup leaf, which the profile gives up",
        }
    }
}
