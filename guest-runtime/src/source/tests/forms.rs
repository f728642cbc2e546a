//! Every form that a whole program takes, and its value.

use super::run;

/// Program and value.
const FORMS: &[(&str, &str)] = &[
    ("1 + 1", "2"),
    ("return 5", "5"),
    ("const x = 1;\nreturn x + 1;", "2"),
    ("const x = 3; x", "3"),
    ("const x = 3; x;\n", "3"),
    ("export default 7", "7"),
    ("export default { a: 1 };", r#"{"a":1}"#),
    ("export default async function () { return 8 }", "8"),
    ("export default async function main() { return 9 }", "9"),
    ("export default () => 10", "10"),
    ("export default (async () => 11)();", "11"),
    ("async () => { return 12 }", "12"),
    ("async () => 13;", "13"),
    ("(async () => { return 14 })", "14"),
    ("(async () => { return 15 })()", "15"),
    ("(async function () { return 16 })();", "16"),
    ("(() => 17)()", "17"),
    ("async function main() { return 18 }", "18"),
    ("async function main() { return 19 }\nmain();", "19"),
    ("async function main() { return 20 }\nawait main();", "20"),
    ("async function main() { return 21 }\nreturn await main();", "21"),
    ("async function main() { return 22 }\nreturn main();", "22"),
    ("await main();\nasync function main() { return 23 }", "23"),
    ("const main = async () => { return 24 };", "24"),
    ("const main = async () => 25;\nmain()", "25"),
    ("const main = async () => 26;\nmain().catch(console.error)", "26"),
    ("function helper() { return 1 }\nasync function main() { return 26 + helper() }", "27"),
    ("async function fetchAll() { return 28 }", "28"),
    ("const K = 1; function unused() { return 29 }", "undefined"),
    ("export async function main() { return 30 }", "30"),
    ("const o = await tools.shop.getOrder({ id: 'x' }); return o;", r#"{"id":"x"}"#),
    ("await tools.shop.getOrder({ id: 'x' })", r#"{"id":"x"}"#),
    ("tools.shop.getOrder({ id: 'x' })", r#"{"id":"x"}"#),
    ("const { getOrder } = tools.shop; await getOrder({ id: 'y' })", r#"{"id":"y"}"#),
    (
        "import { getOrder } from '/servers/shop/getOrder.ts'; return await getOrder({ id: 'z' })",
        r#"{"id":"z"}"#,
    ),
    (
        "import { getOrder } from './servers/shop';\nconst r = await getOrder({ id: 'z' });\nr",
        r#"{"id":"z"}"#,
    ),
    ("import * as shop from '/servers/shop';\nreturn shop.getOrder({ id: 'n' })", r#"{"id":"n"}"#),
    ("import getOrder from '/servers/shop/getOrder.ts';\ngetOrder({ id: 'd' })", r#"{"id":"d"}"#),
    ("const m = await import('/servers/shop/getOrder.ts'); await m.getOrder({ id: 'i' })", r#"{"id":"i"}"#),
    (
        "const [a, b] = await Promise.all([tools.shop.getOrder({ id: '1' }), tools.shop.getOrder({ id: '2' })]); [a.id, b.id]",
        r#"["1","2"]"#,
    ),
    ("let s = 0; for (const o of await tools.shop.listOrders()) s += o.total;\ns", "3"),
    ("if (true) { return 'early' }\nreturn 'late'", "\"early\""),
    ("for (const x of [1, 2, 3]) { if (x === 2) return x }", "2"),
    ("try { throw new Error('e') } catch (e) { return (e as Error).message }", "\"e\""),
    ("try { return 1 } finally { console.log('x') }", "1"),
    ("if (Math.random() > 2) { return 1 }\n'end'", "\"end\""),
    ("if (Math.random() > 2) { return 1 }\nexport default 4;\nconsole.log(1)", "4"),
    ("export const a = 1; export const b = 2; a + b", "3"),
    ("export const a = 1; return a", "1"),
    ("const a = 1; export { a }; return a + 1", "2"),
    ("interface A { x: number }\ntype B = A | null", "undefined"),
    ("import type { Order } from '/servers/shop/getOrder.ts'", "undefined"),
    (
        "import { type Order } from '/servers/shop/getOrder.ts';\nconst o: Order = { id: 1 } as any; o",
        r#"{"id":1}"#,
    ),
    ("import { Order } from '/servers/shop/getOrder.ts';\nconst o: Order = 1 as any; o", "1"),
    ("", "undefined"),
    ("// nothing", "undefined"),
    ("console.log('hi')", "undefined"),
    ("enum C { Red, Green = 5 }\nC.Green", "5"),
    ("const enum C { A = 'a' }\nreturn C.A", "\"a\""),
    ("namespace N { export const x = 4 }\nN.x", "4"),
    ("namespace N { export const x = 4 }\nreturn N.x", "4"),
    (
        "class P { constructor(public x: number, private y = 2) {} sum() { return this.x + this.y } }\nnew P(1).sum()",
        "3",
    ),
    (
        "abstract class S { abstract area(): number }\nclass Q extends S { area() { return 4 } }\nnew Q().area()",
        "4",
    ),
    (
        "function f(a: string): string; function f(a: number): number; function f(a: any) { return a }\nf(1)",
        "1",
    ),
    ("const x = { a: 1 } satisfies Record<string, number>; x.a!", "1"),
    ("function id<T>(x: T): T { return x }\nid<number>(3)", "3"),
    ("declare const y: number; declare function g(): void; 6", "6"),
    ("const id = <T,>(x: T) => x; id('q')", "\"q\""),
    ("let u: string | undefined; u?.length ?? 'none'", "\"none\""),
    ("function seal(c: Function) { (c as any).sealed = 1 }\n@seal class A {}\n(A as any).sealed", "1"),
    (
        "function log(t: any, k: string, d: PropertyDescriptor) { const f = d.value; d.value = function () { return f.call(this) + 1 }; return d }\nclass A { @log m() { return 1 } }\nnew A().m()",
        "2",
    ),
    (
        "const out: string[] = [];\n{ using r = { [Symbol.dispose]() { out.push('d') } }; out.push('b') }\nout",
        r#"["b","d"]"#,
    ),
    (
        "const out: string[] = [];\n{ await using r = { async [Symbol.asyncDispose]() { out.push('d') } }; out.push('b') }\nreturn out",
        r#"["b","d"]"#,
    ),
    ("'use strict';\nreturn 1", "1"),
    ("'hello'", "\"hello\""),
    ("`hello ${1 + 1}`", "\"hello 2\""),
    ("({ a: 1, b: [1, 2] })", r#"{"a":1,"b":[1,2]}"#),
    ("[1, 2, 3].map(x => x * 2)", "[2,4,6]"),
    ("#!/usr/bin/env node\nreturn 1", "1"),
    ("\u{feff}return 2", "2"),
    ("const a = 1;\r\nconst b = 2;\r\nreturn a + b;\r\n", "3"),
    ("const s = 'a\u{2028}b'; s.length", "3"),
    ("null", "null"),
    ("undefined", "undefined"),
    ("new Promise(r => r(31))", "31"),
    ("class A {}\nexport default class B { static x = 1 }", "undefined"),
    ("let x = 1; x = 5", "5"),
    ("var r = 1\nvar q = 2\n;[r, q].length", "2"),
    ("label: for (;;) { break label }\n3", "3"),
    ("function* g() { yield 1; yield 2 }\n[...g()]", "[1,2]"),
    ("export default function f() { return 33 }\nconst x = 1;", "33"),
    ("const { a = 1, ...rest } = { b: 2 } as any; return { a, rest }", r#"{"a":1,"rest":{"b":2}}"#),
    ("const re = /[/\"`]+[{(]/g; re.test('`(')", "true"),
];

#[test]
fn every_form_gives_its_value() {
    let mut wrong = Vec::new();
    for (program, expected) in FORMS {
        let value = run(program);
        if value != *expected {
            wrong.push(format!("{program:?}\n  is  {value}\n  not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FORMS.len(), wrong.join("\n"));
}
