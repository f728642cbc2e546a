//! Layer `landlock`: no file below `/proc` shows a ruleset, so the guest is asked for what it forbids.

use super::privileges::{asked, told};
use super::row::{Found, Row, Rows};
use jail_spec::Ruleset;
use policies::{RIGHTS, RightKind};
use readback::{Answer, Answers, Refusal};

/// One right that can be asked for: its name in the ruleset, the call, and its answer where it is handled.
type Question = (&'static str, &'static str, &'static str, fn(&Answers) -> Result<Answer, Refusal>);

/// The others act on files, and the root has none; they were taken by the same call.
const QUESTIONS: [Question; 5] = [
    ("read_dir", "open(\"/\", O_DIRECTORY)", "EACCES", |answers| Ok(answers.read_dir)),
    ("bind_tcp", "bind(192.0.2.1:65535)", "EACCES", |answers| Ok(answers.bind_tcp)),
    ("connect_tcp", "connect(255.255.255.255:65535)", "EACCES", |answers| Ok(answers.connect_tcp)),
    ("abstract_unix_socket", "connect(an abstract socket outside)", "EPERM", |answers| {
        answers.abstract_unix_socket.clone()
    }),
    ("signal", "kill(a process outside, 0)", "EPERM", |answers| answers.signal.clone()),
];

pub(crate) fn rows(ruleset: &Ruleset, answers: &Result<Answers, Refusal>) -> Vec<Row> {
    let mut rows = Rows::of("landlock");
    for (right, call, refusal, of) in QUESTIONS.iter().filter(|(right, ..)| handles(ruleset, right)) {
        let found: Found = match answers {
            Ok(answers) => of(answers).map(told).map_err(Into::into),
            Err(_) => asked(answers, |_| Ok(0)),
        };
        rows.equal(*right, *refusal, found, &format!("{call} in the guest's name"));
    }
    rows.rows
}

fn handles(ruleset: &Ruleset, name: &str) -> bool {
    RIGHTS.iter().find(|right| right.name == name).is_some_and(|right| {
        let bits = match right.kind {
            RightKind::Filesystem => ruleset.filesystem,
            RightKind::Network => ruleset.network,
            RightKind::Scope => ruleset.scoped,
        };
        bits & (1 << right.bit) != 0
    })
}
