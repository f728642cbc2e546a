//! What the check finds, where, and what it leaves alone.

use super::{compiled, rules};
use std::fmt::Write as _;

/// Program, and the rules with their places; warnings with a `?`.
const VERDICTS: &[(&str, &[&str])] = &[
    ("await tools.shp.getOrder({ id: 'x' })", &["unknown-server 1:13"]),
    ("await tools.shop.getOrders({ id: 'x' })", &["unknown-tool 1:18"]),
    ("await tools['shop']['get_order']({ id: 'x' })", &[]),
    ("const s = tools.shop; await s.nope({})", &["unknown-tool 1:31"]),
    ("const { getOrdr } = tools.shop; getOrdr", &["unknown-tool 1:9"]),
    ("const { shop: { getOrder } } = tools; await getOrder({})", &["missing-argument 1:45"]),
    ("import { x } from '/servers/shp/x.ts'; x()", &["unknown-server 1:19"]),
    ("import { listOrder } from '/servers/shop'; listOrder()", &["unknown-tool 1:10"]),
    ("import { a } from '/servers/shop/getOrdr.ts'; a()", &["unknown-tool 1:19"]),
    (
        "import { fetchOrder } from '/servers/shop/getOrder'; await fetchOrder({ id: '1' })",
        &["?import-name 1:10"],
    ),
    (
        "import * as shop from './servers/shop/index.ts'; await shop.getOrdr({ id: '1' })",
        &["unknown-tool 1:61"],
    ),
    ("import { shop } from '/servers'; await shop.getOrder({ id: '1' })", &[]),
    ("import lodash from 'lodash'; lodash.map([])", &["unknown-module 1:20"]),
    ("import fs from 'node:fs/promises'; await fs.readFile('/workspace/a')", &[]),
    ("const m = await import('/servers/shop/nope.ts')", &["unknown-tool 1:24"]),
    ("await tools.shop.getOrder()", &["missing-argument 1:18"]),
    ("await tools.shop.getOrder({ id: 1 })", &["argument-type 1:33"]),
    ("await tools.shop.getOrder({ id: 'x', dept: 1 })", &["unknown-argument 1:38"]),
    ("await tools.shop.getOrder({ id: 'x', depth: 1.5 })", &["argument-type 1:45"]),
    ("await tools.shop.listOrders({ limit: 1 })", &[]),
    ("await tools.shop.getOrder('x')", &[]),
    ("await tools.shop.getOrder(5)", &["argument-type 1:27"]),
    ("await tools.shop.getOrder('x', { depth: 2 })", &[]),
    ("const args = { id: 'x' }; await tools.shop.getOrder(args)", &[]),
    ("const a = { id: 'x' }; await tools.shop.getOrder({ ...a })", &[]),
    ("await tools.gitHub.createIssue('a/b', 'title', { labels: [] })", &[]),
    ("await tools.gitHub.createIssue('a/b')", &["missing-argument 1:20"]),
    (
        "const t = 'a'; await tools.gitHub.createIssue({ repo: t, title: t, labels: 'x' })",
        &["argument-type 1:76"],
    ),
    ("tools.shop.listOrders();\nreturn 1", &["?unawaited-call 1:1"]),
    ("void tools.shop.listOrders(); 1", &[]),
    ("const p = tools.shop.listOrders(); await p", &[]),
    ("tools.shop.listOrders().then(console.log); 1", &[]),
    ("tools.shop.listOrders()", &[]),
    ("await tools.shop.findOrders({ status: 'opne' })", &["argument-value 1:39"]),
    ("await tools.shop.findOrders({ status: `open` as const })", &[]),
    ("await tools.shop.findOrders({ status: -1 })", &[]),
    ("await tools.shop.findOrders({ status: 2 })", &["argument-value 1:39"]),
    ("await tools.shop.findOrders({ status: null })", &[]),
    ("const status = 'x'; await tools.shop.findOrders({ status })", &[]),
    ("await tools.shop.findOrders({ status: `o${1}` })", &[]),
    (
        "await tools.shop.findOrders({ filters: [{ field: 'a', op: 'eq' }, { feild: 'b' }] })",
        &["missing-argument 1:67", "unknown-argument 1:69"],
    ),
    (
        "await tools.shop.findOrders({ filters: [{ field: 1, op: '=' }] })",
        &["argument-type 1:50", "argument-value 1:57"],
    ),
    ("const more = {}; await tools.shop.findOrders({ filters: [{ ...more }, ...[]] })", &[]),
    ("await tools.shop.findOrders({ filters: { field: 'a' } })", &["argument-type 1:40"]),
    (
        "await tools.shop.findOrders({ page: { sise: 1, other: 2 } } satisfies object)",
        &["?unknown-argument 1:39"],
    ),
    ("await tools.shop.findOrders({ page: { size: 'x' } })", &["argument-type 1:45"]),
    ("await tools.shop.getOrder('x', 2, 3)", &["argument-count 1:35"]),
    ("await tools.shop.getOrder(...['x'])", &[]),
    ("await tools[`shop`]?.getOrder?.({ id: 1 })", &["argument-type 1:39"]),
    ("await tools?.shop?.['getOrdr']({ id: 1 })", &["unknown-tool 1:21"]),
    ("const p = tools.shop.listOrders(); return 1", &["?unawaited-call 1:11"]),
    ("const p = tools.shop.listOrders(); return p.length", &["?unawaited-call 1:45"]),
    ("return tools.shop.listOrders().length", &["?unawaited-call 1:32"]),
    ("const p = tools.shop.listOrders(); p.catch(() => 1); return p", &[]),
    ("['a'].forEach((id) => tools.shop.getOrder({ id })); return 1", &["?unawaited-call 1:23"]),
    (
        "['a'].forEach(async (id) => { await tools.shop.getOrder({ id }) }); return 1",
        &["?unawaited-call 1:15"],
    ),
    ("['a'].map((id) => tools.shop.getOrder({ id })); return 1", &["?unawaited-call 1:19"]),
    ("const all = ['a'].map((id) => tools.shop.getOrder({ id })); return 1", &["?unawaited-call 1:13"]),
    ("const all = ['a'].map((id) => tools.shop.getOrder({ id })); return await Promise.all(all)", &[]),
    ("return await Promise.all(['a'].map(async (id) => (await tools.shop.getOrder({ id })).id))", &[]),
    ("async function f() { return tools.shop.listOrders() }\nreturn await f()", &[]),
    ("tools.shop?.listOrders(); return 1", &["?unawaited-call 1:1"]),
    ("function f(tools: any) { return tools.nope.x() }\nf({})", &[]),
    ("const name = 'shop'; await (tools as any)[name].anything()", &[]),
    ("for (const s of Object.keys(tools)) console.log(s)", &[]),
    ("await resources.list(); await prompts.list('shop'); emit(await resources.templates('shop'))", &[]),
    ("await resources.read('shp', 'a:b')", &["unknown-server 1:22"]),
    ("await prompts.get({ server: 'shp', name: 'p' })", &["unknown-server 1:29"]),
    ("await resources.raed('shop', 'a:b')", &["unknown-member 1:17"]),
    ("await resources.list('git-hub')", &["?not-offered 1:22"]),
    ("resources.read('shop', 'a:b');\nreturn 1", &["?unawaited-call 1:1"]),
    ("const s = 'shp'; await resources.list(s); resources.toString()", &[]),
    ("const prompts = { ask: () => 1 }; prompts.ask()", &[]),
    ("await fetch('https://x')", &["unknown-global 1:7"]),
    ("typeof process === 'undefined'", &[]),
    ("try { process.exit() } catch {}", &["?unknown-global 1:7"]),
    ("const x: Foo<Bar> = 1 as any; x", &[]),
    ("undeclared = 1", &["unknown-global 1:1"]),
    ("const a = ;\nconst b = 1", &["syntax 1:11"]),
    ("let a = 1; let a = 2", &["syntax 1:5"]),
    ("const x = <div>hi</div>;", &["syntax 1:19"]),
];

#[test]
fn every_verdict_is_the_expected_one() {
    let mut wrong = String::new();
    for (program, expected) in VERDICTS {
        let found = rules(program);
        if found != *expected {
            let _ = writeln!(wrong, "{program:?}\n  is  {found:?}\n  not {expected:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_manifest_names_every_tool_once() {
    let program = "import { createIssue } from '/servers/gitHub';\nconst { listOrders } = tools.shop;\n\
        await tools.shop.getOrder({ id: '1' }); await tools.shop.getOrder({ id: '2' });\nreturn createIssue";
    let manifest = compiled(program).map(|compiled| compiled.manifest.tools).unwrap_or_default();
    let names: Vec<_> = manifest.iter().map(|name| format!("{}/{}", name.server, name.tool)).collect();
    assert_eq!(names, ["git-hub/create-issue", "shop/get_order", "shop/list_orders"]);
}

#[test]
fn the_manifest_names_what_servers_are_asked_for() {
    let program = "await resources.list(); return resources.read({ server: 'shop', uri: 'a:b' });";
    let manifest = compiled(program).map(|compiled| compiled.manifest).unwrap_or_default();
    let names: Vec<_> = manifest.tools.iter().map(|name| format!("{} {}", name.server, name.tool)).collect();
    assert_eq!(names, ["shop resources/list", "shop resources/read"]);
}

#[test]
fn findings_are_bounded() {
    let program: String = (0..100).map(|number| format!("missing{number}();\n")).collect();
    assert_eq!(rules(&program).len(), 20);
}

#[test]
fn a_hint_names_the_near_tool_with_its_signature() {
    let findings = compiled("await tools.shop.getOrders({})").err().unwrap_or_default();
    let hint = findings.first().and_then(|finding| finding.hint.clone()).unwrap_or_default();
    assert!(hint.starts_with("Did you mean `getOrder`? getOrder(args"), "{hint}");
}

#[test]
fn whatever_may_call_more_than_it_names_says_so() {
    for (program, expected) in [
        ("await tools.shop.listOrders({})", &[][..]),
        ("const { shop: { listOrders } } = tools; const s = tools.shop; await s.getOrder({ id: 'x' })", &[]),
        ("const shop = await import('/servers/shop'); await shop.listOrders({})", &[]),
        ("import * as all from '/servers'; await all.shop.listOrders({})", &[]),
        ("const name = 'listOrders'; await tools.shop[name]({})", &["1:34"]),
        ("await (tools as any)[String(1)].x()", &["1:8"]),
        ("const run = (s: any) => s.listOrders({}); await run(tools.shop)", &["1:53"]),
        ("let s = tools.shop; s = 1 as any;", &["1:9"]),
        ("const { ...rest } = tools.shop; await rest.listOrders()", &["1:21"]),
        ("const m = await import('/servers/' + 'shop')", &["1:17"]),
    ] {
        let manifest = compiled(program).map(|compiled| compiled.manifest).unwrap_or_default();
        let places: Vec<_> = manifest.dynamic.iter().map(|at| format!("{}:{}", at.line, at.column)).collect();
        assert_eq!(places, expected, "{program}");
    }
}
