//! Numbers and names as readers see them.

use wellfit_stats::{Estimate, format};
use wellfit_train::plan::Metric;
use wellfit_train::record::ScoreKind;

use crate::chart::scale::minus;

/// Escapes what HTML and XML would read as markup; drops characters XML forbids.
pub fn escape(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(letter),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// As it is.
    Plain,
    /// A fraction, in per cent.
    Percent,
    /// A difference of fractions, in percentage points.
    Points,
}

impl Unit {
    /// The unit of a metric's values.
    pub fn of(metric: Metric) -> Unit {
        if metric.is_share() { Unit::Percent } else { Unit::Plain }
    }

    /// The unit of a score's values.
    pub fn of_score(score: ScoreKind) -> Unit {
        match score {
            ScoreKind::Accuracy => Unit::Percent,
            ScoreKind::R2 => Unit::Plain,
        }
    }

    /// The unit of the gap between training and validation scores.
    pub fn of_gap(score: ScoreKind) -> Unit {
        match score {
            ScoreKind::Accuracy => Unit::Points,
            ScoreKind::R2 => Unit::Plain,
        }
    }

    /// The unit of differences of a metric's values.
    pub fn of_difference(metric: Metric) -> Unit {
        match Unit::of(metric) {
            Unit::Percent => Unit::Points,
            unit => unit,
        }
    }

    /// What a stored value is multiplied by.
    pub fn factor(self) -> f64 {
        if self == Unit::Plain { 1.0 } else { 100.0 }
    }

    /// The mean alone, with as many digits as its interval allows, of per cent at most
    /// hundredths.
    pub fn mean(self, of: &Estimate) -> String {
        let of = of.scaled(self.factor());
        let most = if self == Unit::Plain { 6 } else { 2 };
        format::number(of.mean, format::decimals(&of).min(most))
    }

    /// Mean and interval, `0.026 [0.021, 0.031]`; the mean alone when there is none.
    pub fn interval(self, of: &Estimate) -> String {
        format::estimate(&of.scaled(self.factor()))
    }

    /// A single measured value: four decimals, or hundredths of per cent.
    pub fn value(self, value: f64) -> String {
        let decimals = if self == Unit::Plain { 4 } else { 2 };
        format::number(value * self.factor(), decimals)
    }
}

/// A measured score in a line: `89.31 %`, `R² 0.8431`.
pub fn short_score(score: ScoreKind, value: f64) -> String {
    match score {
        ScoreKind::Accuracy => format!("{} %", Unit::Percent.value(value)),
        ScoreKind::R2 => format!("R² {}", Unit::Plain.value(value)),
    }
}

/// Three significant digits: `0.0183`, `2.61`, `1.0e−5`.
pub fn short(value: f64) -> String {
    significant(value, 3)
}

/// Two significant digits: `0.018`, `2.6`.
pub fn brief(value: f64) -> String {
    significant(value, 2)
}

fn significant(value: f64, digits: i32) -> String {
    match value.abs() {
        _ if !value.is_finite() => format::UNKNOWN.into(),
        0.0 => "0".into(),
        size if !(1e-3..1e4).contains(&size) => minus(&format!("{value:.1e}")),
        size => {
            // What is rounded up to a power of ten has its digits.
            let power = (size * (1.0 + 0.5 * 10f64.powi(-digits))).log10().floor();
            let decimals = (f64::from(digits - 1) - power).clamp(0.0, 5.0) as usize;
            minus(&format!("{value:.decimals$}"))
        }
    }
}

/// A count in at most four letters: `999`, `1.2k`, `34k`, `1.2M`.
pub fn abbreviated(n: u64) -> String {
    let scaled = |unit: f64, sign: char| match n as f64 / unit {
        few if few < 9.95 => format!("{few:.1}{sign}"),
        many => format!("{many:.0}{sign}"),
    };
    match n {
        0..=999 => n.to_string(),
        1_000..=999_499 => scaled(1e3, 'k'),
        999_500..=999_499_999 => scaled(1e6, 'M'),
        _ => scaled(1e9, 'G'),
    }
}

/// A tensor's shape: `1000 × 784`; `scalar` for none.
pub fn dimensions(shape: &[usize]) -> String {
    let each: Vec<String> = shape.iter().map(usize::to_string).collect();
    if each.is_empty() { "scalar".into() } else { each.join(" × ") }
}

/// Seconds for people: `0.84 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".into();
    }
    match seconds {
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 59.5 => format!("{s:.0} s"),
        s if s < 3600.0 => {
            let s = s.round() as u64;
            if s.is_multiple_of(60) {
                format!("{} min", s / 60)
            } else {
                format!("{} min {} s", s / 60, s % 60)
            }
        }
        s => {
            let m = (s / 60.0).round() as u64;
            format!("{} h {} min", m / 60, m % 60)
        }
    }
}

/// `1 seed`, `5 seeds`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_shown_in_per_cent_and_points() {
        let (mean, low, high) = (0.8931, 0.8911, 0.8951);
        let shown = Estimate { mean, low, high, ..Estimate::of([0.0, 1.0]) };
        assert_eq!(Unit::Percent.interval(&shown), "89.31 [89.11, 89.51]");
        assert_eq!(Unit::Plain.interval(&shown), "0.8931 [0.8911, 0.8951]");
        assert_eq!(Unit::Points.mean(&Estimate::of([])), "–");
    }

    #[test]
    fn every_value_has_words() {
        assert_eq!(short(0.01834), "0.0183");
        assert_eq!(short(2.614), "2.61");
        assert_eq!(short(0.999_999_9), "1.00");
        assert_eq!(short(0.999_4), "0.999");
        assert_eq!(short(1e-5), "1.0e−5");
        assert_eq!(short(f64::INFINITY), "–");
        assert_eq!(Unit::Plain.value(1e30), "1.00e30");
        assert_eq!(duration(0.84), "0.8 s");
        assert_eq!(duration(200.0), "3 min 20 s");
        assert_eq!(duration(7500.0), "2 h 5 min");
        assert_eq!(duration(f64::NAN), "–");
    }

    #[test]
    fn markup_from_users_is_harmless() {
        assert_eq!(escape("<a href='x'>&\"\u{7}"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
    }
}
