//! The four hosts: two with sessions, one without, one over the unix socket that now and then is a crowd.

use crate::programs::Program;
use crate::tally::Tally;
use oubliette_tests::dice::Dice;
use oubliette_tests::http::{At, Host, Reply};
use oubliette_tests::{Verdict, ensure};
use serde_json::json;
use std::thread;
use std::time::{Duration, Instant};

/// Requests that a host leaves open.
const WINDOW: usize = 6;
/// What the gateway takes at once is less: runs, and waiting ones.
const CROWD: usize = 16 + 256 + 60;
/// A request that was cancelled is over by then, on a busy machine.
const SOON: Duration = Duration::from_secs(15);

/// One stretch of the soak.
pub(super) struct Round<'a> {
    /// The address, and the socket.
    pub(super) doors: [At; 2],
    pub(super) until: Instant,
    pub(super) seed: u64,
    /// Whether sessions are left behind without a word.
    pub(super) abandons: bool,
    pub(super) tally: &'a Tally,
}

/// All of them.
pub(super) const ALL: [fn(&Round<'_>) -> Verdict; 4] = [
    |round| sessions(round, &round.doors[0], "2025-06-18", 11),
    |round| sessions(round, &round.doors[0], "2025-11-25", 12),
    without_sessions,
    |round| {
        crowd(round)?;
        sessions(round, &round.doors[1], "2025-11-25", 14)
    },
];

impl Round<'_> {
    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }
}

/// A request, and the answer that is still to be read.
struct Open {
    program: Program,
    id: u64,
    reply: Reply,
}

impl Open {
    fn ask(host: &mut Host, program: Program) -> Result<Self, oubliette_tests::Failed> {
        let (id, reply) = host.ask("tools/call", &program.call())?;
        Ok(Self { program, id, reply })
    }

    fn answered(mut self, tally: &Tally) -> Verdict {
        let answer = self.reply.answer(self.id)?;
        self.program.judge(&answer, tally)
    }

    /// Nobody waits for it any more: an answer that was on its way comes, or the stream ends.
    fn over(mut self, tally: &Tally) -> Verdict {
        let begun = Instant::now();
        let ended = self.reply.answer(self.id);
        ensure!(
            begun.elapsed() < SOON,
            "{:?} until the end of what was cancelled: {ended:?}",
            begun.elapsed()
        );
        match ended {
            Ok(answer) if answer["result"]["structuredContent"].is_object() => {
                self.program.judge(&answer, tally)
            }
            _ => Ok(()),
        }
    }
}

fn sessions(round: &Round<'_>, door: &At, version: &str, seed: u64) -> Verdict {
    let mut dice = Dice(round.seed ^ (seed << 32));
    while !round.is_over() {
        let mut host = Host::new(door.clone()).begin(version)?;
        let mut open = Vec::new();
        for _ in 0..20 + dice.roll(60) {
            if round.is_over() {
                break;
            }
            if open.len() >= WINDOW {
                let one = open.swap_remove(dice.roll(open.len()));
                settle(&host, one, &mut dice, round.tally)?;
            }
            open.push(Open::ask(&mut host, Program::any(&mut dice))?);
        }
        leave(&host, open, &mut dice, round)?;
    }
    Ok(())
}

fn settle(host: &Host, open: Open, dice: &mut Dice, tally: &Tally) -> Verdict {
    match dice.roll(8) {
        0 => {
            tally.count("cancelled");
            let params = json!({ "requestId": open.id, "reason": "enough" });
            let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
            let status = host.send("POST", cancel.to_string().as_bytes())?.status;
            ensure!(status == 202, "a cancellation is answered with {status}");
            open.over(tally)
        }
        1 => {
            tally.count("hung up");
            open.reply.hang_up();
            Ok(())
        }
        _ => open.answered(tally),
    }
}

/// The end of a session: with its work done, in the middle of it, or without a word.
fn leave(host: &Host, open: Vec<Open>, dice: &mut Dice, round: &Round<'_>) -> Verdict {
    match dice.roll(4) {
        0 if round.abandons => {
            round.tally.count("sessions left behind");
            Ok(())
        }
        1 => {
            round.tally.count("sessions ended at work");
            end(host)?;
            open.into_iter().try_for_each(|one| one.over(round.tally))
        }
        _ => {
            open.into_iter().try_for_each(|one| one.answered(round.tally))?;
            round.tally.count("sessions ended at rest");
            end(host)
        }
    }
}

/// More at once than there is room for; then all of it is called off.
fn crowd(round: &Round<'_>) -> Verdict {
    let mut host = Host::new(round.doors[1].clone()).begin("2025-11-25")?;
    let asked = (0..CROWD).map(|_| Open::ask(&mut host, Program::slow()));
    let asked = asked.collect::<Result<Vec<_>, _>>()?;
    end(&host)?;
    asked.into_iter().try_for_each(|one| one.over(round.tally))
}

fn end(host: &Host) -> Verdict {
    let status = host.send("DELETE", b"")?.status;
    ensure!(status < 300, "the end of a session is answered with {status}");
    Ok(())
}

/// Revision 2026-07-28: each request for itself, and the end of the connection is the end of the request.
fn without_sessions(round: &Round<'_>) -> Verdict {
    thread::scope(|scope| {
        let lanes = [21_u64, 22, 23, 24].map(|seed| {
            scope.spawn(move || {
                one_by_one(round, seed).map_err(|failed| failed.message().unwrap_or_default().to_owned())
            })
        });
        for lane in lanes {
            lane.join().map_err(|_| "a host panicked")??;
        }
        Ok(())
    })
}

fn one_by_one(round: &Round<'_>, seed: u64) -> Verdict {
    let mut dice = Dice(round.seed ^ (seed << 32));
    let mut host = Host::new(round.doors[0].clone());
    while !round.is_over() {
        let program = Program::any(&mut dice);
        if dice.roll(6) == 0 {
            round.tally.count("hung up");
            let after = Duration::from_millis(u64::try_from(dice.roll(400))?);
            host.ask_and_leave("tools/call", &program.call(), after)?;
        } else {
            let answer = host.ask_modern("tools/call", &program.call())?.message()?;
            program.judge(&answer, round.tally)?;
        }
    }
    Ok(())
}
