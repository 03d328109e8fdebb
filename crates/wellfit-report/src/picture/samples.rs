//! Samples to look at: a row for each class, or for each sample in several forms.

use std::sync::Arc;

use crate::chart::{Mark, Picture, Pixels, SMALL, font, text};

/// An image with what is said of it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The image.
    pub pixels: Pixels,
    /// A few words below it; none when empty.
    pub words: String,
}

/// Samples side by side.
#[derive(Clone, Debug)]
pub struct SampleRow {
    /// What they have in common.
    pub name: String,
    /// The samples.
    pub samples: Vec<Sample>,
}

/// Pixels on the picture that a small image's side has at least, and a large one's at most.
const SIDE: (f64, f64) = (56.0, 112.0);
const GAP: f64 = 8.0;
/// Room for a row's name, and the most.
const NAME: (f64, f64) = (24.0, 130.0);

/// The rows below each other; `columns` head the samples' columns, `notes` stand below.
pub fn samples(title: &str, columns: &[String], rows: &[SampleRow], notes: &[String]) -> Picture {
    let size = rows.iter().flat_map(|row| &row.samples).map(|s| s.pixels.size()).next();
    let (across, down) = size.map_or((1.0, 1.0), |(w, h)| (f64::from(w), f64::from(h)));
    let zoom = (SIDE.0 / across.max(down)).ceil().max(1.0).min(SIDE.1 / across.max(down));
    let (tile_width, tile_height) = (across * zoom, down * zoom);
    let step = tile_width.max(36.0) + GAP;
    let widest = rows.iter().map(|row| font::width(&row.name, SMALL, false)).fold(0.0, f64::max);
    let left = (widest + 10.0).clamp(NAME.0, NAME.1);
    let most = rows.iter().map(|row| row.samples.len()).max().unwrap_or(0);
    let width = (left + most as f64 * step - GAP).max(320.0);
    let mut picture = Picture::new(width, 0.0, title);
    picture.add(text(0.0, 14.0, title).bold().at_most(width).mark());
    let mut y = 30.0;
    if !columns.is_empty() {
        for (i, column) in columns.iter().enumerate() {
            let middle = left + i as f64 * step + tile_width / 2.0;
            let head = text(middle, y + 9.0, column.as_str()).middle().muted();
            picture.add(head.at_most(step - 2.0).mark());
        }
        y += 18.0;
    }
    for row in rows {
        let name = text(left - 10.0, y + tile_height / 2.0 + 4.0, row.name.as_str());
        let mut name = name.end().at_most(NAME.1 - 10.0);
        name.size = SMALL;
        picture.add(name.mark());
        let mut said = false;
        for (i, sample) in row.samples.iter().enumerate() {
            let x = left + i as f64 * step;
            picture.add(Mark::Image {
                at: (x, y),
                size: (tile_width, tile_height),
                pixels: Arc::new(sample.pixels.clone()),
            });
            if !sample.words.is_empty() {
                said = true;
                let middle = x + tile_width / 2.0;
                let words = text(middle, y + tile_height + 11.0, sample.words.as_str());
                let mut words = words.middle().muted();
                words.size = 9.0;
                picture.add(words.at_most(step - 1.0).mark());
            }
        }
        y += tile_height + GAP + if said { 12.0 } else { 0.0 };
    }
    for note in notes {
        y += 14.0;
        picture.add(text(0.0, y, note.as_str()).muted().at_most(width).mark());
    }
    picture.height = y + 6.0;
    let names: Vec<&str> = rows.iter().map(|row| &row.name[..]).collect();
    picture.description = format!("Samples: {}. {}", names.join(", "), notes.join(" "));
    picture
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::png::png;

    fn row(name: &str, side: u32, n: usize) -> SampleRow {
        let pixels = Pixels::new(side, vec![128; (side * side * 3) as usize]);
        let sample = Sample { pixels, words: String::new() };
        SampleRow { name: name.into(), samples: vec![sample; n] }
    }

    #[test]
    fn small_images_are_enlarged_by_whole_factors_and_large_ones_shrink() {
        for (side, wanted) in
            [(1, 56.0), (8, 56.0), (28, 56.0), (30, 60.0), (64, 64.0), (224, 112.0)]
        {
            let picture = samples("t", &[], &[row("a", side, 8)], &[]);
            let size = picture.marks().find_map(|mark| match mark {
                Mark::Image { size, .. } => Some(*size),
                _ => None,
            });
            assert_eq!(size, Some((wanted, wanted)), "{side}");
            assert!(png(&picture).is_ok());
        }
    }

    #[test]
    fn nothing_to_show_is_a_picture_all_the_same() {
        assert!(png(&samples("nothing", &[], &[], &["no samples".into()])).is_ok());
    }
}
