//! An image inside a picture.

use tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};

/// Red, green and blue bytes, row after row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Pixels {
    /// Rows of `width` pixels, three bytes each; what does not fill a row is left out.
    pub fn new(width: u32, rgb: Vec<u8>) -> Pixels {
        let height = rgb.len() as u32 / (3 * width.max(1));
        Pixels { width, height, rgb }
    }

    /// Pixels across and down.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn pixmap(&self) -> Option<Pixmap> {
        let mut pixmap = Pixmap::new(self.width, self.height)?;
        for (to, rgb) in pixmap.data_mut().chunks_mut(4).zip(self.rgb.chunks(3)) {
            to[..3].copy_from_slice(rgb);
            to[3] = 255;
        }
        Some(pixmap)
    }

    /// Draws it with its corner at `at` and of this size; single pixels stay squares.
    pub(super) fn draw(&self, onto: &mut Pixmap, at: (f64, f64), size: (f64, f64), zoom: f64) {
        let Some(own) = self.pixmap() else { return };
        let (across, down) = (f64::from(self.width), f64::from(self.height));
        let scale = (size.0 * zoom / across, size.1 * zoom / down);
        let quality = if scale.0 >= 1.0 { FilterQuality::Nearest } else { FilterQuality::Bilinear };
        let paint = PixmapPaint { quality, ..PixmapPaint::default() };
        let place = Transform::from_row(
            scale.0 as f32,
            0.0,
            0.0,
            scale.1 as f32,
            (at.0 * zoom) as f32,
            (at.1 * zoom) as f32,
        );
        onto.draw_pixmap(0, 0, own.as_ref(), &paint, place, None);
    }

    /// As the address of a PNG that is in the address itself.
    pub(super) fn address(&self) -> Option<String> {
        let bytes = self.pixmap()?.encode_png().ok()?;
        Some(format!("data:image/png;base64,{}", base64(&bytes)))
    }
}

/// <https://datatracker.ietf.org/doc/html/rfc4648#section-4>
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_the_letters_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn single_pixels_stay_squares() {
        let pixels = Pixels::new(2, vec![255, 0, 0, 0, 0, 255]);
        let mut onto = Pixmap::new(20, 10).unwrap();
        pixels.draw(&mut onto, (0.0, 0.0), (10.0, 5.0), 2.0);
        let colour = |x, y| {
            let pixel = onto.pixel(x, y).unwrap();
            [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()]
        };
        assert_eq!([colour(1, 1), colour(8, 8)], [[255, 0, 0, 255]; 2]);
        assert_eq!([colour(11, 1), colour(18, 8)], [[0, 0, 255, 255]; 2]);
        assert_eq!(Pixels::new(0, Vec::new()).address(), None);
    }
}
