//! Plays the supervisor's part towards the jailer, as whoever started it: see `driver.rs` of the harness.

use oubliette_tests::driver::{Act, Answer, Started};
use oubliette_tests::launch::{Launch, Order, profile, seal};
use oubliette_tests::wire::Said;
use policies::CompiledProfile;
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// One guest at a time.
#[derive(Default)]
struct Player {
    profile: Option<CompiledProfile>,
    /// Copies of executables, by guest and jailer: what a jailer does to its guest's stays done.
    images: HashMap<(PathBuf, PathBuf), OwnedFd>,
    launch: Option<Launch>,
    launches: u32,
}

fn main() {
    let mut player = Player::default();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = match serde_json::from_str(&line) {
            Ok(act) => player.play(act),
            Err(error) => Answer::Refused(format!("not an act: {error}")),
        };
        let text = serde_json::to_string(&answer).unwrap_or_default();
        let mut output = std::io::stdout().lock();
        if writeln!(output, "{text}").and_then(|()| output.flush()).is_err() {
            return;
        }
    }
}

impl Player {
    fn play(&mut self, act: Act) -> Answer {
        match act {
            Act::Start(order) => self.start(&order).map_or_else(Answer::Refused, Answer::Ready),
            Act::Run(program) => match self.launch.as_mut().map(|launch| launch.run(&program)) {
                Some(Ok(())) => self.hear(),
                Some(Err(why)) => Answer::Silent(why),
                None => Answer::Refused("there is no guest".into()),
            },
            Act::Hear => self.hear(),
            Act::End => match self.launch.take().map(Launch::end) {
                Some(Ok(end)) => Answer::Ended(end),
                Some(Err(why)) => Answer::Refused(why),
                None => Answer::Refused("there is no guest".into()),
            },
        }
    }

    fn start(&mut self, order: &Order) -> Result<Started, String> {
        self.launch = None;
        self.launches += 1;
        if self.profile.is_none() {
            self.profile = Some(profile()?);
        }
        let key = (order.guest.clone(), order.jailer.clone());
        if !self.images.contains_key(&key) {
            self.images.insert(key.clone(), seal(&order.guest)?);
        }
        let (Some(profile), Some(image)) = (&self.profile, self.images.get(&key)) else {
            return Err("neither profile nor image".into());
        };
        let launch = Launch::start(order, profile, image, &format!("test-{}", self.launches))?;
        let started = Started { guest: launch.pid, jailer: launch.jailer(), steps: launch.steps.clone() };
        self.launch = Some(launch);
        Ok(started)
    }

    fn hear(&mut self) -> Answer {
        let Some(launch) = &mut self.launch else { return Answer::Refused("there is no guest".into()) };
        match launch.hear() {
            Ok(Said::Notification(method, params) | Said::Request(_, method, params)) => {
                Answer::Said(method, serde_json::from_str(&params).unwrap_or_default())
            }
            Err(why) => Answer::Silent(why),
        }
    }
}
