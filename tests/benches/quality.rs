//! How well a search must find what people said should be found. A ranking is the same on every machine, so this
//! is asserted; speed is only measured.

use oubliette_tests::judged::{Figures, Half, Judged, figures, searched};
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, catalogs, ensure};
use std::process::ExitCode;

/// A recall at 5 and an nDCG at 10.
type Least = (f64, f64);

/// For each set: at least this recall at 5 and this nDCG at 10 on the held half, alone and among the tools of all
/// real servers. A little below what `retrieval` measures, and above weighted BM25 without what was added to it.
const LEAST: [(&str, Least, Least); 3] = [
    ("bfcl_v4_pooled", (0.835, 0.760), (0.805, 0.728)),
    ("metatool_single", (0.664, 0.602), (0.500, 0.459)),
    ("metatool_multi", (0.665, 0.624), (0.470, 0.466)),
];

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    for (set, alone, among_others) in LEAST {
        trials.once(&format!("retrieval/{set}"), &[Need::Judged], move || {
            enough(figures_of(&Judged::set(set)?, &[]), alone)
        });
        trials.once(&format!("retrieval/{set} among others"), &[Need::Judged, Need::Catalogs], move || {
            enough(figures_of(&Judged::set(set)?, &catalogs::offers()?), among_others)
        });
    }
    trials.once("retrieval/sample", &[], sample);
    Ok(trials.run())
}

fn figures_of(judged: &Judged, others: &[catalogs::Offer]) -> Figures {
    let catalog = judged.catalog(others);
    figures(judged.half(Half::Held), |query| searched(&catalog, query))
}

fn enough(found: Figures, (recall, ndcg): Least) -> Verdict {
    ensure!(found.recall_5 >= recall && found.ndcg_10 >= ndcg, "{found:?}");
    Ok(())
}

/// The sample is there on every machine, and too small to be cut in halves.
fn sample() -> Verdict {
    let judged = Judged::sample()?;
    let catalog = judged.catalog(&[]);
    ensure!(judged.queries.len() >= 100, "{} queries", judged.queries.len());
    enough(figures(judged.queries.iter(), |query| searched(&catalog, query)), (0.90, 0.80))
}
