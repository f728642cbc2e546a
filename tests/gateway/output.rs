//! What is too long for a model: cut, said so, and to be had by the expression that is named.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::gateway::Gateway;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest any answer of 10,000 tokens is seen to be, bytes.
const MAX_BYTES: usize = 120_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    value: Vec<Row>,
}

/// A program whose `value` is too long.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    /// Makes `value`.
    code: String,
    /// What the first note has in it.
    says: Vec<String>,
}

pub(super) fn add(trials: &mut Trials) {
    trials.both("output/cut values say how much there is and how to page", &[], values);
    trials.both("output/once as structure, once as text", &[], once);
    trials.both("output/the first and the last lines of megabytes", &[], logs);
    trials.both("output/the failed call is the last of 256", &[], calls);
    trials.both("output/refused calls are told, ten thousand are not", &[], refused);
    trials.both("output/run prints the value uncut", &[], uncut);
}

fn values(bench: &Bench) -> Verdict {
    let table: Table = toml::from_str(&read("gateway/output.toml")?).map_err(|error| error.to_string())?;
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let mut wrong = Vec::new();
    for row in &table.value {
        if let Err(why) = row.check(&mut gateway) {
            wrong.push(format!("{}: {}", row.name, why.message().unwrap_or_default()));
        }
    }
    gateway.close()?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

impl Row {
    /// Cut, with a note whose expression gives the part that follows what is shown.
    fn check(&self, gateway: &mut Gateway) -> Verdict {
        let report = gateway.execute(&format!("{}\nreturn value;", self.code))?;
        ensure!(report["ok"] == true, "{report:.500}");
        let bytes = report.to_string().len();
        ensure!(bytes < MAX_BYTES, "{bytes} bytes for the model");
        let notes: Vec<&str> =
            report["truncated"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let note = notes.first().ok_or("nothing is said about the cut")?;
        for words in &self.says {
            ensure!(note.contains(words), "{note:?} does not say {words:?}");
        }
        let more = note.split_once("For more, return ").ok_or_else(|| format!("no expression: {note}"))?.1;
        let more = more.split_once(", or fewer").map_or(more, |(expression, _)| expression);
        let (whole, from) = more.split_once(".slice(").ok_or_else(|| format!("no part: {more}"))?;
        // What the expression gives is what stands right behind the last that was shown.
        let from = from.split_once(',').ok_or_else(|| format!("no start: {more}"))?.0;
        let program = format!(
            "{}\nconst next = {more}; const rest = {whole}.slice({from}){};\nconst size = (it: any) => it.length ?? Object.keys(it).length;\n\
             return [size(next) > 0, JSON.stringify(rest).startsWith(JSON.stringify(next).slice(0, -1))];",
            self.code,
            if whole.starts_with("Object.fromEntries(") { ")" } else { "" },
        );
        let page = gateway.execute(&program)?;
        ensure!(page["value"] == json!([true, true]), "{more} gives {page:.500}");
        Ok(())
    }
}

/// The text is the JSON of the structure and nothing else, and an old host has only the text.
fn once(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let arguments = json!({ "name": "execute", "arguments": { "code": "console.log('note'); return 'x'.repeat(100_000);" } });
    let id = gateway.ask("tools/call", &arguments)?;
    let result = gateway.result(id)?;
    let content = result["content"].as_array().cloned().unwrap_or_default();
    ensure!(content.len() == 1, "{} blocks", content.len());
    let text = content[0]["text"].as_str().ok_or("no text")?;
    ensure!(parsed(text)? == result["structuredContent"], "the text is not the structure");
    ensure!(text.matches("note").count() == 1, "something is there twice");
    gateway.close()?;
    let mut gateway = Gateway::start(bench.oubliette(&["serve", "--config", &config])?)?;
    gateway.initialize("2025-03-26")?;
    let id = gateway.ask("tools/call", &arguments)?;
    let result = gateway.result(id)?;
    ensure!(result.get("structuredContent").is_none(), "structure for a host that knows none");
    ensure!(
        parsed(result["content"][0]["text"].as_str().unwrap_or_default())?["ok"] == true,
        "{result:.300}"
    );
    gateway.close().map(|_| ())
}

fn parsed(text: &str) -> Result<Value, Failed> {
    serde_json::from_str(text).map_err(|error| format!("{error}: {text:.200}").into())
}

fn logs(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let program = "console.log('the very first'); for (let n = 0; n < 30_000; n++) console.log(`${n}`.padStart(100, '.'));\n\
                   console.error('right before'); throw new Error('the end');";
    let report = gateway.execute(program)?;
    let texts: Vec<&str> =
        report["logs"].as_array().into_iter().flatten().filter_map(|line| line["text"].as_str()).collect();
    ensure!(texts.first() == Some(&"the very first"), "{:?}", texts.first());
    ensure!(texts.last() == Some(&"right before"), "{:?}", texts.last());
    ensure!(texts.iter().any(|text| text.ends_with("..29999")), "the last of the loop is missing");
    ensure!(report["truncated"].to_string().contains(" lines are shown"), "{}", report["truncated"]);
    let endless = "console.log('the very first'); for (let n = 0; ; n++) console.log(`at ${n}`);";
    let report = gateway.call("execute", &json!({ "code": endless, "timeout_ms": 1500 }))?;
    ensure!(report["error"]["kind"] == "time_limit", "{}", report["error"]);
    ensure!(report["logs"][0]["text"] == "the very first", "{}", report["logs"][0]);
    gateway.close()?;
    let outcome = bench.run_program(&["--config", &config], program)?;
    ensure!(outcome.code == Some(1), "{:?}", outcome.code);
    let said = &outcome.stderr;
    ensure!(said.contains("the very first") && said.contains("right before"), "{said:.200}");
    ensure!(said.contains("lines are left out here"), "nothing is said about what is missing");
    ensure!(said.len() < 600_000, "{} bytes", said.len());
    Ok(())
}

fn calls(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let program = "for (let n = 0; n < 255; n++) await tools.scripted.echo({ value: n });\n\
                   await tools.scripted.fail({ message: 'no' });";
    let report = gateway.execute(program)?;
    ensure!(report["error"]["kind"] == "tool", "{report:.500}");
    let calls = report["calls"].as_array().cloned().unwrap_or_default();
    let last = calls.last().ok_or("no calls")?;
    ensure!(last["tool"] == "fail" && last["ok"] == false, "{last}");
    ensure!(calls[0]["tool"] == "echo" && calls[0]["ok"] == true, "{}", calls[0]);
    let said = report["truncated"].to_string();
    let expected =
        format!("calls: {} of 256 are shown; not shown: {} × scripted.echo", calls.len(), 256 - calls.len());
    ensure!(said.contains(&expected), "{said} does not say {expected:?}");
    let parallel = "await Promise.all(Array.from({ length: 256 }, (_, n) => n === 99 ? tools.scripted.fail({ message: 'no' }) : tools.scripted.echo({ value: n })));";
    let report = gateway.execute(parallel)?;
    let failed =
        report["calls"].as_array().into_iter().flatten().filter(|call| call["tool"] == "fail").count();
    ensure!(failed == 1, "the failed one of many is not shown: {}", report["truncated"]);
    gateway.close().map(|_| ())
}

fn refused(bench: &Bench) -> Verdict {
    let config = bench.config("[limits]\ncalls = 2\n")?;
    let mut gateway = bench.serve(&config)?;
    let report = gateway.execute("for (let n = 0; ; n++) await tools.scripted.echo({ value: n });")?;
    ensure!(report["error"]["kind"] == "tool" && report["error"]["blame"] == "guest", "{report:.500}");
    let calls = report["calls"].as_array().cloned().unwrap_or_default();
    let ok: Vec<bool> = calls.iter().filter_map(|call| call["ok"].as_bool()).collect();
    ensure!(ok == [true, true, false], "{calls:?}");
    ensure!(calls[2]["note"] == "not sent: this run had used up its calls", "{}", calls[2]);
    let stubborn = "for (let n = 0; n < 1_000; n++) await tools.scripted.echo({ value: n }).catch(() => {});\n\
                    throw new Error('the end');";
    let report = gateway.execute(stubborn)?;
    ensure!(report["error"]["kind"] == "exception", "{report:.500}");
    let calls = report["calls"].as_array().cloned().unwrap_or_default();
    ensure!(calls.len() <= 66 && calls.len() > 2, "{} calls", calls.len());
    ensure!(calls[0]["ok"] == true && calls[1]["ok"] == true, "{} {}", calls[0], calls[1]);
    let note = calls[2]["note"].as_str().unwrap_or_default();
    ensure!(note.ends_with("; nor were 934 before it that are not listed"), "{note}");
    gateway.close().map(drop)
}

fn uncut(bench: &Bench) -> Verdict {
    let program = "return Array.from({ length: 60_000 }, (_, n) => ({ row: n, name: `customer ${n}` }));";
    let config = bench.config("")?;
    let outcome = bench.run_program(&["--config", &config], program)?;
    ensure!(outcome.code == Some(0), "{:.300}", outcome.stderr);
    let value = parsed(&outcome.stdout)?;
    ensure!(value.as_array().is_some_and(|rows| rows.len() == 60_000), "not all of it");
    ensure!(value[59_999]["name"] == "customer 59999", "{}", value[59_999]);
    ensure!(outcome.stderr.is_empty(), "{:.300}", outcome.stderr);
    Ok(())
}
