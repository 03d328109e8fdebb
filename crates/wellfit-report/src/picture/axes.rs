//! Axes that several pictures have: named lines across, ticks below, powers of ten.

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

/// A power of ten: `0.01`, `100`, `10k`, `1e−4`.
pub(super) fn power_name(power: i32) -> String {
    match power {
        -3..0 => 10f64.powi(power).to_string(),
        0..=3 => 10u32.pow(power as u32).to_string(),
        4..=5 => format!("{}k", 10u32.pow(power as u32 - 3)),
        6..=8 => format!("{}M", 10u32.pow(power as u32 - 6)),
        _ => format!("1e{power}").replace('-', "−"),
    }
}
