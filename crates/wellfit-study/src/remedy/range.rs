//! A range of strengths, `0.1..0.6`, and the values on the way through it.

use super::parameter::{Kind, Value};

/// Values of a range that does not say how many.
pub const DEFAULT_STEPS: usize = 5;

/// A range with more values than this is a slip.
const MOST_STEPS: usize = 50;

/// How the strengths of a range lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// By equal differences: for shares, from 0 to 1.
    Linear,
    /// By equal factors.
    Logarithmic,
}

impl Spacing {
    /// Both, as they are written in a study file.
    pub const ALL: [Spacing; 2] = [Spacing::Linear, Spacing::Logarithmic];

    /// The word in a study file.
    pub fn name(self) -> &'static str {
        match self {
            Spacing::Linear => "linear",
            Spacing::Logarithmic => "logarithmic",
        }
    }

    /// How strengths of this kind are tried.
    fn of(kind: Kind, end: Value) -> Spacing {
        match (kind, end) {
            (Kind::Probability | Kind::Share | Kind::BelowOne, _)
            | (Kind::CountOrShare, Value::Number(_)) => Spacing::Linear,
            _ => Spacing::Logarithmic,
        }
    }
}

/// The strengths of a range, as [`Spacing`] has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) spacing: Spacing,
    /// Two or more, rising. The ends are as written; the others have three significant
    /// digits, or are whole where the ends are.
    pub(super) values: Vec<Value>,
}

/// Reads `0.1..0.6` with `steps`, both as written, for a parameter called `name`.
pub(super) fn read(
    name: &str,
    kind: Kind,
    text: &str,
    steps: Option<&str>,
) -> Result<Range, String> {
    let end = |text: &str| {
        let wrong = || format!("{name} must be {}, not {:?}", kind.range(), text.trim());
        let value = kind.read(text).ok_or_else(wrong)?;
        value.strength().map(|number| (value, number)).ok_or_else(wrong)
    };
    let (low, high) = text.split_once("..").unwrap_or((text, ""));
    let ((low_end, low), (high_end, high)) = (end(low)?, end(high)?);
    let whole = match (low_end, high_end) {
        (Value::Count(_), Value::Count(_)) => true,
        (Value::Number(_), Value::Number(_)) => false,
        _ => return Err("a range's ends must both be whole numbers or both be shares".into()),
    };
    let spacing = Spacing::of(kind, low_end);
    if low > high {
        return Err(format!("the range runs backwards; write {high_end}..{low_end}"));
    }
    if low == high {
        return Err(format!("the range holds one value; write {low_end}"));
    }
    if spacing == Spacing::Logarithmic && low == 0.0 {
        return Err("a logarithmic range cannot begin at 0; begin it with the weakest strength \
                    worth trying, such as 1e-7"
            .into());
    }
    let count = |text: &str| match text.trim().parse::<usize>() {
        Ok(steps) if (2..=MOST_STEPS).contains(&steps) => Ok(steps),
        _ => Err(format!("steps must be a whole number from 2 to {MOST_STEPS}, not {text:?}")),
    };
    // Of few whole numbers all of them.
    let room = if whole { (high - low) as usize + 1 } else { usize::MAX };
    let steps = steps.map_or(Ok(DEFAULT_STEPS.min(room)), count)?;
    let values = values(low, high, steps, spacing, whole);
    if !values.is_sorted_by(|a, b| a < b) {
        return Err(format!("the range is too narrow for {steps} steps"));
    }
    let value = |x: f64| if whole { Value::Count(x as usize) } else { Value::Number(x) };
    Ok(Range { spacing, values: values.into_iter().map(value).collect() })
}

fn values(low: f64, high: f64, steps: usize, spacing: Spacing, whole: bool) -> Vec<f64> {
    let inner = |i: usize| {
        let share = i as f64 / (steps - 1) as f64;
        let value = match spacing {
            Spacing::Linear => low + share * (high - low),
            Spacing::Logarithmic => low * (high / low).powf(share),
        };
        match whole {
            true => value.round(),
            // Three digits, so that names stay short.
            false => format!("{value:.2e}").parse().unwrap_or(value),
        }
    };
    std::iter::once(low).chain((1..steps - 1).map(inner)).chain([high]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strengths(kind: Kind, text: &str, steps: Option<&str>) -> Vec<f64> {
        let range = read("p", kind, text, steps).expect(text);
        range.values.into_iter().map(|value| value.strength().unwrap()).collect()
    }

    #[test]
    fn shares_rise_by_equal_differences_and_the_rest_by_equal_factors() {
        assert_eq!(
            strengths(Kind::Probability, "0.1..0.6", Some("6")),
            [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
        );
        assert_eq!(
            strengths(Kind::NonNegative, "1e-7..1e-3", None),
            [1e-7, 1e-6, 1e-5, 1e-4, 1e-3]
        );
        assert_eq!(strengths(Kind::Probability, "0..1", Some("2")), [0.0, 1.0]);
        assert_eq!(strengths(Kind::NonNegative, " 1e-4 .. 1e-2 ", Some(" 4 "))[1], 4.64e-4);
    }

    #[test]
    fn ranges_of_whole_numbers_hold_whole_numbers() {
        assert_eq!(strengths(Kind::Count(1), "1..3", None), [1.0, 2.0, 3.0]);
        assert_eq!(strengths(Kind::Count(1), "16..256", None), [16.0, 32.0, 64.0, 128.0, 256.0]);
        assert_eq!(strengths(Kind::CountOrShare, "5..20", Some("3")), [5.0, 10.0, 20.0]);
        assert_eq!(strengths(Kind::CountOrShare, "0.2..0.8", Some("4"))[1], 0.4);
        let message = read("k", Kind::CountOrShare, "0.5..20", None).unwrap_err();
        assert!(message.contains("both be whole numbers"), "{message}");
        let message = read("k", Kind::Count(1), "1..3", Some("4")).unwrap_err();
        assert!(message.contains("too narrow for 4 steps"), "{message}");
    }

    #[test]
    fn a_wrong_range_says_what_would_be_right() {
        for (kind, text, steps, words) in [
            (Kind::Probability, "0.6..0.1", None, "runs backwards; write 0.1..0.6"),
            (Kind::Probability, "0.3..0.3", None, "holds one value; write 0.3"),
            (Kind::NonNegative, "0..1e-3", None, "cannot begin at 0"),
            (Kind::Probability, "0.1..0.6", Some("1"), "steps must be a whole number from 2 to 50"),
            (Kind::Probability, "0.1..0.6", Some("51"), "from 2 to 50, not \"51\""),
            (Kind::Probability, "0.1..0.6", Some("2.5"), "steps must be"),
            (Kind::Probability, "0.1..1.6", None, "p must be a number from 0 to 1, not \"1.6\""),
            (Kind::Probability, "nan..0.6", None, "p must be a number from 0 to 1"),
            (Kind::Probability, "..0.6", None, "p must be a number from 0 to 1, not \"\""),
            (Kind::Probability, "0.1..", None, "p must be a number from 0 to 1, not \"\""),
            (Kind::NonNegative, "1..inf", None, "p must be a number of at least 0"),
            (Kind::Probability, "0.5..0.5001", Some("9"), "too narrow for 9 steps"),
        ] {
            let message = read("p", kind, text, steps).expect_err(text);
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
