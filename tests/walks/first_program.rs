//! README's first program. What it must find is worked out here, from what the demo server itself says.

use oubliette_tests::bench::{Bench, read};
use oubliette_tests::gateway::Gateway;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, ensure};
use serde_json::{Value, json};

const PROGRAM: &str = "programs/largest_orders.ts";

pub(super) fn add(trials: &mut Trials) {
    trials.both("first program/run", &[], through_run);
    trials.both("first program/serve", &[], through_serve);
    trials.both("first program/nothing configured", &[], nothing_configured);
}

fn through_run(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let outcome = bench.run_program(&["--config", &config], &read(PROGRAM)?)?;
    ensure!(outcome.code == Some(0), "exit {:?}: {}", outcome.code, outcome.stderr);
    let value: Value =
        serde_json::from_str(&outcome.stdout).map_err(|error| format!("{error}: {}", outcome.stdout))?;
    let expected = three_largest(bench)?;
    ensure!(value == expected, "{value} instead of {expected}");
    ensure!(outcome.stderr.contains("10000 orders of 1200 customers"), "the log: {}", outcome.stderr);
    ensure!(
        outcome.stdout.lines().count() == 1,
        "more than the value on standard output: {}",
        outcome.stdout
    );
    Ok(())
}

fn through_serve(bench: &Bench) -> Verdict {
    let config = bench.config("")?;
    let mut gateway = bench.serve(&config)?;
    let report = gateway.execute(&read(PROGRAM)?)?;
    let expected = three_largest(bench)?;
    ensure!(report["ok"] == true && report["value"] == expected, "{report}");
    ensure!(report["calls"].as_array().is_some_and(|calls| calls.len() == 2), "calls: {}", report["calls"]);
    ensure!(report["logs"][0]["text"] == "10000 orders of 1200 customers", "logs: {}", report["logs"]);
    gateway.close().map(|_| ())
}

fn nothing_configured(bench: &Bench) -> Verdict {
    let outcome = bench.run_program(&[], &read(PROGRAM)?)?;
    ensure!(outcome.code == Some(0), "exit {:?}: {}", outcome.code, outcome.stderr);
    Ok(())
}

fn three_largest(bench: &Bench) -> Result<Value, Failed> {
    let mut shop = Gateway::start(bench.oubliette(&["demo-server"])?)?;
    shop.initialize(oubliette_tests::gateway::LEGACY)?;
    let orders = shop.call("list_orders", &json!({ "all": true }))?;
    let customers = shop.call("list_customers", &json!({ "all": true }))?;
    shop.close()?;
    let listed = |list: &Value, what: &str| list[what].as_array().cloned().unwrap_or_default();
    let (mut orders, customers) = (listed(&orders, "orders"), listed(&customers, "customers"));
    ensure!(orders.len() == 10_000, "the demo shop has {} orders", orders.len());
    orders.sort_by_key(|order| (std::cmp::Reverse(order["totalCents"].as_u64()), order["id"].to_string()));
    let joined = orders.iter().take(3).map(|order| {
        let customer = customers.iter().find(|customer| customer["id"] == order["customerId"]);
        let customer = customer.cloned().unwrap_or_default();
        json!({
            "order": order["id"],
            "customer": customer["name"],
            "city": customer["city"],
            "totalCents": order["totalCents"]
        })
    });
    Ok(joined.collect())
}
