//! Which tools the operator's profile grants: what is denied reaches no server, whoever asks and however.

use oubliette_tests::bench::Bench;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};

/// `scripted.never` does not answer: a call of it that was let through would use up the run's time.
const PROFILE: &str = r#"
name = "reader"
why = "a trial"
parent = "default"

[[grants]]
server = "scripted"
tools = ["*"]
verdict = "allow"
why = "to try the others with"

[[grants]]
server = "scripted"
tools = ["never", "die"]
verdict = "deny"
why = "nobody has the time"

[[grants]]
server = "shop"
tools = ["get_order"]
verdict = "allow"
why = "to look"
"#;

pub(super) fn add(trials: &mut Trials) {
    trials.both("grants/a denied tool is refused before its server is asked", &[], refused);
    trials.both("grants/no other way leads to it", &[], ways);
    trials.both("grants/a check tells which tools are denied", &[], checked);
    trials.both("grants/an error that is not caught is the operator's", &[], uncaught);
    trials.both("grants/a guest that was taken over gets no further", &[], hostile);
    trials.both("grants/a child that widens starts nothing", &[], widening);
}

fn settings(bench: &Bench, more: &str) -> Result<String, Failed> {
    bench.write("reader.toml", PROFILE)?;
    Ok(format!("profile = \"reader.toml\"\n{more}"))
}

fn calls(report: &Value) -> Value {
    let calls = report["calls"].as_array().into_iter().flatten();
    let calls =
        calls.filter(|call| !call["note"].as_str().is_some_and(|note| note.starts_with("not sent: ")));
    calls.map(|call| json!([call["server"], call["tool"]])).collect()
}

fn refused(bench: &Bench) -> Verdict {
    let config = bench.config(&settings(bench, "")?)?;
    let mut gateway = bench.serve(&config)?;
    let program = "
        const said = [];
        for (const call of [
          () => tools.scripted.never({}),
          () => tools.shop.createRefund({ orderId: 'O-00001', amountCents: 1, reason: 'none' }),
        ]) {
          try { await call(); said.push('answered'); }
          catch (error) { said.push([error.code, error.message]); }
        }
        return [...said, await tools.scripted.echo({ value: 7 }), (await tools.shop.getOrder({ id: 'O-00001' })).id];";
    let report = gateway.execute(program)?;
    ensure!(report["ok"] == true, "{report}");
    let value = &report["value"];
    ensure!(value[0][0] == "denied" && value[1][0] == "denied", "{report}");
    let said = |at: usize| value[at][1].as_str().unwrap_or_default();
    for words in ["`never`", "`scripted`", "nobody has the time"] {
        ensure!(said(0).contains(words), "no {words:?} in {:?}", said(0));
    }
    for words in ["`create_refund`", "`shop`", "no entry"] {
        ensure!(said(1).contains(words), "no {words:?} in {:?}", said(1));
    }
    ensure!(value[2]["value"] == 7 && value[3] == "O-00001", "{report}");
    ensure!(calls(&report) == json!([["scripted", "echo"], ["shop", "get_order"]]), "{report}");
    gateway.close().map(|_| ())
}

fn ways(bench: &Bench) -> Verdict {
    let config = bench.config(&settings(bench, "[limits]\nwall_ms = 5000\n")?)?;
    let mut gateway = bench.serve(&config)?;
    let program = r#"
        import { never } from "/servers/scripted/never.ts";
        const all = tools as any;
        const ways = [
          () => never({}),
          () => all["scripted"]["ne" + "ver"]({}),
          async () => (await import("/servers/scripted/never.ts")).never({}),
          () => Promise.all([never({}), never({})]),
        ];
        const codes = [];
        for (const way of ways) {
          try { await way(); codes.push("answered"); } catch (error) { codes.push(error.code); }
        }
        return codes;"#;
    let report = gateway.execute(program)?;
    ensure!(report["value"] == json!(["denied", "denied", "denied", "denied"]), "{report}");
    ensure!(calls(&report) == json!([]), "{report}");
    let refused = report["calls"].as_array().into_iter().flatten().filter(|call| call["ok"] == false);
    ensure!(refused.count() == 5, "not every refusal is told: {report}");
    gateway.close().map(|_| ())
}

fn checked(bench: &Bench) -> Verdict {
    let config = bench.config(&settings(bench, "")?)?;
    let program = "await tools.scripted.echo({ value: 1 }); await tools.scripted.never({});";
    let file = bench.write("two.ts", program)?;
    let json = bench.oubliette(&["check", "--json", "--config", &config, &file])?.run()?;
    let checked: Value = serde_json::from_str(&json.stdout).map_err(|error| format!("{error}: {json:?}"))?;
    ensure!(checked["ok"] == true && checked["manifest"].as_array().map(Vec::len) == Some(2), "{checked}");
    ensure!(checked["denied"] == json!([{ "server": "scripted", "tool": "never" }]), "{checked}");
    let told = bench.oubliette(&["check", "--config", &config, &file])?.run()?.stdout;
    for words in ["may call scripted.echo", "may not call, for the profile does not grant it, scripted.never"]
    {
        ensure!(told.contains(words), "no {words:?} in {told}");
    }
    Ok(())
}

fn uncaught(bench: &Bench) -> Verdict {
    let config = bench.config(&settings(bench, "")?)?;
    let run = bench.run_program(&["--config", &config], "await tools.scripted.never({});")?;
    ensure!(run.code == Some(4), "exit {:?}: {}", run.code, run.stderr);
    for words in ["oubliette: tool at /main.ts:1:", "does not grant `never`", "only the operator"] {
        ensure!(run.stderr.contains(words), "no {words:?} in {}", run.stderr);
    }
    Ok(())
}

/// It writes its own frames, so neither the types nor the names of the program's world hold it.
fn hostile(bench: &Bench) -> Verdict {
    let mut gateway = bench.serve_hostile(&settings(bench, "[limits]\nwall_ms = 4000\n")?)?;
    let call = |id: usize, server: &str, tool: &str| {
        let params = json!({ "server": server, "tool": tool, "arguments": { "value": 1 } });
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": "tool.call", "params": params });
        json!({ "frames": { "payload": [{ "text": request.to_string() }], "count": 1 } })
    };
    let names = [
        ("scripted", "die"),
        ("scripted", "Die"),
        ("scripted", "die "),
        ("scripted", "die\u{0}"),
        ("scripted", "*"),
        ("*", "die"),
        ("shop", "create_refund"),
        ("shop", "createRefund"),
        ("shop", "get_order/../create_refund"),
    ];
    let mut steps: Vec<Value> =
        names.iter().enumerate().map(|(id, (server, tool))| call(id + 1, server, tool)).collect();
    // Answers come in the order of their making, and this one takes the longest.
    steps.push(call(100, "scripted", "echo"));
    steps.push(json!("listen"));
    let report = gateway.execute(&Value::Array(steps).to_string())?;
    ensure!(report["error"]["kind"] == "time_limit", "{report}");
    ensure!(calls(&report) == json!([["scripted", "echo"]]), "a denied call was made: {report}");
    let mut all = report["calls"].as_array().into_iter().flatten();
    let lived = all.any(|call| call["tool"] == "echo" && call["ok"] == true);
    ensure!(lived, "the server did not live to answer: {report}");
    gateway.close().map(|_| ())
}

fn widening(bench: &Bench) -> Verdict {
    bench.write("reader.toml", PROFILE)?;
    let wider =
        PROFILE.replace("\"default\"", "\"reader.toml\"").replace("[\"never\", \"die\"]", "[\"never\"]");
    bench.write("wider.toml", &wider)?;
    let config = bench.config("profile = \"wider.toml\"\n")?;
    let run = bench.run_program(&["--config", &config], "return 1;")?;
    ensure!(run.code == Some(4) && run.stdout.is_empty(), "{}{}", run.stdout, run.stderr);
    for words in ["wider.toml:7:10:", "\"die\" of \"scripted\"", "the parent denies"] {
        ensure!(run.stderr.contains(words), "no {words:?} in {}", run.stderr);
    }
    Ok(())
}
