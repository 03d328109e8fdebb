//! Colours, once for everything: page, pictures in light and dark.
//!
//! Arms take the hues of Okabe and Ito, <https://jfly.uni-koeln.de/color/>, which
//! people with any kind of colour vision can tell apart. Several of them are too
//! faint on white, so each hue has a shade for a light and one for a dark ground:
//! at least 3:1 against it (WCAG 2.2, 1.4.11) for lines, 4.5:1 (1.4.3) for text.

/// What a mark is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Text that is read.
    Text,
    /// Text that explains.
    Muted,
    /// Grid lines.
    Grid,
    /// Axes and the zero line.
    Axis,
    /// The ground.
    Paper,
    /// A shaded zone behind marks.
    Zone,
    /// An arm of the study, by index; 0 is the baseline and grey.
    Arm(usize),
}

/// A colour on a light and on a dark ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tone {
    /// On white.
    pub light: &'static str,
    /// On [`Ink::Paper`]'s dark tone.
    pub dark: &'static str,
}

const fn tone(light: &'static str, dark: &'static str) -> Tone {
    Tone { light, dark }
}

/// The baseline's grey, then blue, vermillion, green, purple, orange, sky, yellow.
const ARMS: [Tone; 8] = [
    tone("#6b7177", "#a3a9b0"),
    tone("#0072b2", "#4fa3e0"),
    tone("#d55e00", "#f0742e"),
    tone("#009e73", "#1fbf92"),
    tone("#c0629a", "#d98bb8"),
    tone("#c08000", "#e69f00"),
    tone("#3a96cc", "#8fd0f7"),
    tone("#968c00", "#f0e442"),
];

impl Ink {
    /// Which of the arms' colours an arm has: the eighth arm after the baseline has
    /// the first one's again, with another [marker](crate::chart::Marker).
    pub fn slot(arm: usize) -> usize {
        if arm == 0 { 0 } else { 1 + (arm - 1) % (ARMS.len() - 1) }
    }

    /// The colour.
    pub fn tone(self) -> Tone {
        match self {
            Ink::Text => tone("#1b1f24", "#e6e8ea"),
            Ink::Muted => tone("#5a6168", "#a3a9b0"),
            Ink::Grid => tone("#e4e7ea", "#2b3036"),
            Ink::Axis => tone("#868d94", "#7d858d"),
            Ink::Paper => tone("#ffffff", "#16191d"),
            Ink::Zone => tone("#eef1f4", "#22272d"),
            Ink::Arm(arm) => ARMS[Ink::slot(arm)],
        }
    }

    /// The name of the page's CSS variable.
    pub fn variable(self) -> String {
        match self {
            Ink::Text => "--text".into(),
            Ink::Muted => "--muted".into(),
            Ink::Grid => "--grid".into(),
            Ink::Axis => "--axis".into(),
            Ink::Paper => "--paper".into(),
            Ink::Zone => "--zone".into(),
            Ink::Arm(arm) => format!("--arm-{}", Ink::slot(arm)),
        }
    }

    /// Every ink with a colour of its own.
    pub fn all() -> impl Iterator<Item = Ink> {
        [Ink::Text, Ink::Muted, Ink::Grid, Ink::Axis, Ink::Paper, Ink::Zone]
            .into_iter()
            .chain((0..ARMS.len()).map(Ink::Arm))
    }
}

/// The CSS declarations of every colour, for one ground.
pub fn variables(dark: bool) -> String {
    Ink::all()
        .map(|ink| {
            let Tone { light, dark: night } = ink.tone();
            format!("{}:{};", ink.variable(), if dark { night } else { light })
        })
        .collect()
}

/// Red, green and blue of `#rrggbb`.
pub fn rgb(colour: &str) -> [u8; 3] {
    let byte = |at: usize| {
        colour.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0)
    };
    [byte(1), byte(3), byte(5)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2's relative luminance.
    fn luminance(colour: &str) -> f64 {
        let [r, g, b] = rgb(colour).map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn text_and_lines_meet_wcag_aa_on_both_grounds() {
        for ink in Ink::all() {
            let least = match ink {
                Ink::Text | Ink::Muted => 4.5,
                Ink::Arm(_) | Ink::Axis => 3.0,
                Ink::Grid | Ink::Paper | Ink::Zone => 1.0,
            };
            for ground in [Ink::Paper, Ink::Zone] {
                let (ink, ground) = (ink.tone(), ground.tone());
                let (light, dark) =
                    (contrast(ink.light, ground.light), contrast(ink.dark, ground.dark));
                let slack = if least == 3.0 && ground != Ink::Paper.tone() { 0.5 } else { 0.0 };
                assert!(light >= least - slack, "{ink:?} on {}: {light:.2}", ground.light);
                assert!(dark >= least - slack, "{ink:?} on {}: {dark:.2}", ground.dark);
            }
        }
    }

    #[test]
    fn neighbouring_arms_differ_and_the_baseline_alone_is_grey() {
        let grey = Ink::Arm(0).tone();
        for arm in 1..40 {
            assert_ne!(Ink::Arm(arm).tone(), grey);
            assert_ne!(Ink::Arm(arm).tone(), Ink::Arm(arm + 1).tone());
        }
    }
}
