//! The tools the other attacks are measured with: a jailer that leaves out what it is told to leave out and nothing
//! else, and that no product contains.

use oubliette_tests::bench::Bench;
use oubliette_tests::caller::Caller;
use oubliette_tests::driver::{Driver, Started};
use oubliette_tests::launch::Order;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use std::collections::BTreeMap;
use std::fs;

/// The kinds of namespaces, by their names in `/proc/PID/ns` and in the list of what is left out.
const KINDS: [&str; 7] = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"];
/// Layers that can be seen from outside. Landlock cannot: the attacks show it.
const VISIBLE: [&str; 8] =
    ["ties", "leaf", "root", "limits", "privileges", "hardening", "descriptors", "seccomp"];
/// What stands in the hostile programs and nowhere in the product.
const HOSTILE_WORDS: [&str; 3] = ["LEFT OUT by a test", "no layer is called", "steps as JSON"];

pub(super) fn add(trials: &mut Trials) {
    trials.both("ablation/with nothing left out every layer is there", &[], everything);
    for layer in KINDS.into_iter().chain(VISIBLE) {
        trials.both(&format!("ablation/only {layer} is left out"), &[], move |bench| only(bench, layer));
    }
    trials.both("ablation/no product binary contains any of it", &[], product_is_clean);
}

/// What is in force around a guest, read from outside; true where the layer is there.
fn in_force(driver: &Driver, started: &Started) -> Result<BTreeMap<&'static str, bool>, Failed> {
    let read = |file: &str| {
        let path = format!("/proc/{}/{file}", started.guest);
        fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
    };
    let link = |pid: &str, kind: &str| fs::read_link(format!("/proc/{pid}/ns/{kind}")).ok();
    let status = read("status")?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::trim).unwrap_or_default().to_owned()
    };
    // The group is the third field after the name (proc_pid_stat(5)).
    let group =
        |stat: &str| stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(2)?.parse().ok());
    let mut facts = BTreeMap::new();
    for kind in KINDS {
        facts.insert(kind, link(&started.guest.to_string(), kind) != link(&driver.id().to_string(), kind));
    }
    facts.insert("ties", group(&read("stat")?) == Some(started.guest));
    facts.insert("leaf", read("cgroup")?.contains("oubliette-run-"));
    facts.insert(
        "root",
        fs::read_dir(format!("/proc/{}/root", started.guest)).is_ok_and(|dir| dir.count() == 0),
    );
    let files = "Max open files            4                    4";
    facts.insert("limits", read("limits")?.contains(files));
    facts.insert("privileges", field("CapBnd:") == "0000000000000000");
    // The image is executable and not readable: so /proc/PID belongs to root, whoever the guest is.
    let mode = fs::metadata(format!("/proc/{}/exe", started.guest)).map_err(|error| error.to_string())?;
    facts.insert("hardening", std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777 == 0o111);
    let open =
        fs::read_dir(format!("/proc/{}/fd", started.guest)).map_err(|error| error.to_string())?.count();
    facts.insert("descriptors", open == 1);
    facts.insert("seccomp", field("Seccomp_filters:") == "2");
    Ok(facts)
}

fn everything(bench: &Bench) -> Verdict {
    let mut driver = Driver::new(bench)?;
    for jailer in [bench.binary("oubliette-jailer")?, bench.ablated_jailer(&[])?] {
        let started = driver.start(&Order::new(&jailer, &bench.hostile_guest()?))?;
        let facts = in_force(&driver, &started)?;
        ensure!(facts.values().all(|there| *there), "{}: {facts:?}", jailer.display());
        ensure!(started.steps.len() == 11, "{:?}", started.steps);
        driver.end()?;
    }
    driver.close()
}

fn only(bench: &Bench, layer: &'static str) -> Verdict {
    let mut driver = Driver::new(bench)?;
    let order = Order::new(&bench.ablated_jailer(&[layer])?, &bench.hostile_guest()?);
    let started = driver.start(&order);
    if bench.caller == Caller::User && layer == "user" {
        // The other kinds need privileges that only the namespace of users gives.
        let refused =
            started.err().and_then(|failed| failed.message().map(str::to_owned)).unwrap_or_default();
        ensure!(refused.contains("clone3") && refused.contains("EPERM"), "{refused}");
        return driver.close();
    }
    let facts = in_force(&driver, &started?)?;
    let missing: Vec<&str> = facts.iter().filter(|(_, there)| !**there).map(|(name, _)| *name).collect();
    // What cannot be had without it goes with it.
    let expected: &[&str] = match layer {
        "mnt" => &["mnt", "root"],
        _ => &[layer],
    };
    ensure!(missing == expected, "missing: {missing:?}");
    driver.end()?;
    driver.close()
}

fn product_is_clean(bench: &Bench) -> Verdict {
    let hostile = [bench.hostile_guest()?, bench.ablated_jailer(&[])?];
    let product = ["oubliette", "oubliette-jailer", "oubliette-guest"];
    for word in HOSTILE_WORDS {
        let mut anywhere = false;
        for path in &hostile {
            anywhere |= contains(path, word)?;
        }
        ensure!(anywhere, "{word:?} is in no hostile program, so its absence shows nothing");
        for name in product {
            ensure!(!contains(&bench.binary(name)?, word)?, "{name} contains {word:?}");
        }
    }
    Ok(())
}

fn contains(path: &std::path::Path, word: &str) -> Result<bool, Failed> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).contains(word))
}
