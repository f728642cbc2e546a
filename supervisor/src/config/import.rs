//! Servers out of the files of other clients, as tables of our TOML. Nothing is expanded: what refers to a variable
//! there refers to it here.

use std::path::Path;

use serde_json::{Map, Value};
use toml::Table;

use super::ConfigError;

/// What a client's file has of servers.
pub(crate) struct Imported {
    /// By name, each as it would stand below `[servers.NAME]`.
    pub(crate) servers: Vec<(String, Table)>,
    /// What cannot be taken over, and why.
    pub(crate) left_out: Vec<String>,
}

/// Reads the file of a client: JSON with comments, or TOML. `project` is the folder whose own servers are wanted
/// too, where the file has several projects (`~/.claude.json`).
///
/// # Errors
/// When the text is neither.
pub(crate) fn import(text: &str, path: &Path, project: &Path) -> Result<Imported, ConfigError> {
    let file = read(text, path)?;
    let of_project = file.pointer("/projects").and_then(|projects| projects.get(project.to_str()?));
    let places = [
        file.get("mcpServers"),
        file.get("servers"),
        file.get("mcp_servers"),
        file.pointer("/mcp/servers"),
        of_project.and_then(|project| project.get("mcpServers")),
    ];
    let mut imported = Imported { servers: Vec::new(), left_out: Vec::new() };
    for (name, server) in places.into_iter().flatten().filter_map(Value::as_object).flatten() {
        if imported.servers.iter().any(|(known, _)| known == name) {
            imported.left_out.push(format!("{name}: a second server of this name"));
            continue;
        }
        match server.as_object().ok_or_else(|| "it is no object".to_owned()).and_then(table) {
            Ok(table) => imported.servers.push((name.clone(), table)),
            Err(why) => imported.left_out.push(format!("{name}: {why}")),
        }
    }
    Ok(imported)
}

fn read(text: &str, path: &Path) -> Result<Value, ConfigError> {
    let wrong =
        |what: String| ConfigError::of_file(path, what, "Name a file of JSON (with comments) or TOML.");
    if path.extension().is_some_and(|ending| ending == "toml") {
        let table: Table = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        return serde_json::to_value(table).map_err(|error| wrong(error.to_string()));
    }
    let mut plain = text.trim_start_matches('\u{feff}').to_owned();
    json_strip_comments::strip(&mut plain).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&plain).map_err(|error| wrong(format!("is not JSON: {error}")))
}

/// One server, in our words.
fn table(server: &Map<String, Value>) -> Result<Table, String> {
    let text = |key: &str| server.get(key).and_then(Value::as_str);
    let url = ["url", "serverUrl", "httpUrl"].into_iter().find_map(text);
    let mut table = Table::new();
    match (text("command"), url) {
        (Some(command), _) => {
            if server.contains_key("envFile") {
                return Err("envFile is not supported; put its variables under env".into());
            }
            table.insert("command".into(), referring(command).into());
            put(&mut table, "args", server.get("args"))?;
            put(&mut table, "env", server.get("env"))?;
            put(&mut table, "cwd", server.get("cwd"))?;
        }
        (None, Some(_)) if text("type") == Some("sse") => {
            return Err("its transport is the obsolete `sse`; look for a Streamable HTTP address".into());
        }
        (None, Some(url)) => {
            table.insert("url".into(), referring(url).into());
            put_headers(&mut table, server)?;
        }
        (None, None) => return Err("it has neither a command nor an address".into()),
    }
    let seconds = |key: &str| server.get(key).and_then(Value::as_f64).map(|seconds| seconds * 1000.0);
    let times = [
        ("timeout_ms", server.get("timeout").and_then(Value::as_f64).or_else(|| seconds("tool_timeout_sec"))),
        ("start_timeout_ms", seconds("startup_timeout_sec")),
    ];
    for (key, ms) in times {
        if let Some(ms) = ms.filter(|ms| (1.0..=3_600_000.0).contains(ms)) {
            // Within the range above it is a whole number of milliseconds.
            table.insert(key.into(), toml::Value::try_from(ms.round()).map_err(|it| it.to_string())?);
        }
    }
    let off = |key: &str, value: bool| server.get(key).and_then(Value::as_bool) == Some(value);
    if off("disabled", true) || off("enabled", false) {
        table.insert("disabled".into(), true.into());
    }
    Ok(whole_numbers(table))
}

/// Headers, and Codex's ways to name a variable for one.
fn put_headers(table: &mut Table, server: &Map<String, Value>) -> Result<(), String> {
    put(table, "headers", server.get("headers").or_else(|| server.get("http_headers")))?;
    if let Some(variables) = server.get("env_http_headers").and_then(Value::as_object) {
        let headers = table.entry("headers").or_insert_with(|| Table::new().into());
        for (name, variable) in variables {
            let variable = variable.as_str().ok_or("env_http_headers names no variable")?;
            if let Some(headers) = headers.as_table_mut() {
                headers.insert(name.clone(), format!("${{{variable}}}").into());
            }
        }
    }
    if let Some(variable) = server.get("bearer_token_env_var").and_then(Value::as_str) {
        table.insert("bearer".into(), format!("${{{variable}}}").into());
    }
    Ok(())
}

fn put(table: &mut Table, key: &str, value: Option<&Value>) -> Result<(), String> {
    let Some(value) = value else { return Ok(()) };
    let is_empty = match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        other => other.is_null(),
    };
    if !is_empty {
        let value = texts(value).ok_or_else(|| format!("`{key}` is not made of texts"))?;
        table.insert(key.into(), value);
    }
    Ok(())
}

/// A text, or texts in a list or an object. Numbers and truth values become texts, as every client makes them.
fn texts(value: &Value) -> Option<toml::Value> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(referring(text)),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    Some(match value {
        Value::Array(items) => items.iter().map(text).collect::<Option<Vec<_>>>()?.into(),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| Some((key.clone(), text(value)?.into())));
            members.collect::<Option<Table>>()?.into()
        }
        other => text(other)?.into(),
    })
}

/// `${input:api-key}`, which VS Code asks a person for, becomes the variable `${API_KEY}`.
fn referring(text: &str) -> String {
    let mut pieces = text.split("${input:");
    let mut referring = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').unwrap_or((piece, ""));
        let variable = name.replace(|each: char| !each.is_ascii_alphanumeric(), "_").to_ascii_uppercase();
        referring = format!("{referring}${{{variable}}}{rest}");
    }
    referring
}

/// Milliseconds came as floating-point numbers from JSON.
fn whole_numbers(mut table: Table) -> Table {
    for (_, value) in &mut table {
        if let toml::Value::Float(number) = value {
            *value = number.to_string().parse::<i64>().map_or(toml::Value::Float(*number), Into::into);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::import;
    use std::path::Path;

    fn read(name: &str, text: &str) -> (String, Vec<String>) {
        let imported =
            import(text, Path::new(name), Path::new("/home/me/shop")).unwrap_or_else(|it| panic!("{it}"));
        let tables = imported.servers.into_iter().map(|(name, table)| format!("{name}: {table}\n"));
        (tables.collect(), imported.left_out)
    }

    #[test]
    fn every_clients_file_is_read() {
        for (name, text, expected) in [
            (
                "claude_desktop_config.json",
                r#"{"mcpServers":{"a":{"command":"npx","args":["-y","x",7],"env":{"T":"${T}"},"disabled":true}}}"#,
                r#"args = ["-y", "x", "7"]"#,
            ),
            (
                ".claude.json",
                r#"{"projects":{"/home/me/shop":{"mcpServers":{"a":{"type":"http","url":"https://a/mcp"}}}}}"#,
                r#"url = "https://a/mcp""#,
            ),
            (
                "mcp.json",
                r#"{/* VS Code */ "servers":{"a":{"url":"https://a","headers":{"K":"${input:my-key} x"}}},}"#,
                "${MY_KEY} x",
            ),
            (
                "mcp_config.json",
                r#"{"mcpServers":{"a":{"serverUrl":"https://windsurf"}}}"#,
                "https://windsurf",
            ),
            (
                "settings.json",
                r#"{"mcpServers":{"a":{"httpUrl":"https://gemini","timeout":5000}}}"#,
                "timeout_ms = 5000",
            ),
            (
                "config.toml",
                "[mcp_servers.a]\nurl = \"https://codex\"\nbearer_token_env_var = \"TOKEN\"\nstartup_timeout_sec = 20\n",
                "start_timeout_ms = 20000",
            ),
            ("config.toml", "[mcp_servers.a]\ncommand = \"x\"\nenabled = false\n", "disabled = true"),
        ] {
            let (tables, left_out) = read(name, text);
            assert!(tables.contains(expected) && left_out.is_empty(), "{name}: {tables} {left_out:?}");
        }
    }

    #[test]
    fn what_cannot_be_taken_over_is_named() {
        let (tables, left_out) = read(
            "x.json",
            r#"{"mcpServers":{"old":{"type":"sse","url":"https://x"},"none":{},"file":{"command":"x","envFile":"y"},
                "odd":{"command":"x","args":[{}]},"not":3,"good":{"command":"x"}}}"#,
        );
        assert!(tables.starts_with("good:"), "{tables}");
        assert_eq!(left_out.len(), 5, "{left_out:?}");
    }
}
