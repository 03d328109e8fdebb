//! A picture as PNG, on white, at twice its size.

use tiny_skia::{
    Color, FillRule, LineJoin, Paint, PathBuilder, Pixmap, Stroke, StrokeDash, Transform,
};

use super::{Anchor, HALO, Mark, Picture, font};
use crate::ReportError;
use crate::palette::{Ink, rgb};

/// Pixels of the PNG for one of the picture.
pub const RESOLUTION: f64 = 2.0;

/// Draws a picture.
///
/// # Errors
/// [`ReportError::Png`] when it is empty or too large.
pub fn png(picture: &Picture) -> Result<Vec<u8>, ReportError> {
    let width = (picture.width * RESOLUTION).ceil() as u32;
    let height = (picture.height * RESOLUTION).ceil() as u32;
    let error = || ReportError::Png { width, height };
    let mut pixels = Pixmap::new(width, height).ok_or_else(error)?;
    pixels.fill(Color::WHITE);
    for mark in picture.marks() {
        draw(&mut pixels, mark);
    }
    pixels.encode_png().map_err(|_| error())
}

fn paint(ink: Ink, opacity: f64) -> Paint<'static> {
    let [r, g, b] = rgb(ink.tone().light);
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(r, g, b, (opacity.clamp(0.0, 1.0) * 255.0).round() as u8);
    paint
}

fn draw(pixels: &mut Pixmap, mark: &Mark) {
    let zoom = Transform::from_scale(RESOLUTION as f32, RESOLUTION as f32);
    let fill = |pixels: &mut Pixmap, path: Option<tiny_skia::Path>, ink, opacity| {
        if let Some(path) = path {
            pixels.fill_path(&path, &paint(ink, opacity), FillRule::Winding, zoom, None);
        }
    };
    match mark {
        Mark::Line { points, ink, width, dash, opacity } => {
            let Some(path) = polygon(points, false) else { return };
            let lengths = dash.iter().map(|d| *d as f32).collect();
            let stroke = Stroke {
                width: *width as f32,
                line_join: LineJoin::Round,
                dash: if dash.is_empty() { None } else { StrokeDash::new(lengths, 0.0) },
                ..Stroke::default()
            };
            pixels.stroke_path(&path, &paint(*ink, *opacity), &stroke, zoom, None);
        }
        Mark::Area { points, ink, opacity } => {
            fill(pixels, polygon(points, true), *ink, *opacity);
        }
        Mark::Sign { at: (x, y), radius, marker, ink, opacity } => {
            let path = match marker.corners(*radius) {
                None => PathBuilder::from_circle(*x as f32, *y as f32, *radius as f32),
                Some(corners) => {
                    let points: Vec<_> = corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
                    polygon(&points, true)
                }
            };
            fill(pixels, path, *ink, *opacity);
        }
        Mark::Image { at, size, pixels: image } => image.draw(pixels, *at, *size, RESOLUTION),
        Mark::Text(text) => {
            let wide = font::width(&text.words, text.size, text.bold);
            let start = match text.anchor {
                Anchor::Start => text.x,
                Anchor::Middle => text.x - wide / 2.0,
                Anchor::End => text.x - wide,
            };
            let glyphs = font::outline(&text.words, text.size, text.bold, (start, text.y));
            if text.halo {
                let width = (2.0 * HALO) as f32;
                let stroke = Stroke { width, line_join: LineJoin::Round, ..Stroke::default() };
                for path in &glyphs {
                    pixels.stroke_path(path, &paint(Ink::Paper, 1.0), &stroke, zoom, None);
                }
            }
            for path in glyphs {
                fill(pixels, Some(path), text.ink, 1.0);
            }
        }
    }
}

fn polygon(points: &[(f64, f64)], close: bool) -> Option<tiny_skia::Path> {
    let mut path = PathBuilder::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let (x, y) = (*x as f32, *y as f32);
        if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    if close {
        path.close();
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::text;

    #[test]
    fn words_leave_ink_on_white_without_any_system_font() {
        let mut picture = Picture::new(60.0, 20.0, "words");
        picture.add(text(30.0, 15.0, "0.327").middle().mark());
        let pixels = Pixmap::decode_png(&png(&picture).unwrap()).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (120, 40));
        let dark = pixels.pixels().iter().filter(|p| p.red() < 100).count();
        assert!((100..1500).contains(&dark), "{dark} dark pixels");
        assert_eq!(pixels.pixels()[0].red(), 255);
    }

    #[test]
    fn an_empty_picture_is_an_error_not_a_panic() {
        assert!(png(&Picture::new(0.0, 10.0, "nothing")).is_err());
    }
}
