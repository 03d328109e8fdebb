//! Ctrl-C: the first asks to stop, the second kills.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Failure;

/// Whether somebody asked to stop.
pub struct Interrupt {
    flag: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens from now on.
    pub fn listen() -> Result<Interrupt, Failure> {
        let flag = Arc::new(AtomicBool::new(false));
        let listen = || -> std::io::Result<()> {
            use signal_hook::consts::{SIGINT, SIGTERM};
            for signal in [SIGINT, SIGTERM] {
                // In this order: the first signal finds the flag down and raises it,
                // the second finds it raised and ends the program.
                signal_hook::flag::register_conditional_shutdown(signal, 130, flag.clone())?;
                signal_hook::flag::register(signal, flag.clone())?;
            }
            // A file that grows beyond the user's limit is to be an error with a path,
            // not the program's sudden death.
            #[cfg(unix)]
            signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default())?;
            Ok(())
        };
        match listen() {
            Ok(()) => Ok(Interrupt { flag }),
            Err(error) => Err(Failure::failed(format!("cannot listen for Ctrl-C: {error}"))),
        }
    }

    /// Raised when somebody asked to stop.
    pub fn flag(&self) -> &Arc<AtomicBool> {
        &self.flag
    }

    /// Whether somebody asked to stop.
    pub fn is_raised(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// How to go on: the command as it was given, quoted for a shell.
    pub fn again() -> String {
        let words = std::env::args_os().map(|word| quote(&word.to_string_lossy()));
        words.collect::<Vec<_>>().join(" ")
    }
}

/// The word as a POSIX shell reads it back.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn a_command_is_quoted_only_where_a_shell_would_misread_it() {
        for (word, quoted) in [
            ("runs/a-b_1.toml", "runs/a-b_1.toml"),
            ("train.epochs=5", "train.epochs=5"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(quote(word), quoted);
        }
    }
}
