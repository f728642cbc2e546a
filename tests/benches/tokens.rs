//! Prints what a model pays in tokens (o200k): what it is told before it does anything, a search answer, a tool's
//! file; beside a classic listing of all tools.

use catalog::{Catalog, Detail, SearchRequest};
use oubliette_tests::bench::Bench;
use oubliette_tests::binaries::Stage;
use oubliette_tests::caller::Caller;
use oubliette_tests::catalogs::{Offer, offers};
use oubliette_tests::judged::Judged;
use oubliette_tests::{Failed, gateway};
use serde_json::{Value, json};
use std::sync::Arc;
use tiktoken_rs::o200k_base_singleton;

fn main() -> Result<(), Failed> {
    let offers = offers().or_else(|_| {
        let tools = Judged::sample()?.tools;
        Ok::<_, String>(vec![Offer { server: "sample".into(), instructions: None, tools }])
    })?;
    println!("definitions and instructions: {} tokens\n", told()?);
    println!("| catalog | tools | listed classically | names | signatures | full | largest file |");
    println!("|---|---|---|---|---|---|---|");
    for offer in &offers {
        row(&offer.server, std::slice::from_ref(offer));
    }
    row("all", &offers);
    Ok(())
}

/// What the real gateway says of itself.
fn told() -> Result<usize, Failed> {
    let stage = Arc::new(Stage::new()?);
    let caller = Caller::BOTH.into_iter().find(|caller| caller.missing().is_none()).ok_or("no caller")?;
    let bench = Bench::new(caller, &stage)?;
    let config = bench.config("")?;
    let mut session = gateway::Gateway::start(bench.oubliette(&["serve", "--config", &config])?)?;
    let hello = session.initialize(gateway::LEGACY)?;
    let id = session.ask("tools/list", &json!({}))?;
    let told =
        count(&session.result(id)?["tools"]) + tokens(hello["instructions"].as_str().unwrap_or_default());
    session.close()?;
    stage.remove();
    Ok(told)
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
    println!("| {name} | {tools} | {classic} | {names} | {signatures} | {full} | {} |", largest(&catalog));
}

fn largest(catalog: &Catalog) -> usize {
    let files = catalog.servers().into_iter().flat_map(|server| {
        let folder = format!("/servers/{}", server.identifier);
        let named = |entry: guest_protocol::message::Entry| format!("{folder}/{}", entry.name);
        catalog.list(&folder).unwrap_or_default().into_iter().map(named).collect::<Vec<_>>()
    });
    let tool_files = files.filter(|path| path.ends_with(".ts") && !path.ends_with("/index.ts"));
    tool_files.filter_map(|path| catalog.read(&path).ok()).map(|text| tokens(&text)).max().unwrap_or_default()
}

fn count(value: &Value) -> usize {
    tokens(&value.to_string())
}

fn tokens(text: &str) -> usize {
    o200k_base_singleton().encode_ordinary(text).len()
}
