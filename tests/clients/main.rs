//! Clients that others wrote, without a model: each lists, searches and executes, over standard input and output and
//! over HTTP.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::clients::{self, Clients};
use oubliette_tests::invocation::Invocation;
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

const CODE: &str =
    "const { orders } = await tools.shop.listOrders({}); return orders.length > 0 ? 6 * 7 : 0;";

/// Program, arguments before the target, variables.
type Command = (String, Vec<String>, Vec<(&'static str, String)>);
type Start = fn(&Bench, &Clients) -> Result<Command, Failed>;

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    let scripts: [(&str, Start); 4] = [
        ("Python mcp 2.x", |bench, clients| python(bench, clients, "client.py", "mcp")),
        ("fastmcp", |bench, clients| python(bench, clients, "fast.py", "fastmcp")),
        ("TypeScript client 2.x", |bench, clients| typescript(bench, clients, "client")),
        ("TypeScript sdk 1.x", |bench, clients| typescript(bench, clients, "sdk")),
    ];
    for (name, start) in scripts {
        trials.both(&format!("{name}/stdio"), &[Need::Clients], move |bench| {
            let config = bench.config("")?;
            let target = json!({ "command": bench.binary("oubliette")?, "args": ["serve", "--config", config], "code": CODE });
            scripted(bench, start, &target)
        });
        trials.both(&format!("{name}/HTTP"), &[Need::Clients], move |bench| {
            let served = bench.serve_http("")?;
            scripted(bench, start, &json!({ "url": served.at, "code": CODE }))?;
            served.stop().map(|_| ())
        });
    }
    trials.both("Inspector/stdio", &[Need::Clients], |bench| {
        let config = bench.config("")?;
        let oubliette = bench.binary("oubliette")?.display().to_string();
        let server = json!({ "command": oubliette, "args": ["serve", "--config", config] });
        let file = bench.write("mcp.json", json!({ "mcpServers": { "oubliette": server } }).to_string())?;
        inspector(bench, &["--config", &file, "--server", "oubliette"])
    });
    trials.both("Inspector/HTTP", &[Need::Clients], |bench| {
        let served = bench.serve_http("")?;
        inspector(bench, &[&served.at, "--transport", "http"])?;
        served.stop().map(|_| ())
    });
    Ok(trials.run())
}

fn python(bench: &Bench, clients: &Clients, script: &str, modules: &str) -> Result<Command, Failed> {
    let script = bench.write(script, read(&format!("clients/{script}"))?)?;
    let modules = clients.folder.join(modules).display().to_string();
    Ok((clients.python.display().to_string(), vec![script], vec![("PYTHONPATH", modules)]))
}

fn typescript(bench: &Bench, clients: &Clients, which: &str) -> Result<Command, Failed> {
    let script = bench.write("client.mjs", read("clients/client.mjs")?)?;
    let modules = clients.folder.join(which).display().to_string();
    Ok((clients.node.display().to_string(), vec![script, modules, which.into()], Vec::new()))
}

fn installed(bench: &Bench) -> Result<Clients, Failed> {
    let installed = clients::installed().as_ref().map_err(Clone::clone)?;
    // What root installed may lie where nobody else can read.
    if bench.caller.owner().is_some() {
        Ok(installed.copied_to(&bench.folder.join("clients"))?)
    } else {
        Ok(installed.clone())
    }
}

fn run(bench: &Bench, (program, arguments, variables): Command) -> Result<String, Failed> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let invocation = Invocation::new(bench.caller, Path::new(&program), &arguments, &bench.folder)?;
    let invocation = variables.iter().fold(invocation, |run, (name, value)| run.variable(name, value));
    let outcome = invocation.run()?;
    ensure!(outcome.code == Some(0), "exit {:?}: {}{}", outcome.code, outcome.stdout, outcome.stderr);
    Ok(outcome.stdout)
}

fn parsed(text: &str) -> Result<Value, Failed> {
    let json = text.find('{').and_then(|start| text.get(start..)).unwrap_or_default();
    serde_json::from_str(json).map_err(|error| format!("{error}: {text}").into())
}

fn scripted(bench: &Bench, start: Start, target: &Value) -> Verdict {
    let (program, mut arguments, variables) = start(bench, &installed(bench)?)?;
    arguments.push(target.to_string());
    let told = parsed(&run(bench, (program, arguments, variables))?)?;
    ensure!(told["tools"] == json!(["search", "execute"]), "{told}");
    ensure!(told["found"]["results"].as_array().is_some_and(|found| !found.is_empty()), "{told}");
    ensure!(told["report"]["value"] == 42, "{told}");
    Ok(())
}

/// A connection for each of the three.
fn inspector(bench: &Bench, target: &[&str]) -> Verdict {
    let clients = installed(bench)?;
    let script = clients
        .folder
        .join("inspector/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js");
    let ask = |asked: &[&str]| -> Result<Value, Failed> {
        let script = script.display().to_string();
        let arguments = [&[script.as_str(), "--cli"], target, asked, &["--format", "json"]].concat();
        let arguments = arguments.into_iter().map(str::to_owned).collect();
        let variables = vec![("MCP_INSPECTOR_SECRET_STORE", "memory".to_owned())];
        parsed(&run(bench, (clients.node.display().to_string(), arguments, variables))?)
    };
    let listed = ask(&["--method", "tools/list", "--strict"])?.to_string();
    ensure!(listed.contains(r#""name":"search""#) && listed.contains(r#""name":"execute""#), "{listed}");
    let query = json!({ "query": "list orders" }).to_string();
    let found =
        ask(&["--method", "tools/call", "--tool-name", "search", "--tool-args-json", &query])?.to_string();
    ensure!(found.contains("listOrders"), "{found}");
    let code = json!({ "code": CODE }).to_string();
    let ran =
        ask(&["--method", "tools/call", "--tool-name", "execute", "--tool-args-json", &code])?.to_string();
    ensure!(ran.contains(r#""value":42"#), "{ran}");
    Ok(())
}
