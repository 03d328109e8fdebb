//! One cell of a table, as programs write it.

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Nothing, or a word for it.
    Gap,
    /// A number; NaN and infinities are numbers.
    Number(f64),
    /// Something else.
    Words,
}

/// Words for a value that was not measured (Keras writes `NA`).
const GAPS: [&str; 7] = ["", "na", "n/a", "-", "--", "none", "null"];

impl Cell {
    /// Reads what a program wrote: `0.25`, `nan`, `93.5%`, `tensor(0.25, device='cuda:0')`,
    /// and, with a decimal comma, `0,25`.
    pub(crate) fn read(text: &str, comma: bool) -> Cell {
        let text = text.trim().trim_matches(['"', '\'']).trim();
        if let Ok(number) = text.parse() {
            return Cell::Number(number);
        }
        if GAPS.iter().any(|gap| text.eq_ignore_ascii_case(gap)) {
            return Cell::Gap;
        }
        let inner = text
            .split_once('(')
            .map_or(text, |(_, inside)| inside.split([',', ')']).next().unwrap_or_default());
        let inner = inner.trim_end_matches('%').trim();
        match (inner.parse(), comma) {
            (Ok(number), _) => Cell::Number(number),
            (Err(_), true) => inner.replacen(',', ".", 1).parse().map_or(Cell::Words, Cell::Number),
            (Err(_), false) => Cell::Words,
        }
    }

    /// The number, if it is one.
    pub(crate) fn number(self) -> Option<f64> {
        match self {
            Cell::Number(number) => Some(number),
            Cell::Gap | Cell::Words => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_programs_write_them() {
        for (text, number) in [
            ("0.25", 0.25),
            ("  1e-3 ", 1e-3),
            ("\"2\"", 2.0),
            ("93.5%", 93.5),
            ("tensor(0.25)", 0.25),
            ("tensor(0.25, device='cuda:0')", 0.25),
            ("np.float32(0.5)", 0.5),
            ("-inf", f64::NEG_INFINITY),
        ] {
            assert_eq!(Cell::read(text, false), Cell::Number(number), "{text}");
        }
        assert_eq!(Cell::read("0,25", true), Cell::Number(0.25));
    }

    #[test]
    fn nan_is_a_number_and_na_is_a_gap() {
        assert!(Cell::read("nan", false).number().is_some_and(f64::is_nan));
        assert!(Cell::read("NaN", false).number().is_some_and(f64::is_nan));
        for gap in ["", "  ", "NA", "None", "null", "n/a", "-"] {
            assert_eq!(Cell::read(gap, false), Cell::Gap, "{gap}");
        }
        for words in ["00:12", "abc", "[0.1, 0.2]", "0,25", "(", "%"] {
            assert_eq!(Cell::read(words, false), Cell::Words, "{words}");
        }
    }
}
