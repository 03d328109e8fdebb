//! What the text of a field says: nothing, a number, or a category.

use crate::MISSING_VALUES;

/// Texts that stand for a missing value.
pub(super) struct MissingTexts {
    texts: Vec<String>,
    /// Whether one of them begins with this byte.
    begins: [bool; 256],
    /// Whether an empty field is missing.
    empty: bool,
}

impl MissingTexts {
    /// Those that a plan names, or the usual ones.
    pub fn new(named: Option<&[String]>) -> Self {
        let texts: Vec<String> = match named {
            Some(texts) => texts.iter().map(|text| text.trim().to_owned()).collect(),
            None => MISSING_VALUES.map(String::from).to_vec(),
        };
        let mut begins = [false; 256];
        for text in &texts {
            if let Some(&first) = text.as_bytes().first() {
                begins[usize::from(first)] = true;
            }
        }
        MissingTexts { empty: texts.iter().any(String::is_empty), begins, texts }
    }

    /// Whether this text stands for a missing value.
    pub fn contains(&self, text: &str) -> bool {
        match text.as_bytes().first() {
            None => self.empty,
            Some(&first) => {
                self.begins[usize::from(first)] && self.texts.iter().any(|missing| missing == text)
            }
        }
    }
}

/// A field without the spaces and tabs round it, which are no part of it.
pub(super) fn trimmed(field: &str) -> &str {
    match field.as_bytes() {
        [first, .., last] if !blank(*first) && !blank(*last) => field,
        _ => field.trim_matches([' ', '\t', '\u{a0}']),
    }
}

/// Bytes that may begin or end a blank, which decides whether to look closer.
fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t') || byte >= 0x80
}

/// Powers of ten that an f64 holds exactly.
const EXACT: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The number that a text is: digits with an optional sign, point and exponent, also `inf`
/// and `nan`; rounded correctly.
pub(super) fn number(text: &str) -> Option<f64> {
    short(text.as_bytes()).or_else(|| text.parse().ok())
}

/// A plain decimal of at most 15 digits: both its digits and the power of ten are exact, so
/// that one division rounds correctly (Clinger's fast path). `None` for all other texts.
fn short(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    // With the point.
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let (mut whole, mut point) = (0u64, None);
    for (i, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = whole * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(i),
            _ => return None,
        }
    }
    let decimals = match point {
        // A point alone is no number, and 16 digits may be too many.
        Some(_) if digits.len() == 1 => return None,
        None if digits.len() == 16 => return None,
        Some(at) => digits.len() - 1 - at,
        None => 0,
    };
    let value = whole as f64 / EXACT[decimals];
    Some(if negative { -value } else { value })
}

/// A number as text: the shortest that reads back to it; whole numbers without a point.
pub(super) fn as_text(value: f64) -> String {
    // There is no negative zero among names.
    format!("{}", value + 0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_way_to_write_a_number_is_read() {
        for (text, value) in [
            ("3", 3.0),
            ("+3", 3.0),
            ("-0", 0.0),
            ("1e5", 1e5),
            ("1E-3", 1e-3),
            (".5", 0.5),
            ("5.", 5.0),
            ("123456789012345", 123_456_789_012_345.0),
            ("1234567890123456", 1_234_567_890_123_456.0),
            ("0.1234567890123456789", 0.123_456_789_012_345_68),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", ".", "-", "+", "1_000", "0x10", "1,5", "1 2", "12a", "--1", "1.2.3"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(number("inf"), Some(f64::INFINITY));
        assert!(number("NaN").unwrap().is_nan());
    }

    #[test]
    fn the_usual_texts_are_missing_and_a_plan_may_name_others() {
        let usual = MissingTexts::new(None);
        for text in MISSING_VALUES {
            assert!(usual.contains(text), "{text}");
        }
        assert!(!usual.contains("0") && !usual.contains("North") && !usual.contains("-"));
        let own = MissingTexts::new(Some(&["-".into(), "999".into()]));
        assert!(
            own.contains("-") && own.contains("999") && !own.contains("") && !own.contains("NA")
        );
    }

    #[test]
    fn blanks_round_a_field_are_no_part_of_it() {
        for field in ["a b", " a b", "a b\t", "\u{a0}a b "] {
            assert_eq!(trimmed(field), "a b");
        }
        assert_eq!((trimmed(" "), trimmed(""), trimmed("é"), trimmed(" é")), ("", "", "é", "é"));
    }

    proptest! {
        #[test]
        fn the_short_way_gives_the_same_bits(whole in any::<i64>(), digits in 1usize..19, point in 0usize..19) {
            let mut text = (whole / 10i64.pow(19 - digits as u32)).to_string();
            if point < text.len() && text.is_char_boundary(point) && point > 0 {
                text.insert(point, '.');
            }
            if let (Some(short), Ok(right)) = (short(text.as_bytes()), text.parse::<f64>()) {
                prop_assert_eq!(short.to_bits(), right.to_bits(), "{}", text);
            }
        }

        #[test]
        fn any_number_reads_back(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            prop_assert_eq!(number(&format!("{value}")), Some(value));
            prop_assert_eq!(number(&format!("{value:e}")), Some(value));
        }
    }
}
