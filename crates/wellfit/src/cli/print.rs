//! What goes to stdout and stderr, and in which colours.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use wellfit::FileError;

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

/// Makes the folder around a file that is to be written.
///
/// # Errors
/// A folder stands there, or no folder can be made around it.
pub fn room_for(file: &Path) -> Result<(), Failure> {
    if file.is_dir() {
        let file = file.display();
        return Err(Failure::input(format!("{file} is a folder: name a file with --out")));
    }
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            Ok(fs::create_dir_all(folder).map_err(FileError::on("make the folder", folder))?)
        }
        _ => Ok(()),
    }
}
