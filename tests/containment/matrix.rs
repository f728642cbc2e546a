//! Every attack against every layer alone, all but the filters, and all: what stops it, and that the whole jail does.

use super::attack::{self, Attack};
use super::modes::MODES;
use super::outcome::{self, Outcome};
use super::results::{self, Results};
use oubliette_tests::bench::Bench;
use oubliette_tests::caller::Caller;
use oubliette_tests::driver::Driver;
use oubliette_tests::launch::Order;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Held while an attack without a jail makes objects that everybody can see, or somebody looks whether there are any.
pub(super) static SHARED_OBJECTS: Mutex<()> = Mutex::new(());

pub(super) fn add(trials: &mut Trials) -> Verdict {
    let mut groups: BTreeMap<u32, Vec<Attack>> = BTreeMap::new();
    for attack in attack::all()? {
        groups.entry(attack.group).or_default().push(attack);
    }
    for (group, attacks) in groups {
        trials.both(&format!("attacks/group {group:03}"), &[], move |bench| tried(bench, &attacks));
    }
    trials.once("results/the document is whole", &[], results::is_whole);
    Ok(())
}

fn tried(bench: &Bench, attacks: &[Attack]) -> Verdict {
    let makes_objects = attacks.iter().any(|attack| [14, 43, 44].contains(&attack.group));
    let _alone = makes_objects.then(|| SHARED_OBJECTS.lock().unwrap_or_else(PoisonError::into_inner));
    let mut driver = Driver::new(bench)?;
    let _listening = listen(bench)?;
    let results = Results::read()?;
    let host = host(&mut driver, bench)?;
    let measured_here = results.host == host;
    let mut wrong = Vec::new();
    for attack in attacks {
        let told = |failed: Failed| format!("{}: {}", attack.name, failed.message().unwrap_or_default());
        // Elsewhere a layer alone may answer otherwise; that all of them together let nothing through holds anywhere.
        let modes = if measured_here || results::updating() { &MODES[..] } else { &MODES[MODES.len() - 1..] };
        let mut outcomes = Vec::new();
        for mode in modes {
            let order = mode.order(bench, attack)?;
            let outcome = outcome::of(&mut driver, &order, attack);
            outcomes.push(outcome.map_err(|failed| format!("{}: {}", mode.name, told(failed)))?);
        }
        if outcomes.last() == Some(&Outcome::Succeeded) {
            wrong.push(format!("{}: the whole jail lets it through", attack.name));
        }
        if outcomes.len() == MODES.len() {
            wrong.extend(check(bench.caller, attack, &outcomes));
            wrong.extend(results::compare(&results, &host, bench.caller, attack, &outcomes)?);
        }
    }
    driver.close()?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// This machine, as it stands in the results.
fn host(driver: &mut Driver, bench: &Bench) -> Result<String, Failed> {
    let started = driver.start(&Order::new(&bench.binary("oubliette-jailer")?, &bench.hostile_guest()?))?;
    driver.end()?;
    Ok(results::host(&started.steps))
}

/// What group 37 looks for: a socket of the host by name, and one by path. Nobody has to accept.
fn listen(bench: &Bench) -> Result<UnixListener, Failed> {
    static BY_NAME: OnceLock<Option<UnixListener>> = OnceLock::new();
    // Another run of the suite may be listening already.
    BY_NAME.get_or_init(|| {
        SocketAddr::from_abstract_name("oubliett").and_then(|name| UnixListener::bind_addr(&name)).ok()
    });
    let path = bench.folder.join("s");
    let listener = UnixListener::bind(&path);
    let opened = fs::set_permissions(&path, fs::Permissions::from_mode(0o777));
    opened.and(listener).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The letters of the layers that stop it alone: which answer otherwise than no jail at all, and not with success.
pub(super) fn alone(outcomes: &[Outcome]) -> String {
    let stops = |outcome: &Outcome| *outcome != Outcome::Succeeded && Some(outcome) != outcomes.first();
    let layers = MODES.iter().zip(outcomes).filter(|(_, outcome)| stops(outcome));
    layers.filter_map(|(mode, _)| mode.letter).collect()
}

/// What is not as the row says.
fn check(caller: Caller, attack: &Attack, outcomes: &[Outcome]) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(bare) = outcomes.first() else { return wrong };
    let refused = |errno: nix::errno::Errno| *bare == Outcome::Refused(errno as i32);
    match (bare, attack.impossible(caller)) {
        (Outcome::Succeeded, None) => {}
        (Outcome::Succeeded, Some(why)) => {
            wrong.push(format!("{}: succeeds without a jail, although {why:?}", attack.name));
        }
        (_, None) => wrong.push(format!("{}: without a jail {bare}, and no reason is given", attack.name)),
        (_, Some(_)) => {
            let denied = refused(nix::errno::Errno::EPERM) || refused(nix::errno::Errno::EACCES);
            if caller == Caller::User && attack.is_privileged() && !denied {
                wrong.push(format!("{}: without a jail {bare}, not for want of privileges", attack.name));
            }
        }
    }
    let (found, wanted) = (alone(outcomes), attack.alone(caller));
    if found != wanted {
        wrong.push(format!("{}: stopped alone by {found:?}, where {wanted:?} is expected", attack.name));
    }
    wrong
}
