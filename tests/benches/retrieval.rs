//! Prints how well search finds what people said it should find: each set, each half, alone and among the tools of
//! all real servers; the last rows are the crate `bm25` as it comes, over all words of a definition.

use bm25::{Document, Language, SearchEngine, SearchEngineBuilder};
use oubliette_tests::catalogs::{Offer, offers};
use oubliette_tests::judged::{Figures, Half, Judged, SETS, figures, searched};

fn main() -> Result<(), String> {
    println!("| set | tuned half | held half |\n|---|---|---|");
    let Ok(others) = offers() else {
        println!("no real servers here: the sample only");
        return row(&Judged::sample()?, &[], "");
    };
    for name in SETS {
        let set = Judged::set(name)?;
        row(&set, &[], "")?;
        row(&set, &others, " among others")?;
        crate_row(&set);
    }
    Ok(())
}

fn row(set: &Judged, others: &[Offer], suffix: &str) -> Result<(), String> {
    let catalog = set.catalog(others);
    let [tuned, held] =
        [Half::Tuned, Half::Held].map(|half| figures(set.half(half), |q| searched(&catalog, q)));
    print(&format!("{}{suffix}", set.name), tuned, held);
    Ok(())
}

fn crate_row(set: &Judged) {
    let documents = set.tools.iter().filter_map(|tool| {
        let name = tool.get("name")?.as_str()?.to_owned();
        Some(Document::new(name, tool.to_string()))
    });
    let documents: Vec<Document<String>> = documents.collect();
    let engine: SearchEngine<String, u32> =
        SearchEngineBuilder::with_documents(Language::English, documents).build();
    let rank = |text: &str| engine.search(text, 10).into_iter().map(|hit| hit.document.id).collect();
    let [tuned, held] = [Half::Tuned, Half::Held].map(|half| figures(set.half(half), |q| rank(&q.text)));
    print(&format!("{}, crate bm25", set.name), tuned, held);
}

fn print(name: &str, tuned: Figures, held: Figures) {
    let cell = |it: Figures| format!("{:.3} / {:.3}", it.recall_5, it.ndcg_10);
    println!("| {name} | {} | {} |", cell(tuned), cell(held));
}
