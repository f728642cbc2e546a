use std::path::Path;

use super::{Config, ConfigError, Program, Reach, Remote, ServerConfig, parse};

fn read(text: &str) -> Result<Config, ConfigError> {
    let variable = |name: &str| match name {
        "TOKEN" => Some("s3cret-value".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    parse(text, Path::new("/etc/oubliette/config.toml"), &variable)
}

fn program(server: &ServerConfig) -> &Program {
    match &server.reach {
        Reach::Program(program) => program,
        Reach::Remote(_) => panic!("{} is remote", server.name),
    }
}

fn remote(server: &ServerConfig) -> &Remote {
    match &server.reach {
        Reach::Remote(remote) => remote,
        Reach::Program(_) => panic!("{} is a program", server.name),
    }
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
    let started = program(shop);
    assert_eq!((shop.name.as_str(), started.command.as_str()), ("my shop", "sh"));
    assert_eq!(started.args, ["-c", "echo ${HOME} $HOME"]);
    assert_eq!(
        started.env.first().map(|(key, value)| (key.as_str(), value.expose())),
        Some(("KEY", "s3cret-value"))
    );
    assert_eq!(started.cwd.as_deref(), Some(Path::new("/etc/oubliette/data")));
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
    assert!(program(time).env.iter().all(|(_, value)| value.expose() == "s3cret-value"));
    assert_eq!(remote(far).url.as_str(), "https://mcp.example/mcp");
    let old = read(r#"{"mcpServers":{"old":{"type":"sse","url":"https://x/sse"}}}"#);
    let old = old.unwrap_or_else(|error| panic!("{error}"));
    assert!(old.servers[0].unsupported.as_deref().is_some_and(|why| why.contains("obsolete")));
    assert!(error("{\"theme\": \"dark\"}").what.contains("mcpServers"));
    assert_eq!(
        error("{\n  \"mcpServers\": { \"a\": { \"command\": 3 } } }").place,
        "/etc/oubliette/config.toml:2:37"
    );
}

#[test]
fn a_remote_server_and_its_traffic() {
    let config = read(
        r#"
        [servers.far]
        url = "https://mcp.example/mcp"
        headers = { X-Team = "${TOKEN}" }
        bearer = { file = "/proc/self/comm" }
        timeout_ms = 500
        calls_in_flight = 4
        calls_per_minute = 90
        breaker = { failures = 2 }
        cache = { tools = ["get_*", "list"], ttl_ms = 1000 }
        "#,
    );
    let config = config.unwrap_or_else(|error| panic!("{error}"));
    let far = &config.servers[0];
    assert_eq!((far.total_timeout_ms, far.traffic.in_flight, far.traffic.per_minute), (5000, 4, Some(90)));
    assert_eq!((far.traffic.breaker.failures, far.traffic.breaker.pause_ms), (2, 30_000));
    let covers = |tool| far.traffic.cache.as_ref().is_some_and(|cache| cache.covers(tool));
    assert!(covers("get_x") && covers("list") && !covers("list_all") && !covers("set_x"));
    let far = remote(far);
    assert_eq!(far.headers[0].0, "x-team");
    assert_eq!(far.headers[0].1.expose(), "s3cret-value");
    assert!(far.bearer.as_ref().is_some_and(|bearer| !bearer.expose().ends_with('\n')));
}

#[test]
fn what_is_wrong_with_a_remote_server_is_named() {
    for (fields, words) in [
        ("url = \"ftp://x/y\"", "neither http:// nor https://"),
        ("url = \"far away\"", "is no URL"),
        ("url = \"https://me:secret@x/\"", "user and password"),
        ("url = \"https://x/\"\ncommand = \"y\"", "`command` means nothing"),
        ("command = \"y\"\nbearer = \"z\"", "`bearer` means nothing"),
        ("url = \"https://x/\"\nheaders = { Mcp-Session-Id = \"1\" }", "not a header that can be set"),
        ("url = \"https://x/\"\nheaders = { Host = \"1\" }", "not a header that can be set"),
        ("url = \"https://x/\"\nbearer = { file = \"/no/such/file\" }", "/no/such/file cannot be read"),
        ("url = \"https://x/\"\nbearer = { credential = \"token\" }", "CREDENTIALS_DIRECTORY is not set"),
        ("url = \"https://x/\"\nbearer = { credential = \"../token\" }", "impossible credential"),
        ("url = \"https://x/\"\nbearer = { fiel = \"t\" }", "unknown field `fiel`"),
        ("url = \"https://x/\"\nbearer = \"two\\nlines\"", "no header can have"),
        ("url = \"https://x/\"\nca_file = \"/proc/self/comm\"", "no certificate"),
        ("url = \"https://x/\"\ncalls_in_flight = 0", "`calls_in_flight`"),
        ("url = \"https://x/\"\ncache = { tools = [\"*\"], ttl_ms = 0 }", "`cache.ttl_ms`"),
        ("url = \"https://x/\"\nbreaker = { failure = 1 }", "unknown field `failure`"),
    ] {
        let error = error(&format!("[servers.far]\n{fields}\n"));
        assert!(error.what.contains(words), "{fields}: {error}");
        assert!(error.place.contains(".toml:"), "{error}");
    }
}
