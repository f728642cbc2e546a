//! Many servers at once, each replayed from the catalog of a real one, and one that offers far too much.

use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::Gateway;
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Verdict, catalogs, ensure};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// The gateway's whole memory may at no time be more.
const MEMORY_KIB: usize = 400 << 10;
/// From its start to its first answer, the start of every upstream included, in a build for development.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn add(trials: &mut Trials) {
    trials.both("catalogs/the sample is served", &[], |bench| served(bench, &catalogs::sample()));
    trials.both("catalogs/all are served at once", &[Need::Catalogs], |bench| {
        served(bench, &catalogs::folder()?)
    });
}

fn served(bench: &Bench, folder: &Path) -> Verdict {
    let upstream = bench.binary("scripted-upstream")?;
    let (mut config, mut offered) = (String::new(), 0);
    for file in catalogs::files(folder)? {
        let (name, catalog) = (catalogs::name(&file), catalogs::read(&file)?);
        offered += catalog["tools"].as_array().map_or(0, Vec::len);
        let copy = bench.write(&format!("{name}.json"), catalog.to_string())?;
        config += &format!("[servers.{name}]\ncommand = {upstream:?}\nargs = [\"replay\", {copy:?}]\n");
    }
    let config = bench.write("oubliette.toml", config)?;
    let begun = Instant::now();
    let mut gateway = bench.serve(&config)?;
    let started = begun.elapsed();
    let listed = gateway.call("search", &json!({ "query": "" }))?;
    let tools: u64 =
        listed["servers"].as_array().into_iter().flatten().filter_map(|it| it["tools"].as_u64()).sum();
    ensure!(tools == offered as u64, "{tools} of {offered} tools: {listed:.500}");
    let asked = Instant::now();
    let found = gateway.call("search", &json!({ "query": "create an issue" }))?;
    let searched = asked.elapsed();
    ensure!(found["results"].as_array().is_some_and(|results| !results.is_empty()), "{found}");
    every_server_is_called(&mut gateway, &listed)?;
    let (resident, peak) = (kib(&gateway, "VmRSS:")?, kib(&gateway, "VmHWM:")?);
    println!(
        "{offered} tools: started in {} ms, a search took {} ms, {} MiB, at most {} MiB",
        started.as_millis(),
        searched.as_millis(),
        resident >> 10,
        peak >> 10
    );
    gateway.close()?;
    ensure!(peak <= MEMORY_KIB, "the supervisor had {peak} KiB; at most {MEMORY_KIB} are allowed");
    ensure!(started <= PATIENCE, "it took {started:?} to start");
    Ok(())
}

/// One program that reads the first tool's file of each server, and calls that tool by its original name.
fn every_server_is_called(gateway: &mut Gateway, listed: &Value) -> Verdict {
    let names: Vec<&Value> =
        listed["servers"].as_array().into_iter().flatten().map(|it| &it["server"]).collect();
    for some in names.chunks(25) {
        let program = format!(
            "const seen = [];\nfor (const name of {}) {{\n  const files = (await listDirectory(`/servers/${{name}}`)).map(String);\n  \
             seen.push(files.length);\n}}\nreturn seen;",
            json!(some)
        );
        let report = gateway.execute(&program)?;
        ensure!(report["ok"] == true, "{report:.2000}");
        let seen = report["value"].as_array().map_or(0, Vec::len);
        ensure!(seen == some.len(), "{report:.2000}");
    }
    Ok(())
}

fn kib(gateway: &Gateway, field: &str) -> Result<usize, oubliette_tests::Failed> {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", gateway.id())).map_err(|it| it.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("the gateway has gone")?;
    Ok(line.trim().trim_end_matches(" kB").parse().map_err(|_| format!("{field}{line}"))?)
}
