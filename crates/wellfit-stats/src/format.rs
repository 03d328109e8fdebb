//! Numbers as people read them: as many digits as the interval allows and no more.

use crate::Estimate;

/// What stands for a figure that is not known.
pub const UNKNOWN: &str = "–";

/// Mean and interval; the mean alone, to three digits, when there is no interval.
///
/// The interval's half-width decides: its first digit is the last one shown, or
/// its second when the first is 1 or 2. Digits are added when rounding would turn
/// an end that is clear of zero into zero.
///
/// ```
/// use wellfit_stats::{Estimate, format};
/// let estimate = Estimate::of([0.0227, 0.0334, 0.0268, 0.0258, 0.0231]);
/// assert_eq!(format::estimate(&estimate), "0.026 [0.021, 0.032]");
/// assert_eq!(format::estimate(&estimate.scaled(-100.0)), "−2.6 [−3.2, −2.1]");
/// assert_eq!(format::estimate(&Estimate::of([0.02634])), "0.0263");
/// ```
pub fn estimate(estimate: &Estimate) -> String {
    let digits = decimals(estimate);
    let mean = number(estimate.mean, digits);
    if !estimate.has_interval() {
        return mean;
    }
    format!("{mean} [{}, {}]", number(estimate.low, digits), number(estimate.high, digits))
}

/// The mean with the digits that [`estimate`] gives it.
pub fn mean(estimate: &Estimate) -> String {
    number(estimate.mean, decimals(estimate))
}

/// A number with so many decimals and a proper minus sign, never "−0"; from a
/// million on with three digits and a power of ten; not finite: "–".
///
/// ```
/// assert_eq!(wellfit_stats::format::number(-1.5159e23, 0), "−1.52e23");
/// ```
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let text = match value.abs() {
        huge if huge >= 1e6 => format!("{huge:.2e}"),
        value => format!("{value:.decimals$}"),
    };
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_zero { format!("−{text}") } else { text }
}

/// A number to three significant digits, without needless zeros before them.
pub fn three_digits(value: f64) -> String {
    number(value, significant(value, 3))
}

/// A whole number with commas between thousands: 60,000.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many decimals an estimate is shown with.
pub fn decimals(estimate: &Estimate) -> usize {
    let half = estimate.half_width();
    if !(half > 0.0 && half.is_finite()) {
        return significant(estimate.mean, 3);
    }
    let first = half / 10f64.powf(half.log10().floor());
    let digits = significant(half, if first < 2.95 { 2 } else { 1 });
    let hides =
        |value: f64, digits: usize| value != 0.0 && value.abs() * 10f64.powi(digits as i32) < 0.5;
    let clear_of_zero = estimate.low > 0.0 || estimate.high < 0.0;
    (digits..digits + 3)
        .find(|&digits| {
            !clear_of_zero || !hides(estimate.low, digits) && !hides(estimate.high, digits)
        })
        .unwrap_or(digits)
}

/// Decimals that show so many significant digits of `value`; 0 of what is not a
/// number or zero, never more than 12.
fn significant(value: f64, digits: i32) -> usize {
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    let first = value.abs().log10().floor().clamp(-20.0, 20.0) as i32;
    (digits - 1 - first).clamp(0, 12) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mean: f64, half: f64) -> String {
        let (low, high) = (mean - half, mean + half);
        estimate(&Estimate { mean, low, high, ..Estimate::of([0.0, 1.0]) })
    }

    #[test]
    fn digits_follow_the_interval() {
        assert_eq!(shown(0.02634, 0.0049), "0.026 [0.021, 0.031]");
        assert_eq!(shown(0.02634, 0.0014), "0.0263 [0.0249, 0.0277]");
        assert_eq!(shown(89.312, 0.4), "89.3 [88.9, 89.7]");
        assert_eq!(shown(1234.7, 321.0), "1235 [914, 1556]");
    }

    #[test]
    fn an_end_that_is_clear_of_zero_never_reads_as_zero() {
        assert_eq!(shown(0.0052, 0.0050), "0.0052 [0.0002, 0.0102]");
        assert_eq!(shown(-0.0052, 0.0050), "−0.0052 [−0.0102, −0.0002]");
        assert_eq!(shown(0.0040, 0.0042), "0.004 [0.000, 0.008]");
    }

    #[test]
    fn nothing_known_is_a_dash_and_zero_has_no_sign() {
        assert_eq!(estimate(&Estimate::of([])), "–");
        assert_eq!(number(-0.0001, 2), "0.00");
        assert_eq!(estimate(&Estimate::of([0.0, 0.0])), "0 [0, 0]");
        assert_eq!(three_digits(0.000_123_4), "0.000123");
    }

    #[test]
    fn from_a_million_on_numbers_have_a_power_of_ten() {
        assert_eq!(number(999_999.0, 0), "999999");
        assert_eq!(number(1_234_567.0, 2), "1.23e6");
        assert_eq!(shown(1.5e23, 4e22), "1.50e23 [1.10e23, 1.90e23]");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 999, 1000, 784_000, 1_234_567].map(count),
            ["0", "999", "1,000", "784,000", "1,234,567"]
        );
    }
}
