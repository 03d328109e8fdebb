//! The embedded font: how wide words are, and the outlines that PNG pictures fill.
//!
//! DejaVu Sans Condensed, <https://dejavu-fonts.github.io>, is a little wider than
//! the fonts that browsers choose, so what fits here fits there.

use std::sync::LazyLock;

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId};

/// A face of the font.
struct Font {
    face: Face<'static>,
    scale: f64,
}

fn load(bytes: &'static [u8]) -> Option<Font> {
    let face = Face::parse(bytes, 0).ok()?;
    let scale = 1.0 / f64::from(face.units_per_em());
    Some(Font { face, scale })
}

static REGULAR: LazyLock<Option<Font>> = LazyLock::new(|| load(dejavu::sans_condensed::regular()));
static BOLD: LazyLock<Option<Font>> = LazyLock::new(|| load(dejavu::sans_condensed::bold()));

fn font(bold: bool) -> Option<&'static Font> {
    if bold { BOLD.as_ref() } else { REGULAR.as_ref() }
}

fn glyph(font: &Font, letter: char) -> (GlyphId, f64) {
    let id = font.face.glyph_index(letter).unwrap_or_default();
    (id, f64::from(font.face.glyph_hor_advance(id).unwrap_or(0)) * font.scale)
}

/// How wide words are.
pub fn width(words: &str, size: f64, bold: bool) -> f64 {
    match font(bold) {
        Some(font) => words.chars().map(|letter| glyph(font, letter).1).sum::<f64>() * size,
        None => words.chars().count() as f64 * size * 0.6,
    }
}

/// The words, cut with an ellipsis where they would be wider than `room`.
pub fn fit(words: &str, size: f64, bold: bool, room: f64) -> String {
    if width(words, size, bold) <= room {
        return words.to_string();
    }
    let room = room - width("…", size, bold);
    let (mut used, mut cut) = (0.0, String::new());
    for letter in words.chars() {
        used += width(letter.encode_utf8(&mut [0; 4]), size, bold);
        if used > room {
            break;
        }
        cut.push(letter);
    }
    cut.truncate(cut.trim_end().len());
    cut + "…"
}

/// The outlines of words whose base line starts at `origin`, in pixels, y down.
pub fn outline(words: &str, size: f64, bold: bool, origin: (f64, f64)) -> Vec<Path> {
    let Some(font) = font(bold) else { return Vec::new() };
    let mut x = origin.0;
    words
        .chars()
        .filter_map(|letter| {
            let (id, advance) = glyph(font, letter);
            let scale = font.scale * size;
            let mut pen = Pen { path: PathBuilder::new(), origin: (x, origin.1), scale };
            font.face.outline_glyph(id, &mut pen);
            x += advance * size;
            pen.path.finish()
        })
        .collect()
}

/// Turns a glyph's outline (font units, y up) into a path at its place.
struct Pen {
    path: PathBuilder,
    origin: (f64, f64),
    scale: f64,
}

impl Pen {
    fn map(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = (f64::from(x) * self.scale, f64::from(y) * self.scale);
        ((self.origin.0 + x) as f32, (self.origin.1 - y) as f32)
    }
}

impl ttf_parser::OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.map(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.map(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.map(x1, y1), self.map(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.map(x1, y1), self.map(x2, y2), self.map(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_equally_wide() {
        let one = width("1", 10.0, false);
        for digit in "0123456789".chars() {
            assert_eq!(width(&digit.to_string(), 10.0, false), one);
        }
        assert!(one > 4.0 && one < 8.0, "{one}");
    }

    #[test]
    fn words_that_are_too_long_end_with_an_ellipsis_and_fit() {
        let long = "a remedy with a very long name";
        let cut = fit(long, 12.0, false, 80.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0, false) <= 80.0, "{cut}");
        assert_eq!(fit("short", 12.0, false, 80.0), "short");
        assert_eq!(fit("short", 12.0, false, 0.0), "…");
    }
}
