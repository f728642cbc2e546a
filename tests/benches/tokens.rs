//! What a model pays in tokens (o200k): what it is told before it does anything, and the longest answers it can get,
//! both asserted; and printed beside a classic listing of all tools, a search answer and a tool's file.

use catalog::{Catalog, Detail, SearchRequest};
use oubliette_tests::bench::{Bench, read};
use oubliette_tests::binaries::Stage;
use oubliette_tests::caller::Caller;
use oubliette_tests::catalogs::{Offer, offers};
use oubliette_tests::gateway::{Gateway, LEGACY};
use oubliette_tests::judged::Judged;
use oubliette_tests::{Failed, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tiktoken_rs::o200k_base_singleton;

/// Definitions and instructions, at most.
const TOLD: usize = 600;
/// One answer, at most.
const ANSWER: usize = 10_000;
/// Of that an answer that is cut has at least so much: what is estimated is not only safe.
const USED: usize = 2_000;

fn main() -> Result<(), Failed> {
    let found = offers();
    let sampled = found.is_err();
    let offers = found.or_else(|_| {
        let tools = Judged::sample()?.tools;
        Ok::<_, String>(vec![Offer { server: "sample".into(), instructions: None, tools }])
    })?;
    of_the_gateway()?;
    if sampled {
        println!("no catalogs of real servers here: the sample only\n");
    }
    println!(
        "| catalog | tools | listed classically | names | signatures | full | mean file | largest file |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for offer in &offers {
        row(&offer.server, std::slice::from_ref(offer));
    }
    row("all", &offers);
    Ok(())
}

/// What the real gateway says of itself, and its longest answers.
fn of_the_gateway() -> Result<(), Failed> {
    let stage = Arc::new(Stage::new()?);
    let caller = Caller::BOTH.into_iter().find(|caller| caller.missing().is_none()).ok_or("no caller")?;
    let bench = Bench::new(caller, &stage)?;
    let config = bench.config("")?;
    let mut session = Gateway::start(bench.oubliette(&["serve", "--config", &config])?)?;
    let hello = session.initialize(LEGACY)?;
    let id = session.ask("tools/list", &json!({}))?;
    let told =
        count(&session.result(id)?["tools"]) + tokens(hello["instructions"].as_str().unwrap_or_default());
    println!("definitions and instructions: {told} tokens\n");
    ensure!(told <= TOLD, "{told} tokens of definitions and instructions; at most {TOLD} are allowed");
    let answered = answers(&mut session);
    session.close()?;
    stage.remove();
    answered
}

/// Values far above the bound, each in a run of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    prelude: String,
    values: BTreeMap<String, String>,
}

fn answers(session: &mut Gateway) -> Result<(), Failed> {
    let Answers { prelude, values } =
        toml::from_str(&read("benches/answers.toml")?).map_err(|error| error.to_string())?;
    println!("| answer | bytes | tokens |\n|---|---|---|");
    let mut wrong = Vec::new();
    for (name, value) in &values {
        let report = session.execute(&format!("{prelude}\nreturn {value};"))?;
        ensure!(report["ok"] == true, "{name}: {}", report["error"]);
        let text = report.to_string();
        let used = tokens(&text);
        println!("| {name} | {} | {used} |", text.len());
        if used > ANSWER || used < USED || report["truncated"] == json!([]) {
            wrong.push(format!("{name}: {used} tokens, {}", report["truncated"]));
        }
    }
    println!();
    ensure!(wrong.is_empty(), "not from {USED} to {ANSWER} tokens, and cut:\n{}", wrong.join("\n"));
    Ok(())
}

fn row(name: &str, offers: &[Offer]) {
    let classic: usize = offers.iter().flat_map(|offer| &offer.tools).map(count).sum();
    let tools: usize = offers.iter().map(|offer| offer.tools.len()).sum();
    let catalog = Catalog::build(offers.iter().map(Offer::definitions).collect());
    let query = offers[0].tools.first().and_then(|tool| tool["name"].as_str()).unwrap_or_default();
    let [names, signatures, full] = [Detail::Names, Detail::Signatures, Detail::Full].map(|detail| {
        let answer = catalog.search(&SearchRequest { query: query.into(), detail, ..Default::default() });
        tokens(&serde_json::to_string(&answer).unwrap_or_default())
    });
    let files = tool_files(&catalog);
    let (mean, largest) =
        (files.iter().sum::<usize>() / files.len().max(1), files.iter().max().copied().unwrap_or_default());
    println!("| {name} | {tools} | {classic} | {names} | {signatures} | {full} | {mean} | {largest} |");
}

/// The tokens of each tool's file.
fn tool_files(catalog: &Catalog) -> Vec<usize> {
    let files = catalog.servers().into_iter().flat_map(|server| {
        let folder = format!("/servers/{}", server.identifier);
        let named = |entry: guest_protocol::message::Entry| format!("{folder}/{}", entry.name);
        catalog.list(&folder).unwrap_or_default().into_iter().map(named).collect::<Vec<_>>()
    });
    let tools = files
        .filter(|path| path.ends_with(".ts") && !path.ends_with("/index.ts") && !path.ends_with("/types.ts"));
    tools.filter_map(|path| catalog.read(&path).ok()).map(|text| tokens(&text)).collect()
}

fn count(value: &Value) -> usize {
    tokens(&value.to_string())
}

fn tokens(text: &str) -> usize {
    o200k_base_singleton().encode_ordinary(text).len()
}
