//! What a live guest is, exactly: the whole posture against a written one, whatever its supervisor was started in;
//! and every layer that a jailer leaves out is named, and no other.

use oubliette_tests::attestation::Attestation;
use oubliette_tests::bench::{Bench, read};
use oubliette_tests::caller::Caller;
use oubliette_tests::driver::Driver;
use oubliette_tests::invocation::Invocation;
use oubliette_tests::launch::Order;
use oubliette_tests::live::LiveRun;
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// What the ablated jailer leaves out, and the layers that must then differ.
const LEFT_OUT: [(&[&str], &[&str]); 16] = [
    (&["user"], &["user namespace"]),
    // The root needs a mount namespace, and goes with it.
    (&["mnt"], &["mount namespace", "root"]),
    (&["pid"], &["pid namespace"]),
    (&["net"], &["net namespace"]),
    (&["ipc"], &["ipc namespace"]),
    (&["uts"], &["uts namespace"]),
    (&["cgroup"], &["cgroup namespace"]),
    (&["ties"], &["process"]),
    (&["leaf"], &["leaf"]),
    (&["root"], &["root"]),
    (&["limits"], &["limits"]),
    (&["privileges"], &["privileges"]),
    (&["hardening"], &["hardening"]),
    (&["landlock"], &["landlock"]),
    (&["descriptors"], &["descriptors"]),
    (&["seccomp"], &["first filter"]),
];

/// What a shell can do to a program before it starts it: extra descriptors, a mask that lets everybody write, ignored
/// and blocked signals, few descriptors, a library to load, no standard input.
const ODD: &str = "umask 000; trap '' CHLD PIPE HUP; ulimit -n 256; exec 7</etc/passwd 8</ 9>/dev/null <&-; \
                   LD_PRELOAD=/lib/none.so exec env --ignore-signal=USR1 --block-signal=USR2,TERM \"$@\"";

const WAITS: &str = "await new Promise((done) => setTimeout(done, 6000)); return 42;";

pub(super) fn add(trials: &mut Trials) {
    trials.both("posture/is exactly what is written", &[Need::Root], is_written);
    trials.both("posture/is the same in odd surroundings", &[Need::Root], in_odd_surroundings);
    for (left_out, layers) in LEFT_OUT {
        let name = format!("posture/without {} exactly that is named", left_out.join(" "));
        trials.both(&name, &[Need::Root], move |bench| names(bench, left_out, layers));
    }
    trials.both(
        "posture/without no_new_privs all that needs it is named",
        &[Need::Root],
        without_no_new_privs,
    );
    trials.both("posture/without the last filter exactly that is named", &[Need::Root], without_last_filter);
    trials.both("posture/with nothing left out nothing is named", &[Need::Root], |bench| {
        names(bench, &[], &[])
    });
    trials.both("posture/a supervisor runs nothing in half a jail", &[], refuses_half_a_jail);
}

/// A run that waits, and its attestation by root.
fn attested(bench: &Bench, invocation: Invocation) -> Result<Attestation, Failed> {
    let run = LiveRun::start(invocation)?;
    let attestation = Attestation::of(bench, Caller::Root, &bench.binary("oubliette")?, run.guest, &[]);
    let outcome = run.end()?;
    ensure!(outcome.stdout.trim() == "42", "the run was harmed: {outcome:?}");
    attestation
}

fn is_written(bench: &Bench) -> Verdict {
    let program = bench.write("waits.ts", WAITS)?;
    let attestation = attested(bench, bench.oubliette(&["run", &program])?)?;
    ensure!(attestation.code == Some(0), "{:?}: {}", attestation.code, attestation.told());
    let found = written(&attestation);
    let path = "containment/posture.txt";
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        let file = oubliette_tests::binaries::workspace().join("tests").join(path);
        fs::write(file, &found).map_err(|error| error.to_string())?;
    }
    let expected = read(path)?;
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let unlike: Vec<_> = lines(&found)
        .into_iter()
        .zip(lines(&expected))
        .filter(|(found, expected)| found != expected)
        .collect();
    ensure!(found == expected, "{unlike:#?}\nset UPDATE_GENERATED=1 to write what is found");
    Ok(())
}

/// What the host decides: how its cgroups are mounted, what its processor offers, limits that no profile sets.
const THE_HOSTS: [&str; 6] =
    ["store bypass", "indirect branches", "core", "resident set", "file locks", "realtime timeout"];

/// The posture, a row a line, without what differs from run to run and from host to host.
fn written(attestation: &Attestation) -> String {
    let report = &attestation.report;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let of_guest = |item: &str| {
        let rows = attestation.rows();
        let row = rows.iter().find(|row| row["item"] == item).cloned().unwrap_or_default();
        text(&row, "found")
    };
    let user = of_guest("user ids").split(' ').next().unwrap_or_default().to_owned();
    let mut lines = String::new();
    for row in attestation.rows() {
        let (layer, item, found) = (text(&row, "layer"), text(&row, "item"), text(&row, "found"));
        if layer == "leaf" || THE_HOSTS.contains(&item.as_str()) {
            continue;
        }
        let found = match item.as_str() {
            "process group" if report["pid"].as_i64() == found.parse().ok() => "its own".into(),
            "session, its jailer's"
            | "terminal of that session"
            | "supplementary groups"
            | "made by user" => "(as expected)".into(),
            "its own" | "the host's: it has no clock" => {
                found.split('[').next().unwrap_or_default().to_owned() + "[…]"
            }
            _ if item.starts_with("sha256") => "…".into(),
            // The profile's, and golden there.
            "instructions" => "(as expected)".into(),
            _ if user.is_empty() => found,
            _ => found.replace(&user, "USER"),
        };
        lines.push_str(&format!("{layer} | {item} | {}\n", found.trim_end_matches('\0')));
    }
    lines
}

fn in_odd_surroundings(bench: &Bench) -> Verdict {
    let program = bench.write("waits.ts", WAITS)?;
    let oubliette = bench.binary("oubliette")?.display().to_string();
    let arguments = ["-c", ODD, "sh", &oubliette, "run", &program];
    let odd =
        attested(bench, Invocation::new(bench.caller, Path::new("/bin/sh"), &arguments, &bench.folder)?)?;
    ensure!(odd.code == Some(0), "{:?}: {}", odd.code, odd.told());
    let plain = attested(bench, bench.oubliette(&["run", &program])?)?;
    ensure!(written(&odd) == written(&plain), "{}\ninstead of\n{}", written(&odd), written(&plain));
    Ok(())
}

/// A folder with that jailer in the jailer's place, and the hostile guest in the guest's: what is installed there.
fn installation(bench: &Bench, left_out: &[&str]) -> Result<PathBuf, Failed> {
    let jailer = bench.ablated_jailer(left_out)?;
    let folder = jailer.parent().ok_or("no folder")?.to_path_buf();
    for (from, name) in
        [(bench.binary("oubliette")?, "oubliette"), (bench.hostile_guest()?, "oubliette-guest")]
    {
        match fs::hard_link(&from, folder.join(name)) {
            // The same trial of the other caller was here first.
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(format!("{}: {error}", from.display()).into());
            }
            _ => {}
        }
    }
    Ok(folder)
}

fn names(bench: &Bench, left_out: &[&str], layers: &[&str]) -> Verdict {
    let folder = installation(bench, left_out)?;
    let order = Order::new(&folder.join("oubliette-jailer"), &folder.join("oubliette-guest"));
    if bench.caller == Caller::User && left_out == ["user"] {
        let refused = Driver::new(bench)?.start(&order);
        ensure!(refused.is_err(), "an ordinary user made namespaces without one of users: {refused:?}");
        return Ok(());
    }
    // An ordinary user owns the image, and capabilities in the namespace that owns the guest read it: so the kernel
    // takes the guest for one that its user may trace.
    let layers = match (bench.caller, left_out) {
        (Caller::User, ["privileges"]) => &["privileges", "hardening"],
        _ => layers,
    };
    names_of(bench, &folder, &order, layers)
}

fn names_of(bench: &Bench, folder: &Path, order: &Order, layers: &[&str]) -> Verdict {
    let mut driver = Driver::new(bench)?;
    let started = driver.start(order)?;
    let attestation = Attestation::of(bench, Caller::Root, &folder.join("oubliette"), started.guest, &[])?;
    driver.end()?;
    driver.close()?;
    let differs = attestation.layers("differs");
    ensure!(differs == layers, "{differs:?} instead of {layers:?}:\n{}", attestation.told());
    ensure!(attestation.items("not-proven").is_empty(), "{}", attestation.told());
    ensure!(attestation.code == Some(i32::from(!layers.is_empty())), "exit {:?}", attestation.code);
    Ok(())
}

/// Landlock and seccomp demand the flag of a process without capabilities.
fn without_no_new_privs(bench: &Bench) -> Verdict {
    let folder = installation(bench, &["no-new-privs", "hardening", "landlock", "seccomp"])?;
    let jailer = folder.join("oubliette-jailer");
    let order = Order { last: Some(Vec::new()), ..Order::new(&jailer, &folder.join("oubliette-guest")) };
    let layers = ["no-new-privs", "hardening", "landlock", "first filter", "last filter"];
    names_of(bench, &folder, &order, &layers)
}

fn without_last_filter(bench: &Bench) -> Verdict {
    let folder = installation(bench, &[])?;
    let jailer = folder.join("oubliette-jailer");
    for last in [Vec::new(), oubliette_tests::launch::OPEN_FILTER.to_vec()] {
        let order = Order { last: Some(last), ..Order::new(&jailer, &folder.join("oubliette-guest")) };
        names_of(bench, &folder, &order, &["last filter"])?;
    }
    Ok(())
}

/// The supervisor's own quick look, before it sends a program.
fn refuses_half_a_jail(bench: &Bench) -> Verdict {
    let program = bench.write("one.ts", "return 1;")?;
    for (left_out, said) in [("seccomp", "1 seccomp filters"), ("privileges", "CapBnd")] {
        let folder = installation(bench, &[left_out])?;
        let oubliette = folder.join("oubliette");
        let run = Invocation::new(bench.caller, &oubliette, &["run", &program], &bench.folder)?.run()?;
        ensure!(run.code == Some(70) && run.stdout.is_empty(), "{run:?}");
        ensure!(run.stderr.contains("the guest's posture") && run.stderr.contains(said), "{}", run.stderr);
    }
    Ok(())
}
