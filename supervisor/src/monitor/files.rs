//! The program's tree of files.

use super::{Monitored, to_value};
use catalog::FileError;
use guest_protocol::envelope::Refusal;
use guest_protocol::message::{FileText, ListDirectory, Listing, Path};
use serde_json::Value;
use std::sync::Arc;

/// Of refused files: what a program sees as `error.code` is the guest's to choose.
const NO_SUCH_FILE: i64 = -32_001;

pub(super) async fn read(asked: Path, run: Arc<Monitored>) -> Result<Value, Refusal> {
    let text = run.catalog.read(&asked.path).map_err(refused)?;
    to_value(&FileText { text })
}

pub(super) async fn list(asked: ListDirectory, run: Arc<Monitored>) -> Result<Value, Refusal> {
    let (catalog, path) = (&run.catalog, &asked.path);
    let entries = if asked.recursive { catalog.list_all(path) } else { catalog.list(path) };
    to_value(&Listing { entries: entries.map_err(refused)? })
}

pub(super) async fn stat(asked: Path, run: Arc<Monitored>) -> Result<Value, Refusal> {
    to_value(&run.catalog.stat(&asked.path).map_err(refused)?)
}

fn refused(error: FileError) -> Refusal {
    Refusal { code: NO_SUCH_FILE, message: error.to_string(), data: None }
}
