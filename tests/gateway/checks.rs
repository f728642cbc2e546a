//! What is found wrong with a program before it runs, and with the arguments of a call before it is sent.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::gateway::Gateway;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table<R> {
    row: Vec<R>,
}

/// A program that is only checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Checked {
    family: String,
    program: String,
    /// `rule line:column`; warnings with a `?`.
    #[serde(default)]
    findings: Vec<String>,
    /// Among what is said of them.
    #[serde(default)]
    says: Vec<String>,
    /// `server.tool`.
    manifest: Option<Vec<String>>,
    complete: Option<bool>,
}

/// A call whose arguments do not fit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Misfit {
    tool: String,
    given: Value,
    says: Vec<String>,
}

pub(super) fn add(trials: &mut Trials) -> Result<(), Failed> {
    let mut families: BTreeMap<String, Vec<Checked>> = BTreeMap::new();
    for row in table::<Checked>("gateway/checks.toml")? {
        families.entry(row.family.clone()).or_default().push(row);
    }
    for (family, rows) in families {
        let rows = Arc::new(rows);
        trials.both(&format!("checks/{family}"), &[], move |bench| check_only(bench, &rows));
    }
    trials.both("checks/the command says the same", &[], command);
    let calls = Arc::new(table::<Misfit>("gateway/calls.toml")?);
    trials.both("checks/arguments that do not fit are not sent", &[], move |bench| misfits(bench, &calls));
    trials.both("checks/what cannot be validated is sent, and said so", &[], unvalidated);
    trials.both("checks/many problems at once hold nobody up", &[], together);
    Ok(())
}

fn table<R: for<'r> Deserialize<'r>>(path: &str) -> Result<Vec<R>, Failed> {
    let table: Table<R> = toml::from_str(&read(path)?).map_err(|error| format!("{path}: {error}"))?;
    Ok(table.row)
}

fn config(bench: &Bench) -> Result<String, Failed> {
    let (upstream, catalog) =
        (bench.binary("scripted-upstream")?, bench.write("crm.json", read("gateway/crm.json")?)?);
    bench.write(
        "crm.toml",
        format!("[servers.crm]\ncommand = {upstream:?}\nargs = [\"replay\", {catalog:?}]\n"),
    )
}

fn check_only(bench: &Bench, rows: &[Checked]) -> Verdict {
    let mut gateway = bench.serve(&config(bench)?)?;
    for row in rows {
        let report = gateway.call("execute", &json!({ "code": row.program, "check_only": true }))?;
        let first = &report["error"];
        let more = first["more"].as_array().into_iter().flatten();
        let warnings = report["warnings"].as_array().into_iter().flatten();
        let found: Vec<String> = Some(first)
            .filter(|it| it.is_object())
            .into_iter()
            .chain(more)
            .chain(warnings)
            .map(place)
            .collect();
        judge(row, &found, &report, report.get("dynamic").is_none())?;
    }
    gateway.close().map(drop)
}

fn place(finding: &Value) -> String {
    let mark = if finding["severity"] == "warning" { "?" } else { "" };
    let rule = finding["rule"].as_str().unwrap_or("no rule");
    let at = finding.get("at").unwrap_or(finding);
    format!("{mark}{rule} {}:{}", at["line"], at["column"])
}

fn judge(row: &Checked, found: &[String], said: &Value, complete: bool) -> Verdict {
    let Checked { program, findings, .. } = row;
    ensure!(found == findings, "{program}\nfound {found:?}, not {findings:?}: {said:.3000}");
    let text = said.to_string();
    for words in &row.says {
        let words = Value::from(words.as_str()).to_string();
        ensure!(text.contains(words.trim_matches('"')), "{program}\nno {words}: {text:.3000}");
    }
    let excerpts = text.matches("\"excerpt\":\"").count();
    ensure!(excerpts == findings.len(), "{program}\n{excerpts} excerpts: {text:.3000}");
    if let Some(manifest) = &row.manifest {
        let tools = said["manifest"].as_array().into_iter().flatten();
        let name = |tool: &Value| {
            [&tool["server"], &tool["tool"]].map(|it| it.as_str().unwrap_or("?").to_owned()).join(".")
        };
        let named: Vec<String> = tools.map(name).collect();
        ensure!(&named == manifest, "{program}\ncalls {named:?}, not {manifest:?}");
    }
    ensure!(row.complete.is_none_or(|it| it == complete), "{program}\ncomplete: {complete}: {text:.3000}");
    Ok(())
}

/// One row of each family, by `oubliette check --json`.
fn command(bench: &Bench) -> Verdict {
    let config = config(bench)?;
    let mut seen: Vec<String> = Vec::new();
    for row in table::<Checked>("gateway/checks.toml")? {
        if seen.contains(&row.family) || row.findings.is_empty() != (row.family == "manifests") {
            continue;
        }
        seen.push(row.family.clone());
        let file = bench.write("program.ts", &row.program)?;
        let outcome = bench.oubliette(&["check", "--json", "--config", &config, &file])?.run()?;
        let said: Value =
            serde_json::from_str(&outcome.stdout).map_err(|error| format!("{error}: {}", outcome.stdout))?;
        let found: Vec<String> = said["findings"].as_array().into_iter().flatten().map(place).collect();
        judge(&row, &found, &said, said["complete"] == true)?;
        let fails = row.findings.iter().any(|finding| !finding.starts_with('?'));
        ensure!(outcome.code == Some(i32::from(fails)), "exit {:?}", outcome.code);
        let named = said["findings"].as_array().into_iter().flatten().all(|it| it["file"] == file.as_str());
        ensure!(named, "another file: {said}");
    }
    ensure!(seen.len() == 6, "{seen:?}");
    Ok(())
}

fn misfits(bench: &Bench, rows: &[Misfit]) -> Verdict {
    let mut gateway = bench.serve(&config(bench)?)?;
    for row in rows {
        let program = format!(
            "const given = JSON.parse({});\nreturn await tools.crm[{:?}](given);",
            json!(row.given.to_string()),
            row.tool
        );
        let report = gateway.execute(&program)?;
        let error = &report["error"];
        for words in &row.says {
            ensure!(
                error["message"].as_str().is_some_and(|it| it.contains(words)),
                "no {words:?}: {report:.3000}"
            );
        }
        ensure!(error["kind"] == "tool" && error["blame"] == "guest", "{error}");
        ensure!(
            error["at"]["line"] == 2 && error["at"]["column"].as_u64().is_some_and(|it| it > 10),
            "{error}"
        );
        let sent = report["calls"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|it| it["note"] != "not sent: its arguments do not fit");
        ensure!(!sent, "{report:.2000}");
    }
    let caught = gateway.execute(
        "const given: any = { status: 'x' };\ntry { await tools.crm.findPeople(given) } catch (e) { return [e instanceof ToolError, e.code, e.retryable, e.server, e.tool] }",
    )?;
    ensure!(caught["value"] == json!([true, "invalid_arguments", false, "crm", "find_people"]), "{caught}");
    gateway.close().map(drop)
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!({}), |inner, _| json!({ "x": inner }))
}

fn unvalidated(bench: &Bench) -> Verdict {
    let mut gateway = bench.serve(&config(bench)?)?;
    for (levels, validated) in [(2, true), (60, false)] {
        let report = gateway.execute(&format!("return (await tools.crm.endless({})).tool", deep(levels)))?;
        ensure!(report["value"] == "endless", "{report:.2000}");
        let note = report["calls"][0]["note"].as_str();
        ensure!(note.is_none() == validated, "{levels} levels: {note:?}");
        ensure!(note.is_none_or(|it| it.starts_with("sent without validation: ")), "{note:?}");
    }
    gateway.close().map(drop)
}

/// Fifty calls at the same time, every other one wrong.
fn together(bench: &Bench) -> Verdict {
    let mut gateway: Gateway = bench.serve(&config(bench)?)?;
    let program = "const given = (n: number): any => ({ limit: n % 2 ? 0 : 5, filters: Array.from({ length: 200 }, () => ({ field: 'a' })) });\n\
        const all = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => tools.crm.findPeople(given(n))));\n\
        return all.map((one) => one.status === 'fulfilled' ? 'sent' : one.reason.code);";
    let report = gateway.execute(program)?;
    let expected: Vec<&str> =
        (0..50).map(|n| if n % 2 == 1 { "invalid_arguments" } else { "sent" }).collect();
    ensure!(report["value"] == json!(expected), "{report:.2000}");
    gateway.close().map(drop)
}
