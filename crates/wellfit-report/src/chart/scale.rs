//! From values to pixels, and which values an axis names.

/// A straight map from a domain to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    domain: (f64, f64),
    range: (f64, f64),
}

impl Scale {
    /// A scale over a domain; an empty or unusable one is widened around its middle,
    /// so that every finite value has a place.
    pub fn new(domain: (f64, f64), range: (f64, f64)) -> Scale {
        let (low, high) = domain;
        let domain = if !(low.is_finite() && high.is_finite()) {
            (0.0, 1.0)
        } else if high > low {
            domain
        } else {
            let half = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
            (low - half, low + half)
        };
        Scale { domain, range }
    }

    /// Where a value lies; beyond the domain's ends at the end.
    pub fn at(&self, value: f64) -> f64 {
        let (low, high) = self.domain;
        let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
        let share = if share.is_nan() { 0.0 } else { share };
        self.range.0 + share * (self.range.1 - self.range.0)
    }

    /// Its ends, in values.
    pub fn domain(&self) -> (f64, f64) {
        self.domain
    }

    /// Round values inside the domain, at most `wanted` and two more; three or more
    /// where that is possible.
    pub fn ticks(&self, wanted: usize) -> Vec<Tick> {
        let (low, high) = self.domain;
        let inside = |step: f64| (high / step + 1e-9).floor() - (low / step - 1e-9).ceil() + 1.0;
        let wide = nice((high - low) / wanted.max(1) as f64);
        let steps = [wide, nice(wide * 0.4), nice(wide * 0.2)];
        let fits = |step: &f64| inside(*step) >= 3.0 && inside(*step) <= (wanted + 2) as f64;
        let step = steps.into_iter().find(fits).unwrap_or(wide);
        let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        (first..=last)
            .take(100)
            .map(|i| {
                let value = i as f64 * step;
                Tick { value, label: minus(&format!("{value:.decimals$}")) }
            })
            .collect()
    }
}

/// A value that an axis names.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where.
    pub value: f64,
    /// How it is written.
    pub label: String,
}

/// The next of 1, 2 and 5 times a power of ten.
fn nice(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|t| t * power >= step * 0.999);
    times.unwrap_or(10.0) * power
}

/// The ends of the finite values, widened by a share on both sides.
pub fn extent(values: impl Iterator<Item = f64>, pad: f64) -> Option<(f64, f64)> {
    let ends = values.filter(|v| v.is_finite()).fold(None, |ends: Option<(f64, f64)>, v| {
        let (low, high) = ends.unwrap_or((v, v));
        Some((low.min(v), high.max(v)))
    })?;
    let room = (ends.1 - ends.0) * pad;
    Some((ends.0 - room, ends.1 + room))
}

/// Whole epochs worth naming, from 1.
pub fn epoch_ticks(epochs: usize, wanted: usize) -> Vec<usize> {
    let step = (nice(epochs as f64 / wanted.max(1) as f64) as usize).max(1);
    let mut ticks = vec![1];
    ticks.extend((step..=epochs).step_by(step).filter(|e| *e > 1));
    if step > 2 && ticks.get(1).is_some_and(|second| second - 1 < step / 2) {
        ticks.remove(1);
    }
    ticks
}

/// A hyphen before digits as a minus sign.
pub fn minus(number: &str) -> String {
    number.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, wanted: usize) -> Vec<String> {
        Scale::new((low, high), (0.0, 1.0)).ticks(wanted).into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn ticks_are_round_numbers_with_the_digits_they_need() {
        assert_eq!(labels(0.27, 0.61, 4), ["0.3", "0.4", "0.5", "0.6"]);
        assert_eq!(labels(-0.012, 0.03, 4), ["−0.01", "0.00", "0.01", "0.02", "0.03"]);
        assert_eq!(labels(82.0, 97.0, 4), ["85", "90", "95"]);
    }

    #[test]
    fn a_domain_that_is_empty_or_not_finite_still_has_a_scale() {
        for domain in [(0.3, 0.3), (0.0, 0.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            let scale = Scale::new(domain, (0.0, 100.0));
            assert!(!scale.ticks(4).is_empty(), "{domain:?}");
            assert!(scale.at(0.3).is_finite() && scale.at(f64::NAN).is_finite(), "{domain:?}");
        }
    }

    #[test]
    fn epochs_are_named_by_whole_numbers_from_the_first() {
        assert_eq!(epoch_ticks(1, 6), [1]);
        assert_eq!(epoch_ticks(4, 6), [1, 2, 3, 4]);
        assert_eq!(epoch_ticks(30, 6), [1, 5, 10, 15, 20, 25, 30]);
    }
}
