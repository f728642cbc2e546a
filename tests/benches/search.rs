//! Prints how long searches take among 12,000 tools, how long their index takes, and what it occupies.

use catalog::{Catalog, Detail, SearchRequest, ServerDefinitions, ToolText};
use oubliette_tests::catalogs::{Offer, offers};
use oubliette_tests::judged::{Judged, SETS};
use oubliette_tests::memory::resident;
use std::time::{Duration, Instant};

const TOOLS: usize = 12_000;
/// Most queries of one set that are timed.
const QUERIES: usize = 500;

fn main() -> Result<(), String> {
    let sample = Judged::sample()?;
    let offers = offers().unwrap_or_else(|_| {
        vec![Offer { server: "sample".into(), instructions: None, tools: sample.tools.clone() }]
    });
    let definitions = repeated(&offers);
    let (before, began) = (resident()?, Instant::now());
    let catalog = Catalog::build(definitions);
    println!("catalog of {TOOLS} tools built in {} ms, index included", began.elapsed().as_millis());
    println!("{} MiB more than the definitions", resident()?.saturating_sub(before) >> 20);
    println!("| queries | median, µs | 99 of 100 below, µs | longest, µs |\n|---|---|---|---|");
    let sets: Vec<Judged> = SETS.iter().filter_map(|name| Judged::set(name).ok()).collect();
    for set in sets.iter().chain([&sample]) {
        let texts = set.queries.iter().take(QUERIES).map(|query| query.text.clone());
        time(&catalog, &set.name, texts.collect());
    }
    time(&catalog, "misspelt words", MISSPELT.repeat(20).into_iter().map(String::from).collect());
    let began = Instant::now();
    let said =
        catalog.unknown_tool(&format!("{}-0", offers[0].server), "lst_reposotories_for_authentcated_usr");
    println!("\nan unknown tool is answered in {} µs ({} bytes)", began.elapsed().as_micros(), said.len());
    Ok(())
}

const MISSPELT: [&str; 4] =
    ["custmoer invoicse", "reposotory pullrequst", "kubernets deploymnt", "zzxqj wkvvq ppzzrt xjjqk vvbnm"];

/// The same servers again under other names, until there are so many tools.
fn repeated(offers: &[Offer]) -> Vec<ServerDefinitions> {
    let mut left = TOOLS;
    let mut servers = Vec::new();
    for (round, offer) in (0..).flat_map(|round| offers.iter().map(move |offer| (round, offer))) {
        let tools: Vec<_> = offer.tools.iter().take(left).cloned().map(ToolText::from).collect();
        left -= tools.len();
        servers.push(ServerDefinitions {
            name: format!("{}-{round}", offer.server),
            tools,
            ..Default::default()
        });
        if left == 0 {
            break;
        }
    }
    servers
}

fn time(catalog: &Catalog, name: &str, queries: Vec<String>) {
    let mut times: Vec<Duration> = queries
        .into_iter()
        .map(|query| {
            let request = SearchRequest { query, detail: Detail::Names, ..Default::default() };
            let began = Instant::now();
            std::hint::black_box(catalog.search(&request));
            began.elapsed()
        })
        .collect();
    times.sort();
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1)));
    let micros = |part: usize| at(part).map_or(0, Duration::as_micros);
    println!("| {name} | {} | {} | {} |", micros(50), micros(99), micros(100));
}
