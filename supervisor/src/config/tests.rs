use std::path::Path;

use super::{Config, ConfigError, parse};

fn read(text: &str) -> Result<Config, ConfigError> {
    let variable = |name: &str| match name {
        "TOKEN" => Some("s3cret-value".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    parse(text, Path::new("/etc/oubliette/config.toml"), &variable)
}

fn error(text: &str) -> ConfigError {
    match read(text) {
        Ok(_) => panic!("taken: {text}"),
        Err(error) => error,
    }
}

#[test]
fn a_whole_configuration() {
    let config = read(
        r#"
        profile = "strict.toml"
        [host]
        cgroup = "/oubliette"
        [limits]
        wall_ms = 5000
        [servers."my shop"]
        command = "${SHELL_OF_CHOICE:-sh}"
        args = ["-c", "echo $${HOME} $HOME"]
        env = { KEY = "${TOKEN}" }
        cwd = "data"
        timeout_ms = 1000
        "#,
    );
    let config = config.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.profile.as_deref(), Some(Path::new("/etc/oubliette/strict.toml")));
    assert_eq!(config.host.cgroup.as_deref(), Some("/oubliette"));
    assert_eq!((config.limits.wall_ms, config.limits.cpu_s), (5000, 10));
    let [shop] = config.servers.as_slice() else { panic!("one server") };
    assert_eq!((shop.name.as_str(), shop.command.as_str()), ("my shop", "sh"));
    assert_eq!(shop.args, ["-c", "echo ${HOME} $HOME"]);
    assert_eq!(
        shop.env.first().map(|(key, value)| (key.as_str(), value.expose())),
        Some(("KEY", "s3cret-value"))
    );
    assert_eq!(shop.cwd.as_deref(), Some(Path::new("/etc/oubliette/data")));
    assert_eq!((shop.timeout_ms, shop.start_timeout_ms), (1000, 30_000));
}

#[test]
fn an_unknown_key_is_named_with_its_place() {
    let error = error("[servers.shop]\ncommand = \"x\"\ncomand = \"y\"\n");
    assert_eq!(error.place, "/etc/oubliette/config.toml:3:1");
    assert!(error.what.starts_with("unknown field `comand`, expected one of `command`"), "{}", error.what);
}

#[test]
fn a_wrong_limit_is_named_with_its_place() {
    assert_eq!(error("[limits]\nwall = 3\n").place, "/etc/oubliette/config.toml:2:1");
    assert_eq!(error("[limits]\nwall_ms = \"3\"\n").place, "/etc/oubliette/config.toml:2:11");
    assert!(error("[limits]\nresult_bytes = 999999999\n").what.contains("`result_bytes`"));
    assert!(error("[limits]\nwall_ms = 0\n").what.contains("no program could run"));
}

#[test]
fn duplicates_are_errors() {
    let toml = error("[servers.a]\ncommand = \"x\"\n[servers.a]\ncommand = \"y\"\n");
    assert!(toml.place.starts_with("/etc/oubliette/config.toml:3:"), "{toml}");
    let json = error("{\"mcpServers\":{\"a\":{\"command\":\"x\"},\n\"a\":{\"command\":\"y\"}}}");
    assert!(json.what.contains("`a` is there twice") && json.place.contains(".toml:2:"), "{json}");
}

#[test]
fn an_unset_variable_names_server_field_and_variable() {
    let toml = error("[servers.shop]\ncommand = \"x\"\nenv = { KEY = \"${NOT_SET}\" }\n");
    assert!(toml.what.contains("`env.KEY` of server `shop`") && toml.what.contains("NOT_SET"), "{toml}");
    assert!(toml.place.contains(".toml:1:"), "{toml}");
    let json = error(r#"{"servers":{"far":{"url":"https://x","headers":{"A":"Bearer ${NOT_SET}"}}}}"#);
    assert!(json.what.contains("`headers.A` of server `far`"), "{json}");
    assert!(error("[servers.a]\ncommand = \"${input:x}\"").what.contains("not an environment variable"));
    assert!(read("[servers.a]\ncommand = \"${NOT_SET}\"\ndisabled = true").is_ok());
    assert!(error("[servers.a]\ncommand = \"${EMPTY}\"").what.contains("empty command"));
}

#[test]
fn a_clients_file_is_read_as_it_is() {
    let config = read(
        r#"// written by an editor
        { "inputs": [], "servers": {
            "time": { "type": "stdio", "command": "mcp-server-time", "env": {"T": "${env:TOKEN}"}, "gallery": 1 },
            /* remote */
            "far": { "type": "http", "url": "https://mcp.example/mcp" },
        } }"#,
    );
    let config = config.unwrap_or_else(|error| panic!("{error}"));
    let [time, far] = config.servers.as_slice() else { panic!("two servers") };
    assert!(time.unsupported.is_none() && time.env.iter().all(|(_, value)| value.expose() == "s3cret-value"));
    assert!(far.unsupported.as_deref().is_some_and(|why| why.contains("stdio bridge")));
    assert!(error("{\"theme\": \"dark\"}").what.contains("mcpServers"));
    assert_eq!(
        error("{\n  \"mcpServers\": { \"a\": { \"command\": 3 } } }").place,
        "/etc/oubliette/config.toml:2:37"
    );
}
