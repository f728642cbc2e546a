//! Many servers at once, each replayed from the catalog of a real one, and one that offers far too much.

use oubliette_tests::bench::Bench;
use oubliette_tests::gateway::Gateway;
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, catalogs, ensure};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// The gateway's whole memory may at no time be more.
const MEMORY_KIB: usize = 400 << 10;
/// From the last upstream's answer to the gateway's first, in a build for development.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn add(trials: &mut Trials) {
    trials.both("catalogs/the sample is served", &[], |bench| served(bench, &catalogs::sample()));
    trials.both("catalogs/all are served at once", &[Need::Catalogs], |bench| {
        served(bench, &catalogs::folder()?)
    });
    trials.both("catalogs/types that tools share can be imported", &[], types);
    trials.both("catalogs/one that offers 190 MB is cut", &[], enormous);
}

/// A configuration of all servers whose catalogs are in `folder`, and how many tools they have.
fn replayed(bench: &Bench, folder: &Path) -> Result<(String, usize), Failed> {
    let upstream = bench.binary("scripted-upstream")?;
    let (mut config, mut offered) = (String::new(), 0);
    for file in catalogs::files(folder)? {
        let (name, catalog) = (catalogs::name(&file), catalogs::read(&file)?);
        offered += catalog["tools"].as_array().map_or(0, Vec::len);
        let copy = bench.write(&format!("{name}.json"), catalog.to_string())?;
        config += &format!("[servers.{name}]\ncommand = {upstream:?}\nargs = [\"replay\", {copy:?}]\n");
    }
    Ok((bench.write("oubliette.toml", config)?, offered))
}

fn served(bench: &Bench, folder: &Path) -> Verdict {
    let (config, offered) = replayed(bench, folder)?;
    let begun = Instant::now();
    let mut gateway = bench.serve(&config)?;
    let (started, ready) = (begun.elapsed(), SystemTime::now());
    let after = ready.duration_since(last_listed(bench, folder)?).unwrap_or_default();
    let listed = gateway.call("search", &json!({ "query": "" }))?;
    let tools: u64 =
        listed["servers"].as_array().into_iter().flatten().filter_map(|it| it["tools"].as_u64()).sum();
    ensure!(tools == offered as u64, "{tools} of {offered} tools: {listed:.500}");
    let asked = Instant::now();
    let found = gateway.call("search", &json!({ "query": "create an issue" }))?;
    let searched = asked.elapsed();
    ensure!(found["results"].as_array().is_some_and(|results| !results.is_empty()), "{found}");
    called(&mut gateway, folder)?;
    let (resident, peak) = (kib(&gateway, "VmRSS:")?, kib(&gateway, "VmHWM:")?);
    println!(
        "{offered} tools: started in {} ms, {} ms after the last upstream, a search took {} ms, {} MiB, at most {} MiB",
        started.as_millis(),
        after.as_millis(),
        searched.as_millis(),
        resident >> 10,
        peak >> 10
    );
    gateway.close()?;
    ensure!(peak <= MEMORY_KIB, "the supervisor had {peak} KiB; at most {MEMORY_KIB} are allowed");
    ensure!(after <= PATIENCE, "it took {after:?} to start");
    Ok(())
}

/// When the last upstream was asked for its tools.
fn last_listed(bench: &Bench, folder: &Path) -> Result<SystemTime, Failed> {
    let mut last = SystemTime::UNIX_EPOCH;
    for file in catalogs::files(folder)? {
        let note = bench.folder.join(format!("{}.json.listed", catalogs::name(&file)));
        let written = std::fs::metadata(&note).and_then(|note| note.modified());
        last = last.max(written.map_err(|error| format!("{}: {error}", note.display()))?);
    }
    Ok(last)
}

/// Calls tools that need no arguments, by their original names: of each server the first, or all of a few.
fn called(gateway: &mut Gateway, folder: &Path) -> Verdict {
    let of_each = if folder == catalogs::sample() { usize::MAX } else { 1 };
    let mut calls: Vec<[String; 2]> = Vec::new();
    for file in catalogs::files(folder)? {
        let catalog = catalogs::read(&file)?;
        let tools = catalog["tools"].as_array().into_iter().flatten();
        let free =
            tools.filter(|tool| takes_nothing(&tool["inputSchema"])).filter_map(|tool| tool["name"].as_str());
        calls.extend(free.take(of_each).map(|tool| [catalogs::name(&file), tool.to_owned()]));
    }
    ensure!(calls.len() > 10, "{calls:?}");
    let program = format!(
        "const said = [];\nfor (const [server, tool] of {}) said.push([server, (await tools[server][tool]({{}})).tool]);\nreturn said;",
        json!(calls)
    );
    let report = gateway.execute(&program)?;
    ensure!(report["value"] == json!(calls), "{report:.3000}");
    Ok(())
}

fn takes_nothing(schema: &Value) -> bool {
    let says = |key: &str| schema.get(key).and_then(Value::as_array).is_some_and(|listed| !listed.is_empty());
    schema["type"] == "object" && !["required", "allOf", "anyOf", "oneOf"].iter().any(|key| says(key))
}

fn types(bench: &Bench) -> Verdict {
    let (config, _) = replayed(bench, &catalogs::sample())?;
    let mut gateway = bench.serve(&config)?;
    let program = "import type { Parent } from '/servers/notion/types.ts';\n\
        import { Tree } from '/servers/hostile/types.ts';\n\
        import { recursive } from '/servers/hostile/recursive.ts';\n\
        const tree: Tree = { all: [] };\n\
        const text = await readFile('/servers/hostile/types.ts');\n\
        const own = await readFile('/servers/hostile/recursive.ts');\n\
        const nothing = await import('/servers/notion/types.ts');\n\
        return [(await recursive({ tree })).tool, text.includes('export interface Tree'), \
        own.includes('import type { Tree } from \"./types.ts\"'), Object.keys(nothing)];";
    let report = gateway.execute(program)?;
    ensure!(report["value"] == json!(["recursive", true, true, []]), "{report:.3000}");
    gateway.close().map(|_| ())
}

fn enormous(bench: &Bench) -> Verdict {
    let upstream = bench.binary("scripted-upstream")?;
    let more = format!("[servers.enormous]\ncommand = {upstream:?}\nargs = [\"enormous\"]\n");
    let mut gateway = bench.serve(&bench.config(&more)?)?;
    let listed = gateway.call("search", &json!({ "query": "" }))?;
    let server = listed["servers"].as_array().into_iter().flatten().find(|it| it["server"] == "enormous");
    let server = server.ok_or_else(|| format!("it is not there: {listed}"))?;
    let (tools, lost) = (server["tools"].as_u64().unwrap_or(0), server["lost"].as_str().unwrap_or_default());
    ensure!(tools > 500 && lost.contains("the rest of the listing"), "{server}");
    let last = format!("tool_{}", tools - 1);
    let program = format!(
        "const readme = await readFile('/servers/enormous/README.md');\n\
         const said = await tools.enormous.{last}({{ property_1: 'x' }});\n\
         return [readme.includes('its schemas; those before it'), said.tool, (await tools.scripted.echo({{ value: 1 }})).value];"
    );
    let report = gateway.execute(&program)?;
    ensure!(report["value"] == json!([true, last, 1]), "{report:.3000}");
    println!("{tools} tools kept; at most {} MiB", kib(&gateway, "VmHWM:")? >> 10);
    let stderr = gateway.close()?.stderr;
    ensure!(stderr.contains("the rest of the listing"), "{stderr:.2000}");
    Ok(())
}

fn kib(gateway: &Gateway, field: &str) -> Result<usize, Failed> {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", gateway.id())).map_err(|it| it.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("the gateway has gone")?;
    Ok(line.trim().trim_end_matches(" kB").parse().map_err(|_| format!("{field}{line}"))?)
}
