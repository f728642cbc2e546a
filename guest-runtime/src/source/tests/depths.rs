//! What the nesting check lets pass, the parsers and the engine survive on the guest's stack.

use super::{compiled, execute};
use guest_protocol::limits::Limits;

/// What nests, with how many levels one of it counts for; then chains.
const NESTS: &[(&str, &str, usize)] = &[
    ("[", "]", 1),
    ("(", ")", 1),
    ("(async () => {", "})", 3),
    ("function f() {", "}", 1),
    ("class A { m() {", "} }", 2),
    ("{", "}", 1),
    ("`${", "}`", 1),
    ("!", "", 1),
    ("x => ", "", 1),
    ("1 ? 2 : ", "", 2),
    ("2 ** ", "", 1),
    ("if (1) ", "", 1),
    ("if (1) {} else ", "", 2),
    ("for (;;) ", "", 1),
    ("Array(", ")", 1),
    ("({ a: ", "})", 3),
    ("<any>", "", 1),
    ("typeof ", "", 1),
];

fn survives(program: String) {
    let stack = usize::try_from(Limits::default().stack_bytes).unwrap();
    let thread = std::thread::Builder::new().stack_size(stack).spawn(move || {
        if let Ok(compiled) = compiled(&program) {
            drop(execute(&format!(
                "if (false) {{ (async () => {{ \n{}\n }}) }}",
                compiled.code.replace("export default", "")
            )));
        }
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn nesting_at_its_bound_is_survived() {
    let bound = Limits::default().source_depth;
    for (open, close, levels) in NESTS {
        let times = (bound - 4) / levels;
        survives(
            format!("{}0;{}", open.repeat(times), close.repeat(times))
                .replace("0;]", "0]")
                .replace("0;)", "0)")
                .replace("0;}", "0}"),
        );
    }
}

#[test]
fn chains_at_their_bound_are_survived() {
    for link in ["1 + ", "a.", "a || ", "f().", "a[0]."] {
        survives(format!(
            "const a: any = {{}}; const f = () => a;\n{}a",
            link.repeat(9_000 / link.len().min(3))
        ));
    }
    survives(format!("type T = {}string{};", "A<".repeat(900), ">".repeat(900)));
    survives(format!("let a: any = 1; a {}", "< a".repeat(900)));
    survives(format!("(0{})", ", 0".repeat(900)));
}

#[test]
fn text_without_sense_is_refused_not_fatal() {
    for text in [
        "(".repeat(1_000_000),
        "\"".repeat(1_000_001),
        "`${".repeat(300_000),
        "/*".to_owned(),
        "\\".repeat(999),
    ] {
        assert!(compiled(&text).is_err());
    }
    assert!(compiled(&format!("'{}'", "x".repeat(1 << 20))).is_ok());
    assert!(
        compiled(&"let a = 1; a;\n".replace("let a", "{ let a").replace("a;", "a }").repeat(100_000)).is_ok()
    );
}
