//! The document as it is written: one type per table, and nothing that TOML does not say.

use jail_spec::Resource;
use serde::Deserialize;
use toml::Spanned;

/// A profile's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) why: Spanned<String>,
    pub(crate) identity: IdentityTable,
    pub(crate) descriptors: DescriptorsTable,
    pub(crate) seccomp: SeccompTable,
    pub(crate) landlock: LandlockTable,
    pub(crate) limits: Vec<LimitEntry>,
    #[serde(default)]
    pub(crate) lowered: Vec<LoweredEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityTable {
    pub(crate) uid: Spanned<u32>,
    pub(crate) gid: Spanned<u32>,
    pub(crate) why: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DescriptorsTable {
    pub(crate) socket: Spanned<i32>,
    pub(crate) why: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeccompTable {
    pub(crate) newest: NewestTable,
    pub(crate) guest: Vec<Entry>,
    pub(crate) jailer: Vec<Entry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewestTable {
    pub(crate) call: Spanned<String>,
    pub(crate) why: Spanned<String>,
}

/// System calls that are treated alike, for one reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Names, as in the manual.
    pub calls: Vec<Spanned<String>>,
    /// All of these must hold for the entry to match; empty: it always matches.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Architectures that have these calls; empty: every one we build for.
    #[serde(default)]
    pub arch: Vec<crate::Arch>,
    /// Who needs the entry, or what it stops.
    pub why: Spanned<String>,
}

/// A condition on one argument.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Which argument, 0 to 5.
    pub arg: Spanned<u8>,
    /// Its C type.
    pub width: Width,
    /// How it is compared.
    pub is: Comparison,
    /// With what.
    pub value: u64,
    /// The bits that are compared, for [`Comparison::Masked`] and only for it.
    #[serde(default)]
    pub mask: Option<u64>,
}

/// How much of a register the kernel looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Width {
    /// `int`, 32 bits: descriptors, commands, options.
    Int,
    /// `unsigned long`, 64 bits: sizes, pointers, flags.
    Long,
}

/// Comparison of an argument, unsigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// `argument == value`
    Equal,
    /// `argument != value`
    NotEqual,
    /// `argument < value`
    Less,
    /// `argument <= value`
    LessOrEqual,
    /// `argument > value`
    Greater,
    /// `argument >= value`
    GreaterOrEqual,
    /// `argument & mask == value`
    Masked,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LandlockTable {
    pub(crate) abi: Spanned<u32>,
    pub(crate) why: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitEntry {
    pub(crate) resource: Spanned<Resource>,
    #[serde(default)]
    pub(crate) value: Option<u64>,
    #[serde(default)]
    pub(crate) from: Option<Source>,
    pub(crate) why: Spanned<String>,
}

/// Where a limit's value comes from when the profile does not fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    Run,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoweredEntry {
    pub(crate) layer: Spanned<String>,
    pub(crate) why: Spanned<String>,
}
