//! The tool `search`.

use catalog::{Catalog, SearchRequest};
use rmcp::model::JsonObject;
use serde_json::Value;

/// Longest query, in bytes.
const MAX_QUERY: usize = 4 << 10;

/// The answer to a search, or in words what is wrong with its arguments.
pub(super) fn search(catalog: &Catalog, arguments: JsonObject) -> Result<Value, String> {
    let request: SearchRequest = serde_json::from_value(Value::Object(arguments)).map_err(|error| {
        format!(
            "The arguments of search are wrong: {error}. Its arguments: query, server, detail, limit, cursor."
        )
    })?;
    if request.query.len() > MAX_QUERY {
        return Err(format!(
            "The query is longer than {MAX_QUERY} bytes. Say in a few words what the tool should do."
        ));
    }
    serde_json::to_value(catalog.search(&request))
        .map_err(|error| format!("The answer could not be written: {error}."))
}
