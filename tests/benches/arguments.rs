//! Prints what it takes to validate calls: of every tool of every catalog the call that its example is.

use catalog::Catalog;
use oubliette_tests::catalogs::{definitions, files, folder, sample};
use oubliette_tests::memory::resident;
use std::time::{Duration, Instant};

fn main() -> Result<(), String> {
    let folder = folder().unwrap_or_else(|_| sample());
    let servers: Result<Vec<_>, _> = files(&folder)?.iter().map(|file| definitions(file)).collect();
    let catalog = Catalog::build(servers?);
    let (mut shapes, mut calls) = (Vec::new(), Vec::new());
    for server in catalog.servers() {
        let began = Instant::now();
        let shape = catalog.shape(&server.name).ok_or("a server is not there")?;
        let bytes = serde_json::to_vec(shape).map_err(|error| error.to_string())?.len();
        shapes.push((bytes, shape.tools.len(), began.elapsed(), server.name.clone()));
        let examples = shape.tools.iter().filter_map(|tool| {
            let example = catalog.tool(&server.name, &tool.name)?.example();
            Some((server.name.clone(), tool.name.clone(), example))
        });
        calls.extend(examples);
    }
    let before = resident()?;
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for (server, tool, example) in &calls {
        for times in [&mut first, &mut again] {
            let began = Instant::now();
            std::hint::black_box(catalog.judge(server, tool, example));
            times.push(began.elapsed());
        }
    }
    println!("{} calls | median, µs | 99 of 100 below, µs | longest, µs\n---|---|---|---", calls.len());
    print("the first of a tool, its schema compiled", first);
    print("another of it", again);
    println!("{} MiB for the compiled schemas that are kept\n", resident()?.saturating_sub(before) >> 20);
    shapes.sort_by_key(|(bytes, ..)| std::cmp::Reverse(*bytes));
    println!("server | tools | what its calls are checked against, KiB | made in, ms\n---|---|---|---");
    for (bytes, tools, took, name) in shapes.iter().take(6) {
        println!("{name} | {tools} | {} | {}", bytes >> 10, took.as_millis());
    }
    Ok(())
}

fn print(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1)));
    let micros = |part: usize| at(part).map_or(0, Duration::as_micros);
    println!("{name} | {} | {} | {}", micros(50), micros(99), micros(100));
}
