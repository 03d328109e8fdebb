//! What goes to stdout and stderr, and in which colours.

use std::io::{self, IsTerminal, Write};

use super::Failure;

/// Columns of the answer: those of a narrow terminal, so that it also fits a letter.
pub const WIDTH: usize = 80;

/// Prints results. A reader that has gone away (`| head`) is no failure.
pub fn result(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write the results: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a line for people to stderr. If nobody can hear it, nothing is lost.
pub fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether results may be coloured: on a terminal, and without `NO_COLOR`.
pub fn colour() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
}
