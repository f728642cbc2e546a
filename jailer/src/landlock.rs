//! Takes every right of the spec's Landlock ABI away, with no rule that gives one back.

use crate::error::{Taken, at, at_io, ensure, errno, found, refused};
use crate::no_new_privs::NoNewPrivs;
use crate::sys;
use jail_spec::{Ruleset as Wanted, Step, StepError};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, CreateRulesetError,
    RestrictSelfError, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope,
};
use nix::errno::Errno;

const STEP: Step = Step::Landlock;

/// Proof: the ruleset is in force.
pub(crate) struct Restricted(());

/// The image can still be executed: a memfd lies on a mount of the kernel's own, which Landlock leaves out.
pub(crate) fn restrict(_proof: &NoNewPrivs, wanted: &Wanted) -> Taken<Restricted> {
    let (filesystem, network, scopes) = rights(wanted)?;
    let version = "landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)";
    let kernel = sys::landlock_abi().map_err(at(STEP, version))?;
    ensure(kernel >= wanted.abi.into(), STEP, format!("{version} >= {}", wanted.abi), kernel)?;
    let status = enforce(filesystem, network, scopes).map_err(refusal)?;
    ensure(status.ruleset == RulesetStatus::FullyEnforced, STEP, "RulesetStatus::FullyEnforced", &status)?;
    let opened = std::fs::File::open("/").map_err(errno);
    let door = refused(STEP, "open(\"/\")", Errno::EACCES, opened)?;
    let (files, ports, scoped) = (filesystem.len(), network.len(), scopes.len());
    let rights = format!("{files} filesystem and {ports} network rights taken, {scoped} scopes, no rule");
    let evidence = format!("ABI {} of the kernel's {kernel}, fully enforced: {rights}; {door}", wanted.abi);
    Ok((Restricted(()), evidence))
}

type Rights = (BitFlags<AccessFs>, BitFlags<AccessNet>, BitFlags<Scope>);

/// Refuses bits that the crate, or the ABI the profile names, does not know: they would not be enforced.
fn rights(wanted: &Wanted) -> Result<Rights, StepError> {
    let abi = ABI::from(i32::try_from(wanted.abi).unwrap_or(i32::MAX));
    let unknown = |bits: &str| found(STEP, bits, "a bit this jailer does not know");
    let filesystem = BitFlags::from_bits(wanted.filesystem).map_err(|_| unknown("handled_access_fs"))?;
    let network = BitFlags::from_bits(wanted.network).map_err(|_| unknown("handled_access_net"))?;
    let scopes = BitFlags::from_bits(wanted.scoped).map_err(|_| unknown("scoped"))?;
    let known = AccessFs::from_all(abi).contains(filesystem)
        && AccessNet::from_all(abi).contains(network)
        && Scope::from_all(abi).contains(scopes);
    ensure(known && abi as u32 == wanted.abi, STEP, format!("rights of ABI {}", wanted.abi), wanted)?;
    Ok((filesystem, network, scopes))
}

/// The kernel's answer out of the crate's.
fn refusal(error: RulesetError) -> StepError {
    match error {
        RulesetError::CreateRuleset(CreateRulesetError::CreateRulesetCall { source, .. }) => {
            at_io(STEP, "landlock_create_ruleset(..)")(source)
        }
        RulesetError::RestrictSelf(RestrictSelfError::RestrictSelfCall { source, .. }) => {
            at_io(STEP, "landlock_restrict_self(ruleset, 0)")(source)
        }
        other => found(STEP, "landlock_create_ruleset(..)", other.to_string()),
    }
}

fn enforce(
    filesystem: BitFlags<AccessFs>,
    network: BitFlags<AccessNet>,
    scopes: BitFlags<Scope>,
) -> Result<RestrictionStatus, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(filesystem)?
        .handle_access(network)?
        .scope(scopes)?
        .create()?
        // It is set already, and visibly: the crate shall not do it in passing.
        .no_new_privs(false)
        .restrict_self()
}
