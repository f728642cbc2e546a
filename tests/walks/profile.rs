//! What the operator's profile says is what the kernel was given, and what a run's result names.

use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::Gateway;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PROFILE: &str = r#"
name = "small"
why = "a trial"
parent = "default"

[cgroup.memory]
beside_heap_bytes = 25165824
swap_bytes = 0
oom_group = true
why = "24 MiB"

[cgroup.cpu]
quota_us = 30000
period_us = 60000
why = "half a processor"

[[limits]]
resource = "as"
value = 2000000000
why = "a little less"
"#;

/// What the leaf may hold: 64 MiB of heap, 1 MiB of stack, and the profile's 24 MiB.
const MEMORY_BYTES: u64 = (64 + 1 + 24) << 20;

/// How long a guest may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn add(trials: &mut Trials) {
    trials.both("profile/its limits are the guest's", &[], limits);
    trials.both("profile/a result names the policy it ran under", &[], named);
}

fn limits(bench: &Bench) -> Verdict {
    bench.write("small.toml", PROFILE)?;
    let limits = "[limits]\nmemory_bytes = 67108864\nstack_bytes = 1048576\n";
    let config = bench.config(&format!("profile = \"small.toml\"\n{limits}"))?;
    let mut gateway = bench.serve(&config)?;
    let arguments = json!({ "name": "execute", "arguments": { "code": "await sleep(3000); return 1;" } });
    let run = gateway.ask("tools/call", &arguments)?;
    let (guest, leaf) = guest_in_leaf(&gateway)?;
    let read = |files: [&str; 2]| first(&leaf, files);
    ensure!(read(["memory.max", "memory.limit_in_bytes"])? == MEMORY_BYTES.to_string(), "{leaf:?}");
    ensure!(read(["pids.max", "pids.max"])? == "1", "{leaf:?}");
    let cpu = read(["cpu.max", "cpu.cfs_quota_us"])?;
    ensure!(
        cpu == "30000 60000" || (cpu == "30000" && first(&leaf, ["cpu.cfs_period_us"; 2])? == "60000"),
        "{cpu}"
    );
    let of_process =
        fs::read_to_string(format!("/proc/{guest}/limits")).map_err(|error| error.to_string())?;
    let space = of_process.lines().find(|line| line.starts_with("Max address space")).unwrap_or_default();
    ensure!(space.matches("2000000000").count() == 2, "{space}");
    let report = gateway.structured(run)?;
    ensure!(report["value"] == 1, "{report}");
    gateway.close().map(|_| ())
}

/// The guest, and the directories of its leaf: one on cgroup v2, one per controller on v1.
fn guest_in_leaf(gateway: &Gateway) -> Result<(u32, Vec<PathBuf>), Failed> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        for process in gateway.processes() {
            let groups = fs::read_to_string(format!("/proc/{process}/cgroup")).unwrap_or_default();
            let leaf: Vec<PathBuf> = groups.lines().filter_map(in_leaf).collect();
            if !leaf.is_empty() && is_locked(process) {
                return Ok((process, leaf));
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err("no guest appeared in a leaf".into())
}

/// By then the jailer has set all of its limits.
fn is_locked(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("Seccomp:") && line.ends_with('2'))
}

fn in_leaf(line: &str) -> Option<PathBuf> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, path) = (fields.next()?, fields.next()?);
    let root = Path::new("/sys/fs/cgroup");
    let unified = root.join("cgroup.controllers").exists();
    let mounts = controllers.split(',').map(|name| root.join(name));
    let mount = if unified { root.to_path_buf() } else { mounts.into_iter().find(|mount| mount.exists())? };
    path.contains("oubliette-run-").then(|| mount.join(path.trim_start_matches('/')))
}

/// The content of the first of the files that is there.
fn first(leaf: &[PathBuf], files: [&str; 2]) -> Result<String, Failed> {
    let paths = files.iter().flat_map(|file| leaf.iter().map(move |directory| directory.join(file)));
    let text = paths.into_iter().find_map(|path| fs::read_to_string(path).ok());
    text.map(|text| text.trim().to_owned()).ok_or_else(|| format!("none of {files:?} in {leaf:?}").into())
}

fn named(bench: &Bench) -> Verdict {
    let profile = bench.write("small.toml", PROFILE)?;
    let together = |choice: &[&str]| -> Result<Value, Failed> {
        let hash = choice
            .iter()
            .fold(bench.oubliette(&["policy", "hash", "--json"])?, |hash, one| hash.argument(one));
        let outcome = hash.run()?;
        let sums: Value =
            serde_json::from_str(&outcome.stdout).map_err(|error| format!("{error}: {outcome:?}"))?;
        Ok(sums["together"].clone())
    };
    let (own, builtin) = (together(&["--profile", &profile])?, together(&["--profile", "default"])?);
    ensure!(own != builtin && own.as_str().is_some_and(|digest| digest.len() == 64), "{own} {builtin}");
    for (more, expected) in [("profile = \"small.toml\"\n", &own), ("", &builtin)] {
        let config = bench.config(more)?;
        let mut gateway = bench.serve(&config)?;
        let arguments = json!({ "name": "execute", "arguments": { "code": "return 1;" } });
        let run = gateway.ask("tools/call", &arguments)?;
        let result = gateway.result(run)?;
        ensure!(result["_meta"]["oubliette/held"]["policy"] == *expected, "{result}, and not {expected}");
        gateway.close()?;
    }
    Ok(())
}
