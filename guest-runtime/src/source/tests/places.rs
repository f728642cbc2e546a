//! Errors of the engine are told at their place in the TypeScript, with the expression they are about.

use super::run;

/// Program, and how its error reads.
const PLACES: &[(&str, &str)] = &[
    ("throw new Error('a')", "a at 1:7 `Error`"),
    ("interface A { x: number }\n\nconst a: A = { x: 1 };\n  throw new Error('b');", "b at 4:9 `Error`"),
    ("type T = 1;\nconst s: string = '😀'; throw new Error('c')", "c at 2:31 `Error`"),
    ("const o: any = {};\nreturn o.foo();", "not a callable function at 2:10 `o.foo`"),
    (
        "const o: any = {};\nconst x = o.a.b.c;",
        "cannot convert 'null' or 'undefined' to object at 2:15 `o.a.b`",
    ),
    (
        "import { getOrder } from '/servers/shop';\n\nfunction f(): void {\n  (null as any)();\n}\nf();",
        "not a callable function at 4:4 `(null as any)`",
    ),
    ("const o: any = { f: () => 1 };\n\no.f()(2)", "not a callable function at 3:6 `o.f()`"),
    ("const o: any = {};\nnew o.X()", "not a constructor at 2:1 `o.X`"),
    ("enum E { A }\nconst g = 1 as any;\nawait g();", "not a callable function at 3:7 `g`"),
];

#[test]
fn places_are_exact() {
    let mut wrong = Vec::new();
    for (program, expected) in PLACES {
        let error = run(program);
        if error != *expected {
            wrong.push(format!("{program:?}\n  is  {error}\n  not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
