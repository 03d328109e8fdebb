//! JSON as Python writes it: with `NaN`, `Infinity` and `-Infinity`, which JSON lacks.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

/// Puts those words in quotes, so that they can be read as text.
pub(crate) struct Quoted<R> {
    inner: R,
    state: State,
    ready: VecDeque<u8>,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Outside,
    /// After a minus sign, which may begin a number or `-Infinity`.
    Minus,
    /// In a word that is put in quotes.
    Word,
    /// In a string; after a backslash.
    String,
    Escape,
}

impl<R: BufRead> Quoted<R> {
    pub(crate) fn new(inner: R) -> Quoted<R> {
        Quoted { inner, state: State::Outside, ready: VecDeque::new(), ended: false }
    }

    fn feed(&mut self, byte: u8) {
        let special = matches!(byte, b'N' | b'I');
        match self.state {
            State::Word if byte.is_ascii_alphabetic() => {}
            State::Word => {
                self.ready.push_back(b'"');
                self.state = State::Outside;
                return self.feed(byte);
            }
            State::Minus if special => {
                self.ready.extend(*b"\"-");
                self.state = State::Word;
            }
            State::Minus => {
                self.ready.push_back(b'-');
                self.state = State::Outside;
                return self.feed(byte);
            }
            State::Outside => match byte {
                b'"' => self.state = State::String,
                b'-' => {
                    self.state = State::Minus;
                    return;
                }
                _ if special => {
                    self.ready.push_back(b'"');
                    self.state = State::Word;
                }
                _ => {}
            },
            State::String if byte == b'"' => self.state = State::Outside,
            State::String if byte == b'\\' => self.state = State::Escape,
            State::String => {}
            State::Escape => self.state = State::String,
        }
        self.ready.push_back(byte);
    }
}

impl<R: BufRead> Read for Quoted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && !self.ended {
            let bytes = self.inner.fill_buf()?;
            let bytes: Vec<u8> = bytes[..bytes.len().min(1 << 13)].to_vec();
            self.inner.consume(bytes.len());
            self.ended = bytes.is_empty();
            bytes.iter().for_each(|&byte| self.feed(byte));
            if self.ended && self.state == State::Word {
                self.ready.push_back(b'"');
            }
        }
        self.ready.read(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quoted(text: &str) -> String {
        let mut out = String::new();
        Quoted::new(text.as_bytes()).read_to_string(&mut out).unwrap();
        out
    }

    #[test]
    fn words_that_are_no_json_are_quoted_and_strings_stay() {
        assert_eq!(
            quoted(r#"{"a": [NaN, -Infinity, Infinity, -1.5], "NaN\"": null}"#),
            r#"{"a": ["NaN", "-Infinity", "Infinity", -1.5], "NaN\"": null}"#
        );
        assert_eq!(quoted("NaN"), r#""NaN""#);
    }

    proptest! {
        #[test]
        fn plain_json_stays_as_it_is(values: Vec<Option<f64>>, key: String) {
            let text = serde_json::json!({ key: values }).to_string();
            prop_assert_eq!(quoted(&text), text);
        }
    }
}
