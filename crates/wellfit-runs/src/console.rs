//! What Keras prints while it trains, pasted or redirected into a file.
//!
//! ```text
//! Epoch 3/10
//! 100/100 ━━━━━━━━━━━━━━━━━━━━ 1s 5ms/step - accuracy: 0.9103 - loss: 0.3012 - val_accuracy: 0.8920 - val_loss: 0.3544
//! ```
//!
//! Progress bars overwrite themselves with carriage returns, backspaces and escape codes;
//! the last figures of an epoch count. Without an `Epoch` line there is one epoch.

use std::io::BufRead;

use crate::cell::Cell;
use crate::error::Fault;
use crate::input::Input;
use crate::rows::Memory;
use crate::words::count;

/// Whether text looks like it: a line `Epoch 3/10`, or figures as `- loss: 0.3`.
pub(crate) fn is_console(text: &str) -> bool {
    text.split(['\n', '\r']).map(plain).any(|line| {
        let bar = line.contains("/step") || line.contains("s/epoch") || line.contains("[=");
        next_epoch(&line).is_some() || (bar && figures(&line).next().is_some())
    })
}

/// Reads all epochs.
///
/// # Errors
///
/// When the file cannot be read.
pub(crate) fn read(input: Input<'_>) -> Result<Memory, Fault> {
    let mut console = Console::default();
    let epoch_column = console.rows.column("epoch");
    segments(&mut *input.open()?, |segment| console.line(&plain(segment)))?;
    console.end();

    let Console { mut rows, epochs, evaluations, .. } = console;
    let validated = |names: &[String], values: &[(usize, f64)]| {
        values.iter().any(|(column, _)| names[*column].starts_with("val_"))
    };
    let any = epochs.iter().any(|(_, values)| validated(&rows.names, values));
    let last = epochs.len().saturating_sub(1);
    for (i, (epoch, values)) in epochs.iter().enumerate() {
        if i == last && any && !validated(&rows.names, values) {
            rows.notes.push(format!("epoch {epoch} was not finished; left out"));
            continue;
        }
        rows.push(values.iter().copied().chain([(epoch_column, *epoch)]));
    }
    rows.notes.push("figures are as Keras printed them: rounded to four digits".to_string());
    if evaluations > 0 {
        let lines = count(evaluations, "line");
        rows.notes.push(format!("left out: {lines} of evaluations after an epoch"));
    }
    Ok(rows)
}

type Epoch = (f64, Vec<(usize, f64)>);

#[derive(Default)]
struct Console {
    rows: Memory,
    epochs: Vec<Epoch>,
    current: Option<Epoch>,
    /// Whether the current epoch has validation figures: then it is over.
    over: bool,
    evaluations: u64,
}

impl Console {
    /// Takes in what stands between two ends of a line.
    fn line(&mut self, mut line: &str) {
        while let Some((start, epoch, rest)) = next_epoch(line) {
            self.figures(&line[..start]);
            self.end();
            self.current = Some((epoch, Vec::new()));
            line = rest;
        }
        self.figures(line);
    }

    fn figures(&mut self, text: &str) {
        let mut found = figures(text).peekable();
        if found.peek().is_none() {
            return;
        }
        let found: Vec<_> = found.collect();
        let validation = found.iter().any(|(name, _)| name.starts_with("val_"));
        if self.over && !validation {
            self.evaluations += 1;
            return;
        }
        self.over |= validation;
        for (name, value) in found {
            let column = self.rows.column(name);
            let (_, values) = self.current.get_or_insert((1.0, Vec::new()));
            match values.iter_mut().find(|(known, _)| *known == column) {
                Some((_, known)) => *known = value,
                None => values.push((column, value)),
            }
        }
    }

    fn end(&mut self) {
        self.epochs.extend(self.current.take().filter(|(_, values)| !values.is_empty()));
        self.over = false;
    }
}

/// The next `Epoch 3/10`: where it starts, its number, and what follows.
fn next_epoch(text: &str) -> Option<(usize, f64, &str)> {
    const WORD: &str = "Epoch ";
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    text.match_indices(WORD).find_map(|(start, _)| {
        let rest = &text[start + WORD.len()..];
        let (number, rest) = rest.split_at(digits(rest));
        let rest = rest.strip_prefix('/')?;
        let total = digits(rest);
        Some((start, number.parse().ok()?, &rest[total..])).filter(|_| total > 0)
    })
}

/// All ` - name: number`.
fn figures(text: &str) -> impl Iterator<Item = (&str, f64)> {
    text.split(" - ").skip(1).filter_map(|part| {
        let (name, value) = part.trim().split_once(':')?;
        let named = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && !name.contains(char::is_whitespace)
            && name != "ETA";
        let value = value.split_whitespace().next().filter(|_| named)?;
        Cell::read(value, false).number().map(|value| (name, value))
    })
}

/// Without escape codes and backspaces.
fn plain(text: &str) -> String {
    let mut chars = text.chars().peekable();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' if chars.next_if_eq(&'[').is_some() => {
                chars.by_ref().find(|c| ('@'..='~').contains(c));
            }
            '\u{8}' | '\u{1b}' => {}
            _ => plain.push(c),
        }
    }
    plain
}

/// Everything between two ends of a line, be they line feeds or carriage returns.
fn segments(reader: &mut dyn BufRead, mut each: impl FnMut(&str)) -> Result<(), Fault> {
    /// What is longer is no line of figures.
    const LONGEST: usize = 1 << 16;
    let mut segment = Vec::new();
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        for &byte in bytes {
            if matches!(byte, b'\n' | b'\r') {
                each(&String::from_utf8_lossy(&segment));
                segment.clear();
            } else if segment.len() < LONGEST {
                segment.push(byte);
            }
        }
        let len = bytes.len();
        reader.consume(len);
    }
    each(&String::from_utf8_lossy(&segment));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_line_is_found_wherever_it_stands() {
        assert_eq!(next_epoch("Epoch 3/10"), Some((0, 3.0, "")));
        assert_eq!(next_epoch("x Epoch 12/300 y"), Some((2, 12.0, " y")));
        for other in
            ["Epoch 3: val_loss improved from inf to 0.5", "Epoch", "Epoch x/3", "epoch 3/10"]
        {
            assert_eq!(next_epoch(other), None, "{other}");
        }
    }

    #[test]
    fn figures_are_what_stands_between_dashes() {
        let line =
            "100/100 [====] - ETA: 0s - 1s 5ms/step - loss: 0.25 - val_acc: 9.1e-01 - lr: nan";
        let found: Vec<_> = figures(line).collect();
        assert_eq!(found[..2], [("loss", 0.25), ("val_acc", 0.91)]);
        assert!(found[2].0 == "lr" && found[2].1.is_nan());
    }

    #[test]
    fn escape_codes_and_backspaces_go() {
        assert_eq!(plain("\u{1b}[1m3/3\u{1b}[0m \u{1b}[32m━\u{8}\u{8}\u{1b}[H\u{1b}[K!"), "3/3 ━!");
        assert_eq!(plain("\u{1b}"), "");
    }
}
