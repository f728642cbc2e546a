//! `console.table`.

use super::inspect::{self, Look};
use super::{enumerable_keys, is_array};
use boa_engine::object::JsObject;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsResult, JsValue};

/// Rows that are shown.
const MAX_ROWS: usize = 200;
/// Columns that are shown.
const MAX_COLUMNS: usize = 20;
/// Longest cell, bytes.
const MAX_CELL: usize = 60;

/// The rows of `value` under each other; `None` where it is not a table.
pub(super) fn text(value: &JsValue, context: &mut Context) -> JsResult<Option<String>> {
    let Some(object) = value.as_object() else { return Ok(None) };
    let mut columns = vec![String::from("(index)")];
    let mut rows = Vec::new();
    for key in enumerable_keys(&object, context)?.into_iter().take(MAX_ROWS) {
        let row = object.get(key.clone(), context)?;
        let index = super::key_text(&key).to_std_string_lossy();
        rows.push(cells(index, &row, &mut columns, context)?);
    }
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(drawn(&columns, &rows)))
}

fn cells(
    index: String,
    row: &JsValue,
    columns: &mut Vec<String>,
    context: &mut Context,
) -> JsResult<Vec<String>> {
    let mut cells = vec![index];
    let Some(row) = row.as_object() else {
        put("Values", cell(row, context)?, &mut cells, columns);
        return Ok(cells);
    };
    for (name, key) in fields(&row, context)? {
        let value = row.get(key, context)?;
        put(&name, cell(&value, context)?, &mut cells, columns);
    }
    Ok(cells)
}

fn fields(row: &JsObject, context: &mut Context) -> JsResult<Vec<(String, PropertyKey)>> {
    let array = is_array(row, context)?;
    let keys = enumerable_keys(row, context)?.into_iter().take(MAX_COLUMNS);
    Ok(keys
        .filter(|key| !array || matches!(key, PropertyKey::Index(_)))
        .map(|key| (super::key_text(&key).to_std_string_lossy(), key))
        .collect())
}

fn cell(value: &JsValue, context: &mut Context) -> JsResult<String> {
    let text = inspect::line(std::slice::from_ref(value), Look::bounded(MAX_CELL), context)?;
    Ok(text.replace('\n', " "))
}

fn put(column: &str, text: String, cells: &mut Vec<String>, columns: &mut Vec<String>) {
    let at = columns.iter().position(|known| known == column).unwrap_or_else(|| {
        columns.push(column.into());
        columns.len() - 1
    });
    if at < MAX_COLUMNS {
        cells.resize(cells.len().max(at + 1), String::new());
        cells[at] = text;
    }
}

fn drawn(columns: &[String], rows: &[Vec<String>]) -> String {
    let columns = &columns[..columns.len().min(MAX_COLUMNS)];
    let cell = |row: &[String], at: usize| row.get(at).map_or("", String::as_str).to_owned();
    let width = |at: usize| {
        let longest = rows.iter().map(|row| cell(row, at).chars().count()).max().unwrap_or(0);
        longest.max(columns[at].chars().count())
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells: Vec<String> =
            widths.iter().enumerate().map(|(at, width)| format!("{:width$}", cell(row, at))).collect();
        cells.join(" | ").trim_end().to_owned()
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let lines = [line(columns), rule.join("-|-")].into_iter().chain(rows.iter().map(|row| line(row)));
    lines.collect::<Vec<_>>().join("\n")
}
