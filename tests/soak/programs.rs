//! What hosts have run, and what must come of it.

use crate::tally::Tally;
use oubliette_tests::dice::Dice;
use oubliette_tests::{Verdict, ensure};
use serde_json::{Value, json};

/// What happens to a run however good its program is: there was no place for it, or it was killed.
const FATE: [&str; 4] = ["busy", "killed", "internal", "jail"];
/// Calls of the bad servers that end in every way.
const BAD_CALLS: [&str; 16] = [
    "frail.die({})",
    "frail.die({})",
    "frail.never({})",
    "frail.refuse({ message: 'no' })",
    "noisy.junk({})",
    "noisy.wrong_id({})",
    "noisy.twice({})",
    "noisy.not_a_result({})",
    "noisy.long_line({ bytes: 3000000 })",
    "noisy.deep({ depth: 5000 })",
    "victim.slow({ ms: 300 })",
    "victim.slow({ ms: 700 })",
    "late.broken({})",
    "flood.broken({})",
    "garbage.broken({})",
    "garbage.broken({})",
];

/// One program.
pub(super) struct Program {
    code: String,
    timeout_ms: Option<u64>,
    expected: Expected,
}

enum Expected {
    Value(Value),
    /// How a bad call ended, then this, which a healthy server returned.
    Beside(Value),
    /// An error of one of these kinds.
    Error(&'static [&'static str]),
    /// It ran, whatever came of it.
    Ran,
}

impl Program {
    /// One that keeps its place for a while.
    pub(super) fn slow() -> Self {
        Self {
            code: "await sleep(5000); return 1".into(),
            timeout_ms: None,
            expected: Expected::Value(json!(1)),
        }
    }

    /// Any of them.
    pub(super) fn any(dice: &mut Dice) -> Self {
        let n = dice.roll(1_000_000);
        let healthy = *dice.pick(&["steady", "far"]);
        let (code, expected) = match dice.roll(12) {
            0 | 1 => {
                let code = format!("return (await tools.{healthy}.echo({{ value: {n} }})).value");
                (code, Expected::Value(json!(n)))
            }
            2 => (format!("throw new Error('{n}')"), Expected::Error(&["exception"])),
            3 => return Self::endless("for (;;) {}", 300),
            4 => {
                return Self::endless(
                    "setInterval(() => {}, 50); await tools.steady.slow({ ms: 3000 })",
                    1_500,
                );
            }
            5 => {
                let call = format!("tools.{healthy}.echo({{ value: i }}).then((it) => it.value)");
                let code = format!(
                    "const all = await Promise.all(Array.from({{ length: 40 }}, (_, i) => {call})); \
                     return all.reduce((sum, i) => sum + i, {n})"
                );
                (code, Expected::Value(json!(n + 780)))
            }
            6 => (
                format!("tools.{healthy}.echo({{ value: {n} }}); tools.late.broken({{}}); return 1"),
                Expected::Ran,
            ),
            7 => (
                "return (await tools.steady.big({ bytes: 2000000 })).length".into(),
                Expected::Value(json!(2_000_000)),
            ),
            8 => (
                "return Array.from({ length: 20000 }, (_, i) => ({ i, text: 'x'.repeat(20) }))".into(),
                Expected::Ran,
            ),
            _ => {
                let code = format!(
                    "const near = tools.{healthy}.echo({{ value: {n} }}); \
                     const bad = await tools.{}.then(() => 'answered', (error) => error.code); \
                     return [bad, (await near).value]",
                    dice.pick(&BAD_CALLS)
                );
                (code, Expected::Beside(json!(n)))
            }
        };
        Self { code, timeout_ms: None, expected }
    }

    fn endless(code: &str, timeout_ms: u64) -> Self {
        let expected = Expected::Error(&["time_limit", "cpu_limit", "instruction_limit"]);
        Self { code: code.into(), timeout_ms: Some(timeout_ms), expected }
    }

    /// The parameters of `tools/call`.
    pub(super) fn call(&self) -> Value {
        let mut arguments = json!({ "code": self.code });
        if let Some(ms) = self.timeout_ms {
            arguments["timeout_ms"] = json!(ms);
        }
        json!({ "name": "execute", "arguments": arguments })
    }

    /// Whether the answer is what must come of it.
    pub(super) fn judge(&self, answer: &Value, tally: &Tally) -> Verdict {
        let report = &answer["result"]["structuredContent"];
        let told = || format!("{}\n{answer:.3000}", self.code);
        if report["ok"] == true {
            tally.count("run ok");
            let bad = report["value"][0].as_str().unwrap_or_default();
            let fits = match &self.expected {
                Expected::Value(value) => report["value"] == *value,
                Expected::Beside(value) => {
                    tally.count(&format!("call {bad}"));
                    !bad.is_empty() && report["value"][1] == *value
                }
                Expected::Error(_) => false,
                Expected::Ran => true,
            };
            ensure!(fits, "{}", told());
            return Ok(());
        }
        let says = |name: &str| report["error"][name].as_str().filter(|text| !text.is_empty());
        let (Some(kind), Some(message)) = (says("kind"), says("message")) else { return Err(told().into()) };
        tally.count(&format!("run {kind}"));
        let fits = match &self.expected {
            Expected::Error(kinds) => kinds.contains(&kind),
            Expected::Ran => true,
            Expected::Value(_) | Expected::Beside(_) => false,
        };
        ensure!(fits || FATE.contains(&kind), "{}", told());
        ensure!(kind != "busy" || (message.contains("are waiting") && says("hint").is_some()), "{}", told());
        Ok(())
    }
}
