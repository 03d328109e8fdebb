//! One bar on stderr for work that is counted, such as bytes of a download.

use std::io::Write;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget};

use crate::progress::style;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Things, such as a model's tensors.
    Things,
    /// Bytes; with the time that is left.
    Bytes,
}

/// A bar on a terminal, nothing elsewhere.
pub struct Bar {
    quiet: bool,
    bar: ProgressBar,
}

impl Bar {
    /// On stderr; `quiet`: nowhere.
    pub fn new(counted: Counted, quiet: bool) -> Bar {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style(match counted {
            Counted::Things => "{bar:30} {pos}/{len} {msg}",
            Counted::Bytes => "{msg} {bar:30} {bytes}/{total_bytes}, {eta} left",
        }));
        Bar { quiet, bar }
    }

    /// So many of so many are done; the name is what is worked on. Starts anew, and so does
    /// the time that is left.
    pub fn begin(&self, name: &str, done: u64, of: u64) {
        self.bar.reset();
        self.show(name, done, of);
    }

    /// So many of so many are done, and what is worked on now.
    pub fn show(&self, name: &str, done: u64, of: u64) {
        self.bar.set_length(of);
        self.bar.set_message(name.to_owned());
        self.advance(done);
    }

    /// So many are done.
    pub fn advance(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// A line that stays, above the bar or where it would be; none if quiet.
    pub fn say(&self, line: &str) {
        match (self.quiet, self.bar.is_hidden()) {
            (true, _) => {}
            // Nobody hears it where stderr is gone.
            (false, true) => drop(writeln!(std::io::stderr(), "{line}")),
            (false, false) => self.bar.println(line),
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// A number of bytes for people: `29.45 MiB`.
pub fn size(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}
