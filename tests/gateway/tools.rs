//! The two tools, as code-mode hosts use them.

use oubliette_tests::bench::Bench;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Verdict, ensure};
use serde_json::{Value, json};

pub(super) fn add(trials: &mut Trials) {
    trials.both("tools/search finds and can be called", &[], search);
    trials.both("tools/search lists the servers", &[], servers);
    trials.both("tools/execute tells what happened before an error", &[], partial);
    trials.both("tools/execute checks only", &[], check_only);
    trials.both("tools/every way to a tool", &[], ways);
    trials.both("tools/what is too long is cut and stays JSON", &[], cut);
}

fn search(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let found = gateway.call("search", &json!({ "query": "list orders of a customer" }))?;
    let results = found["results"].as_array().cloned().unwrap_or_default();
    ensure!(results.iter().all(|one| one["server"].is_string() && one["tool"].is_string()), "{found}");
    let names: Vec<_> = results.iter().take(3).filter_map(|one| one["tool"].as_str()).collect();
    ensure!(names.contains(&"search_orders") || names.contains(&"list_orders"), "{names:?}");
    let again = gateway.call("search", &json!({ "query": "list orders of a customer" }))?;
    ensure!(found == again, "the same question, two answers");
    let full = gateway.call("search", &json!({ "query": "refund", "detail": "full", "limit": 1 }))?;
    ensure!(full.to_string().contains("amountCents"), "{full}");
    gateway.close().map(|_| ())
}

fn servers(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let listed = gateway.call("search", &json!({ "query": "" }))?.to_string();
    ensure!(listed.contains("shop") && listed.contains("scripted"), "{listed}");
    ensure!(listed.contains(r#""also":"resources, prompts""#), "{listed}");
    gateway.close().map(|_| ())
}

fn partial(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let program = "console.log('first');\nawait tools.scripted.echo({ value: 1 });\nawait tools.scripted.fail({ message: 'no' });";
    let report = gateway.execute(program)?;
    ensure!(report["ok"] == false && report["error"]["kind"] == "tool", "{report}");
    ensure!(report["error"]["at"]["line"] == 3, "{report}");
    let expected = json!([["scripted", "echo", true], ["scripted", "fail", false]]);
    let calls = report["calls"].as_array().into_iter().flatten();
    let calls: Value = calls.map(|call| json!([call["server"], call["tool"], call["ok"]])).collect();
    ensure!(calls == expected, "{report}");
    ensure!(report["logs"][0]["text"] == "first", "{report}");
    gateway.close().map(|_| ())
}

fn check_only(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let program = "console.log('never'); await tools.scripted.echo({ value: 1 });";
    let report = gateway.call("execute", &json!({ "code": program, "check_only": true }))?;
    ensure!(report["ok"] == true, "{report}");
    ensure!(report["manifest"] == json!([{ "server": "scripted", "tool": "echo" }]), "{report}");
    ensure!(report["calls"].as_array().is_none_or(Vec::is_empty), "it was run: {report}");
    gateway.close().map(|_| ())
}

fn ways(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let program = r#"
        import { echo } from "/servers/scripted/echo.ts";
        import { echo as again } from "/servers/scripted/echo";
        import * as scripted from "/servers/scripted";
        import { shop, scripted as both } from "./servers";
        const dynamic = await import("/servers/scripted/echo.ts");
        const values = [
          await tools.scripted.echo({ value: 1 }),
          await echo({ value: 2 }),
          await again({ value: 3 }),
          await scripted.echo({ value: 4 }),
          await both.echo({ value: 5 }),
          await dynamic.echo({ value: 6 }),
          await echo(7),
        ];
        return [values.map((one) => one.value), typeof shop.listOrders];"#;
    let report = gateway.execute(program)?;
    ensure!(report["value"] == json!([[1, 2, 3, 4, 5, 6, 7], "function"]), "{report}");
    gateway.close().map(|_| ())
}

fn cut(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let id = gateway.ask("tools/call", &json!({ "name": "execute", "arguments": { "code": "return Array.from({ length: 50000 }, (_, n) => ({ row: n, name: 'a name' }))" } }))?;
    let result = gateway.result(id)?;
    let report = &result["structuredContent"];
    ensure!(report["ok"] == true, "{report}");
    ensure!(
        report["truncated"].as_array().is_some_and(|cuts| !cuts.is_empty()),
        "nothing is said about the cut"
    );
    ensure!(report.to_string().len() < 80_000, "{} bytes for the model", report.to_string().len());
    gateway.close().map(|_| ())
}
