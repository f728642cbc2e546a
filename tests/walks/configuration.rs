//! What the operator configures, and that what is secret in it stays with the one server it is for.

use oubliette_tests::bench::Bench;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Verdict, ensure};
use serde_json::{Value, json};

/// Stands for a credential.
const CANARY: &str = "canary-4fd1c0ffee";

pub(super) fn add(trials: &mut Trials) {
    trials.both("configuration/mcpServers as it is", &[], mcp_servers);
    trials.both("configuration/an unset variable is an error", &[], unset_variable);
    trials.both("configuration/an unknown key is named with its place", &[], unknown_key);
    trials.both("configuration/one broken server does not hide the others", &[], broken_server);
    trials.both("credentials/our environment does not reach an upstream", &[], scrubbed_environment);
    trials.both("credentials/an upstream's stay with it", &[], canary);
    trials.both("upstream/pages and malformed tools", &[], odd_listings);
    trials.both("upstream/its own timeout", &[], upstream_timeout);
}

fn mcp_servers(bench: &Bench) -> Verdict {
    let config = json!({ "mcpServers": {
        "scripted": { "command": bench.binary("scripted-upstream")?, "args": [], "env": { "TOKEN": "${CANARY}" } },
        "off": { "command": "does-not-exist", "disabled": true }
    } });
    let config = bench.write("mcp.json", config.to_string())?;
    let run = bench.oubliette(&["run", "--config", &config, "-"])?.variable("CANARY", CANARY);
    let outcome = run.input("return (await tools.scripted.environment({})).TOKEN;").run()?;
    ensure!(outcome.code == Some(0), "{}", outcome.stderr);
    ensure!(outcome.stdout.trim() == format!("{CANARY:?}"), "{}", outcome.stdout);
    Ok(())
}

fn unset_variable(bench: &Bench) -> Verdict {
    let toml = "[servers.shop]\ncommand = \"x\"\nenv = { KEY = \"${NOT_SET_ANYWHERE}\" }\n";
    let json = r#"{ "mcpServers": { "shop": { "command": "x", "env": { "KEY": "${NOT_SET_ANYWHERE}" } } } }"#;
    for (name, text) in [("unset.toml", toml), ("unset.json", json)] {
        let config = bench.write(name, text)?;
        let outcome = bench.run_program(&["--config", &config], "return 1")?;
        ensure!(outcome.code == Some(4), "{name}: exit {:?}: {}", outcome.code, outcome.stderr);
        let told =
            ["NOT_SET_ANYWHERE", "shop", "env.KEY", name].iter().all(|word| outcome.stderr.contains(word));
        ensure!(told, "{name}: {}", outcome.stderr);
    }
    Ok(())
}

fn unknown_key(bench: &Bench) -> Verdict {
    let config = bench.write("wrong.toml", "[servers.shop]\ncommand = \"x\"\ncomand = \"y\"\n")?;
    let outcome = bench.run_program(&["--config", &config], "return 1")?;
    ensure!(outcome.code == Some(4), "exit {:?}", outcome.code);
    ensure!(
        outcome.stderr.contains("wrong.toml:3:1") && outcome.stderr.contains("comand"),
        "{}",
        outcome.stderr
    );
    Ok(())
}

fn broken_server(bench: &Bench) -> Verdict {
    let scripted = bench.binary("scripted-upstream")?;
    let more = format!(
        "[servers.broken]\ncommand = {scripted:?}\nargs = [\"dies-at-start\"]\n\
         [servers.absent]\ncommand = \"/does/not/exist\"\n\
         [servers.mute]\ncommand = {scripted:?}\nargs = [\"silent\"]\nstart_timeout_ms = 1500\n"
    );
    let config = bench.config(&more)?;
    let outcome = bench
        .run_program(&["--config", &config], "return (await tools.scripted.echo({ value: 5 })).value")?;
    ensure!(outcome.code == Some(0) && outcome.stdout.trim() == "5", "{outcome:?}");
    for words in ["\"broken\"", "cannot reach the database", "\"absent\"", "not found", "\"mute\""] {
        ensure!(outcome.stderr.contains(words), "nothing about {words}: {}", outcome.stderr);
    }
    Ok(())
}

fn scrubbed_environment(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let run = bench.oubliette(&["run", "--config", &config, "-"])?;
    let run = run.variable("AWS_SECRET_ACCESS_KEY", CANARY).variable("HTTPS_PROXY", CANARY);
    let outcome = run.input("return await tools.scripted.environment({});").run()?;
    ensure!(outcome.code == Some(0), "{}", outcome.stderr);
    ensure!(!outcome.stdout.contains(CANARY), "the upstream got it: {}", outcome.stdout);
    let environment: Value = serde_json::from_str(&outcome.stdout).map_err(|error| error.to_string())?;
    ensure!(environment["GRANTED"] == "configured", "what is configured did not arrive: {environment}");
    Ok(())
}

/// A canary in a server's environment, and everything that can be seen without calling the tool that shows it.
fn canary(bench: &Bench) -> Verdict {
    let scripted = bench.binary("scripted-upstream")?;
    let server = |name: &str, script: &str| {
        format!(
            "[servers.{name}]\ncommand = {scripted:?}\nargs = [{script:?}]\nenv = {{ TOKEN = \"${{CANARY}}\" }}\n"
        )
    };
    let more = format!("{}{}", server("secret", ""), server("dying", "dies-at-start"));
    let config = bench.config(&more)?;
    let program = r#"
        const seen: unknown[] = [];
        const look = async (path: string) => {
          for (const entry of await fs.readdir(path, { withFileTypes: true })) {
            const inner = `${path}/${entry.name}`.replace("//", "/");
            if (entry.isDirectory()) await look(inner); else seen.push(await fs.readFile(inner, "utf8"));
          }
        };
        await look("/servers");
        for (const call of [() => tools.secret.die({}), () => tools.secret.refuse({ message: "no" })]) {
          try { await call(); } catch (error) { seen.push(String(error), { ...error }, error.stack); }
        }
        seen.push(Object.getOwnPropertyNames(globalThis));
        console.log(seen.length);
        return seen;"#;
    let program = format!("import * as fs from \"node:fs/promises\";{program}");
    let serve = bench
        .oubliette(&["serve", "--config", &config])?
        .variable("CANARY", CANARY)
        .variable("OUBLIETTE_LOG", "trace");
    let mut gateway = oubliette_tests::gateway::Gateway::start(serve)?;
    gateway.initialize(oubliette_tests::gateway::LEGACY)?;
    let report = gateway.execute(&program)?;
    ensure!(report["ok"] == true, "{report:#}");
    ensure!(!report.to_string().contains(CANARY), "in the report");
    let found = gateway.call("search", &json!({ "query": "", "detail": "full" }))?;
    ensure!(!found.to_string().contains(CANARY), "in the search");
    let outcome = gateway.close()?;
    ensure!(!outcome.stderr.is_empty(), "no log at level trace: nothing was looked at");
    ensure!(!outcome.stderr.contains(CANARY), "in the log: {}", around(&outcome.stderr));
    Ok(())
}

fn around(log: &str) -> &str {
    log.lines().find(|line| line.contains(CANARY)).unwrap_or_default()
}

fn odd_listings(bench: &Bench) -> Verdict {
    let scripted = bench.binary("scripted-upstream")?;
    let server = |name: &str| {
        format!("[servers.{name}]\ncommand = {scripted:?}\nargs = [{:?}]\n", name.replace('_', "-"))
    };
    let more: String = ["pages", "endless_pages", "malformed", "junk_first"].map(server).concat();
    let config = bench.config(&more)?;
    let program = "return [\n\
        (await tools.pages.tool_39({})).tool,\n\
        (await tools.malformed.echo({ value: 1 })).value,\n\
        (await tools.junk_first.echo({ value: 2 })).value,\n\
        (await tools.endless_pages.again({})).tool,\n\
        Object.keys(tools.pages).length,\n];";
    let outcome = bench.run_program(&["--config", &config], program)?;
    ensure!(outcome.stdout.trim() == r#"["tool_39",1,2,"again",40]"#, "{outcome:?}");
    Ok(())
}

fn upstream_timeout(bench: &Bench) -> Verdict {
    let scripted = bench.binary("scripted-upstream")?;
    let config = bench.config(&format!("[servers.hasty]\ncommand = {scripted:?}\ntimeout_ms = 700\n"))?;
    let program =
        "try { await tools.hasty.never({}); } catch (error) { return [error.code, error.retryable]; }";
    let outcome = bench.run_program(&["--config", &config], program)?;
    ensure!(outcome.stdout.trim() == r#"["timeout",true]"#, "{outcome:?}");
    let uncaught = bench.run_program(&["--config", &config], "return await tools.hasty.never({});")?;
    ensure!(uncaught.code == Some(3), "{uncaught:?}");
    ensure!(
        uncaught.stderr.contains("oubliette: tool at") && uncaught.stderr.contains("700 ms"),
        "{}",
        uncaught.stderr
    );
    Ok(())
}
