//! A fault in every system call of a setup, from the jailer's first instruction to the guest's first frame: no program
//! is run, or the guest that runs it stands exactly as one without a fault.

mod harmless;

use harmless::{phase, why};
use nix::libc;
use oubliette_tests::bench::Bench;
use oubliette_tests::faulty::{FaultyGateway, Launched};
use oubliette_tests::needs::Need;
use oubliette_tests::plan::{Act, Call, Half, every_call, points};
use oubliette_tests::posture::Posture;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Verdict, ensure};

/// Of the calls that are tried with the first error, one in so many is tried with the others.
const SAMPLE: usize = 6;
/// Launches differ by a call or two of the C library's allocator.
const MAY_MISS: usize = 3;

const PROGRAM: &str = "return 'it ran'";
const NOTHING_RAN: &str = "the jail could not be closed, so nothing was run";

pub(super) fn add(trials: &mut Trials) {
    for (half, name) in [(Half::Outside, "outside"), (Half::Inside, "inside")] {
        let every = move |bench: &Bench| faults(bench, half, &[libc::EIO], 1);
        trials.both(&format!("faults/every call of the half {name}"), &[Need::Tracing], every);
        let sample = if every_call() { 1 } else { SAMPLE };
        let more = move |bench: &Bench| faults(bench, half, &[libc::EPERM, libc::ENOMEM], sample);
        trials.both(&format!("faults/other errors, half {name}"), &[Need::Tracing], more);
    }
    trials.both("faults/the guest of a clean launch is seen", &[Need::Tracing], clean);
}

/// The posture that everything is compared with is one of a locked guest, and the tracer saw the steps.
fn clean(bench: &Bench) -> Verdict {
    let mut gateway = FaultyGateway::start(bench, &bench.write("none.toml", "")?, "faulty")?;
    let launched = gateway.launch(None, PROGRAM)?;
    ensure!(launched.report["value"] == "it ran", "{:#}", launched.report);
    let posture = launched.posture.ok_or("no posture")?;
    let expected =
        [("status Seccomp_filters", "2"), ("status CapBnd", "0000000000000000"), ("oom_score_adj", "1000\n")];
    for (what, value) in expected {
        ensure!(posture.get(what) == value, "{what}: {:?}", posture.get(what));
    }
    for made in [
        libc::SYS_clone3,
        libc::SYS_pivot_root,
        libc::SYS_landlock_restrict_self,
        libc::SYS_seccomp,
        libc::SYS_execveat,
    ] {
        ensure!(launched.trace.calls.iter().any(|call| call.number == made), "call {made} was not seen");
    }
    gateway.close()
}

fn faults(bench: &Bench, half: Half, errnos: &[i32], one_in: usize) -> Verdict {
    let mut gateway = FaultyGateway::start(bench, &bench.write("none.toml", "")?, "faulty")?;
    let clean = gateway.launch(None, PROGRAM)?;
    let posture = clean.posture.ok_or("no guest without a fault")?;
    let (mut wrong, mut missed) = (Vec::new(), 0);
    for errno in errnos {
        for point in points(&clean.trace.calls, half).into_iter().step_by(one_in) {
            let launched = gateway.launch(Some((point, Act::Fail(*errno))), PROGRAM)?;
            let call = launched.trace.calls.iter().find(|call| call.point == point);
            match call.filter(|_| launched.trace.reached) {
                None => missed += 1,
                Some(call) => wrong.extend(judge(&launched, call, *errno, &posture)),
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    ensure!(missed <= MAY_MISS * errnos.len(), "{missed} points were not reached");
    gateway.close()
}

/// What is wrong with a launch in which `call` failed.
fn judge(launched: &Launched, call: &Call, errno: i32, expected: &Posture) -> Option<String> {
    let phase = phase(&launched.trace.calls, call);
    let told = |what: String| Some(format!("{call:?} in {phase:?} with error {errno}: {what}"));
    let error = &launched.report["error"];
    if launched.report["ok"] != true {
        let message = error["message"].as_str().unwrap_or_default();
        let clear = message.strip_prefix(NOTHING_RAN).is_some_and(|why| why.len() > ". Step ".len());
        let refused = error["kind"] == "jail" && clear && launched.report["value"].is_null();
        return if refused { None } else { told(format!("not refused clearly: {:#}", launched.report)) };
    }
    let Some(posture) = &launched.posture else { return told("it ran, and no guest was seen".into()) };
    let differences = posture.differences(expected);
    if !differences.is_empty() {
        return told(format!("it ran, and {}", differences.join("; ")));
    }
    match why(call, phase, errno) {
        Some(_) => None,
        None => told("it ran, and nothing says why it may".into()),
    }
}
