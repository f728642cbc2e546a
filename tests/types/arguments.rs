//! The schemas of real tools, compiled to validate calls: how many of them can be used, what that takes, and whether
//! the example that a model reads is a call that would be let through.

use catalog::{Catalog, Judgement, Usable};
use oubliette_tests::{Verdict, catalogs, ensure};
use std::path::Path;
use std::time::{Duration, Instant};

/// The longest that one schema may take to be compiled and its example to be judged, in a build for development.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, Default)]
struct Sum {
    tools: usize,
    whole: usize,
    partly: usize,
    places: usize,
    unusable: Vec<String>,
    misfits: Vec<String>,
    took: Duration,
    longest: (Duration, String),
}

pub(super) fn validated(folder: &Path, real: bool) -> Verdict {
    let mut sum = Sum::default();
    for file in catalogs::files(folder)? {
        let name = catalogs::name(&file);
        let catalog = Catalog::build(vec![catalogs::definitions(&file)?]);
        let shape = catalog.shape(&name).ok_or_else(|| format!("{name} is not there"))?;
        for tool in &shape.tools {
            one(&catalog, &name, &tool.name, &mut sum)?;
        }
    }
    println!(
        "{} tools: {} schemas whole, {} but for {} places, {} not at all {:?}; {} examples do not fit {:#?}",
        sum.tools,
        sum.whole,
        sum.partly,
        sum.places,
        sum.unusable.len(),
        sum.unusable,
        sum.misfits.len(),
        sum.misfits
    );
    println!(
        "{} ms in all, at most {} ms ({})",
        sum.took.as_millis(),
        sum.longest.0.as_millis(),
        sum.longest.1
    );
    ensure!(sum.longest.0 < PATIENCE, "{} took {:?}", sum.longest.1, sum.longest.0);
    // The sample has one catalog that is hostile on purpose.
    ensure!(!real || sum.unusable.is_empty(), "{:?}", sum.unusable);
    ensure!(sum.misfits.len() * 100 <= sum.tools, "of {} examples {:#?} do not fit", sum.tools, sum.misfits);
    Ok(())
}

fn one(catalog: &Catalog, server: &str, tool: &str, sum: &mut Sum) -> Verdict {
    let example =
        catalog.tool(server, tool).ok_or_else(|| format!("{server}.{tool} is not there"))?.example();
    let begun = Instant::now();
    let usable = catalog.usable(server, tool).ok_or_else(|| format!("{server}.{tool} is not there"))?;
    let judged = catalog.judge(server, tool, &example);
    let took = begun.elapsed();
    sum.took += took;
    sum.tools += 1;
    if took > sum.longest.0 {
        sum.longest = (took, format!("{server}.{tool}"));
    }
    match usable {
        Usable::Whole => sum.whole += 1,
        Usable::Partly(places) => (sum.partly, sum.places) = (sum.partly + 1, sum.places + places),
        Usable::Not => sum.unusable.push(format!("{server}.{tool}")),
    }
    match judged {
        Judgement::Fit => {}
        other => sum.misfits.push(format!("{server}.{tool}: {example} {other:?}")),
    }
    Ok(())
}
