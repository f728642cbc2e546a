//! Five servers that others wrote, in two languages, behind one gateway, driven by a client that others wrote:
//! one program uses all of them.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::invocation::Invocation;
use oubliette_tests::needs::Need;
use oubliette_tests::servers::{self, Servers};
use oubliette_tests::trials::Trials;
use oubliette_tests::{Verdict, ensure};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn add(trials: &mut Trials) {
    trials.both("real servers/one program uses five", &[Need::RealServers], five);
}

fn five(bench: &Bench) -> Verdict {
    let servers =
        servers::installed().as_ref().map_err(Clone::clone)?.copied_to(&bench.folder.join("servers"))?;
    let repository = bench.folder.join("repository");
    make_repository(bench, &repository)?;
    let config = bench.write("mcp.json", mcp_servers(bench, &servers, &repository).to_string())?;
    let program = bench.write("five_servers.ts", program(&bench.folder, &repository)?)?;
    let client = bench.write("client.py", read("walks/client.py")?)?;
    let oubliette = bench.binary("oubliette")?.display().to_string();
    let invocation = Invocation::new(
        bench.caller,
        &servers.python,
        &[&client, &oubliette, &config, &program],
        &bench.folder,
    )?;
    let outcome =
        invocation.variable("PYTHONPATH", &servers.modules("client").display().to_string()).run()?;
    ensure!(outcome.code == Some(0), "exit {:?}: {}{}", outcome.code, outcome.stdout, outcome.stderr);
    let told: Value =
        serde_json::from_str(&outcome.stdout).map_err(|error| format!("{error}: {}", outcome.stdout))?;
    ensure!(told["tools"] == json!(["search", "execute"]), "{told}");
    let report = &told["report"];
    ensure!(report["ok"] == true, "{report:#}\n{}", outcome.stderr);
    let expected = json!({
        "sum": true,
        "written": "42 apples",
        "remembered": ["apples"],
        "zone": "Etc/UTC",
        "committed": true,
        "read": true,
        "prompted": "user",
        "picture": { "type": "image", "mimeType": "image/png", "data": report["value"]["picture"]["data"] },
        "servers": ["everything", "filesystem", "git", "memory", "time"]
    });
    let picture = report["value"]["picture"]["data"].as_str().unwrap_or_default();
    ensure!(picture.starts_with("[content[1] of this result"), "{picture:.100}");
    ensure!(told["content"] == json!(["text", "image"]), "{told}");
    ensure!(report["value"] == expected, "{report:#}\n{}", outcome.stderr);
    Ok(())
}

fn program(folder: &Path, repository: &Path) -> Result<String, oubliette_tests::Failed> {
    let program = read("programs/five_servers.ts")?;
    let program = program.replace("FOLDER", &folder.display().to_string());
    Ok(program.replace("REPOSITORY", &repository.display().to_string()))
}

fn mcp_servers(bench: &Bench, servers: &Servers, repository: &Path) -> Value {
    let node = |name: &str, arguments: &[&str]| {
        let script = servers.script(name).display().to_string();
        let arguments: Vec<&str> = [script.as_str()].into_iter().chain(arguments.iter().copied()).collect();
        json!({ "command": "node", "args": arguments, "env": { "MEMORY_FILE_PATH": bench.folder.join("memory.jsonl") } })
    };
    let python = |module: &str, arguments: &[&str]| {
        let arguments: Vec<&str> = ["-m", module].into_iter().chain(arguments.iter().copied()).collect();
        json!({ "command": servers.python, "args": arguments, "env": { "PYTHONPATH": servers.modules("python") } })
    };
    let (folder, repository) = (bench.folder.display().to_string(), repository.display().to_string());
    json!({ "mcpServers": {
        "everything": node("everything", &[]),
        "filesystem": node("filesystem", &[&folder]),
        "memory": node("memory", &[]),
        "time": python("mcp_server_time", &["--local-timezone", "Etc/UTC"]),
        "git": python("mcp_server_git", &["--repository", &repository]),
    } })
}

fn make_repository(bench: &Bench, repository: &Path) -> Verdict {
    let path = repository.display().to_string();
    let git = oubliette_tests::needs::on_path("git").ok_or("git has gone")?;
    let named = ["-c", "user.name=tests", "-c", "user.email=tests@example.com"];
    let commit = ["-C", &path, "commit", "--quiet", "--allow-empty", "-m", "the first commit"];
    for arguments in [vec!["init", "--quiet", &path], [&named[..], &commit[..]].concat()] {
        let outcome = Invocation::new(bench.caller, &git, &arguments, &bench.folder)?.run()?;
        ensure!(outcome.code == Some(0), "git: {}", outcome.stderr);
    }
    Ok(())
}
