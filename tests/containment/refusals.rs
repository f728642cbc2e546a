//! Hosts that forbid a layer: an outer seccomp filter refuses the layer's calls to the supervisor and all below it.
//! Nothing is run with a layer less, and `run`, `serve` and `doctor` say why in the same words.

use nix::libc;
use oubliette_tests::bench::Bench;
use oubliette_tests::faulty::FaultyBinaries;
use oubliette_tests::invocation::{Invocation, Outcome};
use oubliette_tests::plan::REAL_JAILER;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The supervisor's exit status when the host is at fault.
const OPERATOR: Option<i32> = Some(4);
const CLONE_NEWUSER: i32 = libc::CLONE_NEWUSER;
const F_ADD_SEALS: i32 = libc::F_ADD_SEALS;

/// A call that fails, with its error, and where only some do: argument, mask, value.
type Forbidden = (&'static str, i32, Option<(u8, i32, i32)>);

/// A host, and what is said about it.
struct Host {
    name: &'static str,
    forbids: Vec<Forbidden>,
    /// The layer that `doctor` calls blocked.
    layer: &'static str,
    /// The call and its error.
    evidence: &'static str,
    /// What removes the blocker.
    remedy: &'static str,
}

fn host(
    name: &'static str,
    (call, errno): (&'static str, i32),
    layer: &'static str,
    [evidence, remedy]: [&'static str; 2],
) -> Host {
    Host { name, forbids: vec![(call, errno, None)], layer, evidence, remedy }
}

fn hosts() -> Vec<Host> {
    let landlock = "landlock_create_ruleset";
    let in_namespaces = "forbids mounting inside the new namespace";
    vec![
        host(
            "a kernel without Landlock",
            (landlock, libc::ENOSYS),
            "landlock",
            ["ENOSYS", "CONFIG_SECURITY_LANDLOCK"],
        ),
        host("Landlock not started", (landlock, libc::EOPNOTSUPP), "landlock", ["EOPNOTSUPP", "lsm="]),
        host(
            "Landlock forbidden",
            (landlock, libc::EPERM),
            "landlock",
            ["EPERM", "forbids Landlock's calls"],
        ),
        host(
            "restricting forbidden",
            ("landlock_restrict_self", libc::EPERM),
            "landlock",
            ["landlock_restrict_self", "forbids Landlock's calls"],
        ),
        host(
            "a kernel without seccomp",
            ("seccomp", libc::ENOSYS),
            "seccomp",
            ["ENOSYS", "CONFIG_SECCOMP_FILTER"],
        ),
        host("seccomp forbidden", ("seccomp", libc::EPERM), "seccomp", ["EPERM", "forbids seccomp(2)"]),
        host("mounting forbidden", ("mount", libc::EPERM), "root", ["mount(NULL, \"/\"", in_namespaces]),
        host("pivot_root forbidden", ("pivot_root", libc::EPERM), "root", ["pivot_root", in_namespaces]),
        host("cgroups read-only", ("mkdir", libc::EROFS), "leaf", ["mkdir", "cgroup"]),
        host(
            "no sealed memory",
            ("memfd_create", libc::EPERM),
            "preparation",
            ["sealed memory", "memfd_create(2)"],
        ),
        host(
            "a kernel without close_range",
            ("close_range", libc::ENOSYS),
            "inherit",
            ["close_range", "report it"],
        ),
        host("hard limits that are lower", ("prlimit64", libc::EPERM), "limits", ["setrlimit", "ulimit -H"]),
    ]
}

/// Hosts that forbid a call with some arguments only.
fn particular_hosts() -> [Host; 2] {
    [
        // What Docker's default profile does: the newer call is not there, the older one not for namespaces.
        Host {
            name: "user namespaces forbidden",
            forbids: vec![
                ("clone3", libc::ENOSYS, None),
                ("clone", libc::EPERM, Some((0, CLONE_NEWUSER, CLONE_NEWUSER))),
            ],
            layer: "namespaces",
            evidence: "clone3(CLONE_NEWUSER",
            remedy: "forbids it",
        },
        Host {
            name: "memory that cannot be sealed",
            forbids: vec![("fcntl", libc::EPERM, Some((1, -1, F_ADD_SEALS)))],
            layer: "preparation",
            evidence: "sealed memory",
            remedy: "its seals",
        },
    ]
}

pub(super) fn add(trials: &mut Trials) {
    for host in hosts().into_iter().chain(particular_hosts()) {
        let name = format!("refusals/{}", host.name);
        let host = std::sync::Arc::new(host);
        trials.both(&name, &[], move |bench| refused(bench, &host));
    }
    trials.both("refusals/a jailer that is missing or may not be executed", &[], jailer);
    trials.both("refusals/a guest that is cut off", &[], guest);
}

/// The host's filters, as seccompiler reads them.
fn filters(host: &Host) -> String {
    let filter = |(call, errno, only): &Forbidden| {
        let mut rule = json!({ "syscall": call });
        if let Some((index, mask, value)) = only {
            let op = json!({ "masked_eq": mask.cast_unsigned() });
            rule["args"] =
                json!([{ "index": index, "type": "dword", "op": op, "val": value.cast_unsigned() }]);
        }
        let filter =
            json!({ "mismatch_action": "allow", "match_action": { "errno": errno }, "filter": [rule] });
        ((*call).to_owned(), filter)
    };
    Value::Object(host.forbids.iter().map(filter).collect()).to_string()
}

fn refused(bench: &Bench, host: &Host) -> Verdict {
    let (filters, config) = (filters(host), bench.write("none.toml", "")?);
    let oubliette = bench.binary("oubliette")?.display().to_string();
    let under = |arguments: &[&str]| -> Result<Outcome, Failed> {
        let all: Vec<&str> =
            [filters.as_str(), oubliette.as_str()].iter().chain(arguments).copied().collect();
        Invocation::new(bench.caller, &bench.binary("outer-filter")?, &all, &bench.folder)?
            .input("return 1")
            .run()
    };
    let doctor = under(&["doctor", "--json", "--config", &config])?;
    let told: Value = serde_json::from_str(&doctor.stdout).map_err(|error| format!("{error}: {doctor:?}"))?;
    let blocked = told["layers"].as_array().into_iter().flatten().find(|layer| layer["state"] == "blocked");
    let blocked = blocked.ok_or_else(|| format!("nothing is blocked: {told:#}"))?;
    ensure!(doctor.code == OPERATOR && told["ok"] == false, "{:?} {told:#}", doctor.code);
    ensure!(blocked["layer"] == host.layer, "{blocked:#}");
    let part = |name: &str| blocked[name].as_str().unwrap_or_default().to_owned();
    let words = without_leaves(&format!("{}. {}", part("evidence"), part("remedy")));
    ensure!(words.contains(host.evidence) && words.contains(host.remedy), "{words}");
    for arguments in [["run", "--config", &config, "-"].as_slice(), &["serve", "--config", &config]] {
        let outcome = under(arguments)?;
        ensure!(outcome.code == OPERATOR && outcome.stdout.is_empty(), "{arguments:?}: {outcome:?}");
        let said = without_leaves(&outcome.stderr);
        for part in words.split(" = ").map(|part| part.trim_end_matches([' ', '.'])) {
            ensure!(said.contains(part), "{arguments:?} does not say {part:?}: {said}");
        }
    }
    Ok(())
}

/// The name of a leaf is another one each time.
fn without_leaves(text: &str) -> String {
    let words = text.split_whitespace();
    words
        .map(|word| if word.contains("oubliette-run-") { "(leaf)" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

/// A folder of binaries of which one is not as it must be.
fn damaged(bench: &Bench, damage: impl Fn(&std::path::Path) -> std::io::Result<()>, says: &str) -> Verdict {
    let binaries = FaultyBinaries::link(bench, "damaged")?;
    let jailer = binaries.folder().join("oubliette-jailer");
    let told = |error: std::io::Error| error.to_string();
    fs::remove_file(&jailer)
        .and_then(|()| fs::rename(binaries.folder().join(REAL_JAILER), &jailer))
        .map_err(told)?;
    damage(binaries.folder()).map_err(told)?;
    let config = bench.write("none.toml", "")?;
    for arguments in [["run", "--config", &config, "-"].as_slice(), &["serve", "--config", &config]] {
        let invocation = Invocation::new(bench.caller, &binaries.oubliette(), arguments, &bench.folder)?;
        let outcome = invocation.input("return 1").run()?;
        ensure!(outcome.code == OPERATOR && outcome.stdout.is_empty(), "{outcome:?}");
        ensure!(outcome.stderr.contains(says) && outcome.stderr.contains("reinstall"), "{}", outcome.stderr);
    }
    fs::remove_dir_all(binaries.folder()).map_err(|error| error.to_string().into())
}

fn jailer(bench: &Bench) -> Verdict {
    damaged(
        bench,
        |folder| fs::remove_file(folder.join("oubliette-jailer")),
        "oubliette-jailer cannot be used: No such file",
    )?;
    let no_program = |folder: &std::path::Path| {
        let jailer = folder.join("oubliette-jailer");
        fs::remove_file(&jailer)?;
        fs::write(&jailer, "")?;
        fs::set_permissions(&jailer, fs::Permissions::from_mode(0o644))
    };
    damaged(bench, no_program, "oubliette-jailer cannot be used: Permission denied")
}

fn guest(bench: &Bench) -> Verdict {
    for kept in [30, 3_000_000] {
        let cut_off = |folder: &std::path::Path| {
            let guest = folder.join("oubliette-guest");
            let bytes = fs::read(&guest)?;
            fs::remove_file(&guest)?;
            fs::write(&guest, &bytes[..kept])?;
            fs::set_permissions(&guest, fs::Permissions::from_mode(0o755))
        };
        damaged(bench, cut_off, "oubliette-guest is damaged")?;
    }
    Ok(())
}
