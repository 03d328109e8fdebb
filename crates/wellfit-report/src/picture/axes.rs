//! Axes that several pictures have: named lines across, ticks below, powers of ten.

use crate::chart::scale::{Scale, minus};
use crate::chart::{Ink, Picture, rule, text};

/// A place on an axis, in pixels, and its name.
pub(super) type Place = (f64, String);

/// Lines across at heights, with names to the left.
pub(super) fn across(
    picture: &mut Picture,
    (left, right): (f64, f64),
    heights: impl IntoIterator<Item = Place>,
) {
    for (at, name) in heights {
        picture.add(rule((left, at), (right, at), Ink::Grid, 1.0));
        picture.add(text(left - 5.0, at + 4.0, name).muted().end().mark());
    }
}

/// The line at the bottom, with ticks and their names, and below these what it shows.
pub(super) fn below(
    picture: &mut Picture,
    (left, right): (f64, f64),
    bottom: f64,
    places: impl IntoIterator<Item = Place>,
    words: &str,
) {
    picture.add(rule((left, bottom), (right, bottom), Ink::Axis, 1.0));
    for (at, name) in places {
        picture.add(rule((at, bottom), (at, bottom + 4.0), Ink::Axis, 1.0));
        picture.add(text(at, bottom + 16.0, name).muted().middle().mark());
    }
    picture.add(text((left + right) / 2.0, bottom + 31.0, words).muted().middle().mark());
}

/// What a logarithmic axis names of a domain in powers of ten: powers of ten, and where they
/// are too few also 3 times these, or 2 and 5 times, or 2, 3, 5 and 7 times, or whatever is
/// round; at most `wanted` and two more. Three or more where that is possible.
pub(super) fn log_ticks(scale: &Scale, wanted: usize) -> Vec<Place> {
    let (low, high) = scale.domain();
    let digits: [&[u32]; 4] = [&[1], &[1, 3], &[1, 2, 5], &[1, 2, 3, 5, 7]];
    let mut ways = digits.into_iter().map(|digits| -> Vec<Place> {
        let powers = low.floor() as i32..=high.floor() as i32;
        let all = powers.flat_map(|power| digits.iter().map(move |&digit| (digit, power)));
        let place = |(digit, power)| (f64::from(digit).log10() + f64::from(power), (digit, power));
        let inside = all.map(place).filter(|(at, _)| (low..=high).contains(at));
        inside.map(|(at, (digit, power))| (scale.at(at), tick_name(digit, power))).collect()
    });
    let enough = ways.find(|named| named.len() >= FEWEST);
    let named = enough.unwrap_or_else(|| round_ticks(scale, wanted));
    let step = named.len().div_ceil(wanted + 2).max(1);
    named.into_iter().step_by(step).collect()
}

/// Round values in a domain of much less than a power of ten.
fn round_ticks(scale: &Scale, wanted: usize) -> Vec<Place> {
    let (low, high) = scale.domain();
    let power = if (-3.0..4.0).contains(&low) { 0.0 } else { low.floor() };
    let ends = (10f64.powf(low - power), 10f64.powf(high - power));
    let ticks = Scale::new(ends, (0.0, 1.0)).ticks(wanted).into_iter();
    let name =
        |label: String| if power == 0.0 { label } else { minus(&format!("{label}e{power}")) };
    ticks.map(|tick| (scale.at(tick.value.log10() + power), name(tick.label))).collect()
}

/// Fewer names tell no scale.
const FEWEST: usize = 3;

/// A digit times a power of ten: `0.01`, `200`, `10k`, `3e−4`.
fn tick_name(digit: u32, power: i32) -> String {
    match power {
        -3..0 => {
            let decimals = power.unsigned_abs() as usize;
            format!("{:.decimals$}", f64::from(digit) * 10f64.powi(power))
        }
        0..=3 => (digit * 10u32.pow(power as u32)).to_string(),
        4..=5 => format!("{}k", digit * 10u32.pow(power as u32 - 3)),
        6..=8 => format!("{}M", digit * 10u32.pow(power as u32 - 6)),
        _ => minus(&format!("{digit}e{power}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(low: f64, high: f64, wanted: usize) -> Vec<String> {
        let scale = Scale::new((low, high), (0.0, 100.0));
        log_ticks(&scale, wanted).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn a_logarithmic_axis_names_powers_of_ten_or_what_lies_between() {
        assert_eq!(names(-2.5, 1.2, 4), ["0.01", "0.1", "1", "10"]);
        assert_eq!(names(0.0, 8.0, 4), ["1", "100", "10k", "1M", "100M"]);
        assert_eq!(names(-1.2, 0.1, 5), ["0.1", "0.3", "1"]);
        assert_eq!(names(-0.4, 0.4, 4), ["0.5", "1", "2"]);
        assert_eq!(names(-1.18, -0.45, 5), ["0.07", "0.1", "0.2", "0.3"]);
        assert_eq!(names(1.05, 1.65, 4), ["20", "30", "40"]);
        assert_eq!(names(-5.3, -4.2, 4), ["1e−5", "2e−5", "5e−5"]);
        assert_eq!(names(1.0212, 1.0414, 4), ["10.6", "10.8", "11.0"]);
        assert_eq!(names(-7.2, -7.16, 4), ["6.4e−8", "6.6e−8", "6.8e−8"]);
    }

    #[test]
    fn a_logarithmic_axis_has_three_names_or_more() {
        for (from, span) in (-1200..1200).step_by(7).zip((2..2000).step_by(5).cycle()) {
            let (low, span) = (f64::from(from) / 100.0, f64::from(span) / 100.0);
            let scale = Scale::new((low, low + span), (0.0, 100.0));
            let ticks = log_ticks(&scale, 4);
            assert!((2..=6).contains(&ticks.len()), "{low} {span}: {ticks:?}");
            assert!(ticks.len() >= 3 || span < 0.1, "{low} {span}: {ticks:?}");
            let rises = |two: &[Place]| two[0].0 < two[1].0 && two[0].1 != two[1].1;
            assert!(ticks.windows(2).all(rises), "{low} {span}: {ticks:?}");
        }
    }
}
