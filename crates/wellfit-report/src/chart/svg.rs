//! A picture as SVG: words stay words, and it has a title and a description.

use std::fmt::Write;

use super::{Anchor, HALO, Item, Mark, Picture};
use crate::palette::Ink;
use crate::text::escape;

/// Where the picture will be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// In a file of its own, on white.
    White,
    /// In the page, whose CSS variables colour it.
    Page,
}

/// The fonts that a picture asks for, the page's too.
pub const FONTS: &str = "-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Liberation Sans','Noto Sans',Arial,system-ui,sans-serif";

/// Writes a picture; `id` makes its inner names unique in a page.
pub fn svg(picture: &Picture, ground: Ground, id: &str) -> String {
    let (w, h) = (number(picture.width), number(picture.height));
    let (title, description) = (escape(&picture.title), escape(&picture.description));
    let mut out = String::new();
    let size = match ground {
        Ground::White => format!(r#" width="{w}" height="{h}""#),
        Ground::Page => String::new(),
    };
    let _ = write!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}"{size} role="img" aria-labelledby="{id}-t {id}-d" font-family="{FONTS}" style="font-variant-numeric:tabular-nums"><title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>"#
    );
    if ground == Ground::White {
        let paper = Ink::Paper.tone().light;
        let _ = write!(out, r#"<rect width="{w}" height="{h}" fill="{paper}"/>"#);
    }
    let writer = Writer { ground };
    for item in &picture.items {
        out.push('\n');
        match item {
            Item::Mark(one) => writer.mark(&mut out, one),
            Item::Group { arm, title, marks } => {
                let arm = arm.map(|arm| format!(r#" data-arm="{arm}""#)).unwrap_or_default();
                let _ = write!(out, "<g{arm}><title>{}</title>", escape(title));
                for one in marks {
                    writer.mark(&mut out, one);
                }
                out.push_str("</g>");
            }
        }
    }
    out.push_str("\n</svg>\n");
    out
}

struct Writer {
    ground: Ground,
}

impl Writer {
    fn colour(&self, ink: Ink) -> String {
        match self.ground {
            Ground::White => ink.tone().light.to_string(),
            Ground::Page => format!("var({})", ink.variable()),
        }
    }

    fn mark(&self, out: &mut String, mark: &Mark) {
        let opacity = |opacity: f64| {
            if opacity < 1.0 { format!(r#" opacity="{}""#, number(opacity)) } else { String::new() }
        };
        // Writing to a String cannot fail.
        let _ = match mark {
            Mark::Line { points, ink, width, dash, opacity: o } => {
                let dash = if dash.is_empty() {
                    String::new()
                } else {
                    let lengths: Vec<_> = dash.iter().map(|d| number(*d)).collect();
                    format!(r#" stroke-dasharray="{}""#, lengths.join(" "))
                };
                write!(
                    out,
                    r#"<path d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round"{dash}{}/>"#,
                    path(points, false),
                    self.colour(*ink),
                    number(*width),
                    opacity(*o)
                )
            }
            Mark::Area { points, ink, opacity: o } => write!(
                out,
                r#"<path d="{}" fill="{}"{}/>"#,
                path(points, true),
                self.colour(*ink),
                opacity(*o)
            ),
            Mark::Sign { at: (x, y), radius, marker, ink, opacity: o } => {
                let colour = self.colour(*ink);
                match marker.corners(*radius) {
                    None => write!(
                        out,
                        r#"<circle cx="{}" cy="{}" r="{}" fill="{colour}"{}/>"#,
                        number(*x),
                        number(*y),
                        number(*radius),
                        opacity(*o)
                    ),
                    Some(corners) => {
                        let points: Vec<_> =
                            corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
                        let d = path(&points, true);
                        write!(out, r#"<path d="{d}" fill="{colour}"{}/>"#, opacity(*o))
                    }
                }
            }
            Mark::Image { at: (x, y), size: (width, height), pixels } => {
                let Some(address) = pixels.address() else { return };
                let [x, y, width, height] = [x, y, width, height].map(|n| number(*n));
                write!(
                    out,
                    r#"<image x="{x}" y="{y}" width="{width}" height="{height}" preserveAspectRatio="none" style="image-rendering:pixelated" href="{address}"/>"#
                )
            }
            Mark::Text(t) => {
                let anchor = match t.anchor {
                    Anchor::Start => "",
                    Anchor::Middle => r#" text-anchor="middle""#,
                    Anchor::End => r#" text-anchor="end""#,
                };
                let halo = if t.halo {
                    let (paper, width) = (self.colour(Ink::Paper), number(2.0 * HALO));
                    format!(r#" stroke="{paper}" stroke-width="{width}" paint-order="stroke""#)
                } else {
                    String::new()
                };
                write!(
                    out,
                    r#"<text x="{}" y="{}" font-size="{}"{anchor}{}{halo} fill="{}">{}</text>"#,
                    number(t.x),
                    number(t.y),
                    number(t.size),
                    if t.bold { r#" font-weight="600""# } else { "" },
                    self.colour(t.ink),
                    escape(&t.words)
                )
            }
        };
    }
}

fn path(points: &[(f64, f64)], close: bool) -> String {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let _ = write!(d, "{}{} {}", if i == 0 { 'M' } else { 'L' }, number(*x), number(*y));
    }
    if close {
        d.push('Z');
    }
    d
}

/// Tenths of a pixel (hundredths below 1) are enough.
fn number(value: f64) -> String {
    let text = if value.abs() < 1.0 { format!("{value:.2}") } else { format!("{value:.1}") };
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Marker, rule, text};

    #[test]
    fn words_from_users_are_escaped_and_numbers_are_short() {
        let mut picture = Picture::new(100.0, 50.5, "a <b> & \"c\"");
        picture.add(text(1.0, 2.0 / 3.0, "x < y\u{0}").mark());
        picture.add(rule((0.0, 10.04), (-0.0001, 20.0), Ink::Arm(1), 1.5));
        let at = (5.0, 5.0);
        let ink = Ink::Arm(8);
        picture.add(Mark::Sign { at, radius: 3.0, marker: Marker::of(8), ink, opacity: 0.5 });
        let got = svg(&picture, Ground::White, "p");
        assert!(got.contains("a &lt;b&gt; &amp; &quot;c&quot;"), "{got}");
        assert!(got.contains(r#"y="0.67""#) && got.contains(">x &lt; y</text>"), "{got}");
        assert!(got.contains("M0 10L0 20"), "{got}");
        assert!(got.contains("M2 2L8 2L8 8L2 8Z"), "{got}");
        assert!(!got.contains("var("));
        assert!(svg(&picture, Ground::Page, "p").contains("var(--arm-1)"));
    }
}
