//! Servers added and imported: what was in the configuration stays as it was, and what was added works.

use oubliette_tests::bench::Bench;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::json;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// What an operator wrote, with every kind of thing that a rewriting could lose.
const WRITTEN: &str =
    "# ours\n[servers.kept]\ncommand = \"x\" # why\ndisabled = true\n\n[limits]\nwall_ms = 5_000\n";

pub(super) fn add(trials: &mut Trials) {
    trials.both("servers/an added one works, and nothing else changed", &[], added);
    trials.both("servers/those of other clients are taken over once", &[], imported);
    trials.both("servers/a file that would not be a configuration is left alone", &[], left_alone);
}

fn read(path: &str) -> Result<String, Failed> {
    Ok(fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?)
}

fn added(bench: &Bench) -> Verdict {
    let config = bench.write("oubliette.toml", "# ours\n[limits]\nwall_ms = 5_000 # enough\n")?;
    fs::set_permissions(&config, fs::Permissions::from_mode(0o640)).map_err(|error| error.to_string())?;
    let scripted = bench.binary("scripted-upstream")?.display().to_string();
    let arguments = ["servers", "add", "mine", "--config", &config, "--env", "A=b", "--", &scripted];
    let outcome = bench.oubliette(&arguments)?.run()?;
    ensure!(outcome.code == Some(0), "{outcome:?}");
    let text = read(&config)?;
    ensure!(text.starts_with("# ours\n[limits]\nwall_ms = 5_000 # enough\n\n[servers.mine]\n"), "{text}");
    let about = fs::metadata(&config).map_err(|error| error.to_string())?;
    ensure!(about.mode() & 0o777 == 0o640, "{:o}", about.mode());
    let outcome = bench.run_program(&["--config", &config], "return (await tools.mine.environment({})).A")?;
    ensure!(outcome.stdout.trim() == r#""b""#, "{outcome:?}");
    let new = bench.folder.join("new/oubliette.toml").display().to_string();
    let outcome = bench.oubliette(&["servers", "add", "mine", "--config", &new, "--", &scripted])?.run()?;
    ensure!(outcome.code == Some(0), "{outcome:?}");
    let about = fs::metadata(&new).map_err(|error| error.to_string())?;
    ensure!(about.mode() & 0o777 == 0o600, "{:o}", about.mode());
    Ok(())
}

fn imported(bench: &Bench) -> Verdict {
    let config = bench.write("oubliette.toml", "# ours\n")?;
    let scripted = bench.binary("scripted-upstream")?;
    let client = json!({ "theme": "dark", "mcpServers": {
        "one": { "command": scripted, "env": { "T": "${UNSET_HERE:-x}" } },
        "far": { "url": "https://mcp.example/mcp", "headers": { "K": "${UNSET_HERE}" }, "disabled": true }
    } });
    let client = bench.write("mcp.json", format!("// a client's\n{client}"))?;
    let import = || bench.oubliette(&["servers", "import", "--write", &client, "--config", &config])?.run();
    let outcome = import()?;
    ensure!(outcome.code == Some(0), "{outcome:?}");
    let text = read(&config)?;
    ensure!(text.starts_with("# ours\n") && text.contains("${UNSET_HERE}"), "{text}");
    let program = "return [Object.keys(tools), (await tools.one.environment({})).T]";
    let outcome = bench.run_program(&["--config", &config], program)?;
    ensure!(outcome.stdout.trim() == r#"[["one"],"x"]"#, "{outcome:?}");
    let again = import()?;
    ensure!(again.stderr.contains("nothing to import"), "{again:?}");
    ensure!(read(&config)? == text, "a second import changed something");
    Ok(())
}

/// A table that is written in one line cannot be added to at the end of the file.
fn left_alone(bench: &Bench) -> Verdict {
    let json = bench.write("mcp.json", r#"{"mcpServers":{}}"#)?;
    let inline = "servers = { kept = { command = \"x\", disabled = true } }\n";
    let inline = bench.write("inline.toml", inline)?;
    for config in [json, inline] {
        let before = read(&config)?;
        let outcome = bench.oubliette(&["servers", "add", "mine", "--config", &config, "--", "x"])?.run()?;
        ensure!(outcome.code == Some(4), "{outcome:?}");
        ensure!(read(&config)? == before, "{config} was changed");
    }
    let config = bench.write("oubliette.toml", WRITTEN)?;
    let outcome = bench.oubliette(&["servers", "add", "mine", "--config", &config, "--", "x"])?.run()?;
    ensure!(outcome.code == Some(0) && read(&config)?.starts_with(WRITTEN.trim_end()), "{outcome:?}");
    Ok(())
}
