//! `SECCOMP_MODE_STRICT` allows read, write and exit, and not even their arguments can be chosen: a guest that
//! does a heavy run under it needs nothing else of the kernel.

use guest_protocol::message::{Inner, JsonType, ParameterShape, ServerName, ServerShape, ToolShape, method};
use guest_protocol::offers::Offers;
use oubliette_tests::bench::{Bench, read};
use oubliette_tests::guest::{LooseGuest, value};
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::wire::Said;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn add(trials: &mut Trials) {
    trials.both("strict/a busy run in strict mode", &[Need::Setpriv], busy_run);
    trials.both("by hand/guest and jailer refuse", &[], by_hand);
}

fn busy_run(bench: &Bench) -> Verdict {
    let mut guest = LooseGuest::start(&bench.binary("oubliette-guest")?)?;
    guest.lock_down_strictly()?;
    guest.run(
        &read("programs/busy.ts")?,
        vec![ServerName {
            name: "scripted".into(),
            identifier: "scripted".into(),
            offers: Offers::default(),
        }],
    )?;
    let value = loop {
        match guest.hear()? {
            Said::Request(id, name, params) => {
                let answer = answer(&name, &params)?;
                guest.answer(id, &answer)?;
            }
            Said::Notification(name, params) if name == method::FINISHED => break value(&params)?,
            Said::Notification(name, _) if name == method::CONSOLE => {}
            Said::Notification(name, params) => return Err(format!("{name}: {params}").into()),
        }
    };
    for (name, expected) in
        [("copied", json!(2000)), ("together", json!(40)), ("waited", json!(true)), ("said", json!("said"))]
    {
        ensure!(value[name] == expected, "{name} is {} in {value}", value[name]);
    }
    let status = guest.end()?;
    ensure!(status.code() == Some(0), "{status}");
    Ok(())
}

/// What a supervisor would answer.
fn answer(name: &str, params: &str) -> Result<Value, Failed> {
    let params: Value = serde_json::from_str(params).map_err(|error| error.to_string())?;
    match name {
        method::DESCRIBE => serde_json::to_value(shape()).map_err(|error| error.to_string().into()),
        method::FILE_LIST => {
            Ok(json!({ "entries": vec![json!({ "name": "echo.ts", "directory": false }); 12] }))
        }
        method::FILE_READ => Ok(json!({ "text": "// echo" })),
        method::SLEEP => {
            std::thread::sleep(Duration::from_millis(params["ms"].as_u64().unwrap_or(0)));
            Ok(Value::Null)
        }
        method::TOOL_CALL => Ok(result(&params)),
        other => Err(format!("no such method: {other}").into()),
    }
}

fn result(call: &Value) -> Value {
    let argument = |name: &str| call["arguments"][name].clone();
    match call["tool"].as_str().unwrap_or_default() {
        "fail" => json!({ "content": [{ "type": "text", "text": argument("message") }], "isError": true }),
        "text" => json!({ "content": [{ "type": "text", "text": argument("value") }] }),
        _ => json!({ "content": [], "structuredContent": { "value": argument("value") } }),
    }
}

fn shape() -> ServerShape {
    let tool = |name: &str, parameter: &str, types: Vec<JsonType>| ToolShape {
        name: name.into(),
        identifier: name.into(),
        signature: format!("{name}(args: {{ {parameter}: unknown }}): Promise<unknown>"),
        parameters: vec![ParameterShape { name: parameter.into(), required: true, types, inner: Inner::Any }],
        open: false,
        unwrap_result: false,
    };
    let text = || vec![JsonType::String];
    ServerShape {
        tools: vec![
            tool("echo", "value", Vec::new()),
            tool("text", "value", text()),
            tool("fail", "message", text()),
        ],
    }
}

fn by_hand(bench: &Bench) -> Verdict {
    for name in ["oubliette-guest", "oubliette-jailer"] {
        let program = bench.binary(name)?;
        let outcome =
            oubliette_tests::invocation::Invocation::new(bench.caller, &program, &[], &bench.folder)?
                .run()?;
        ensure!(outcome.code == Some(64), "{name}: exit {:?}: {}", outcome.code, outcome.stderr);
        ensure!(outcome.stderr.contains("not by hand"), "{name}: {:?}", outcome.stderr);
    }
    Ok(())
}
