//! A picture as a list of marks, which SVG and PNG draw alike.
//!
//! Units are pixels at the picture's own size, x to the right, y down.

pub mod font;
pub mod labels;
pub mod pixels;
pub mod png;
pub mod scale;
pub mod svg;

use std::sync::Arc;

pub use crate::palette::Ink;
pub use pixels::Pixels;

/// Size of the words that are read, and of those that explain.
pub const SIZE: f64 = 12.5;
/// The smaller of the two sizes.
pub const SMALL: f64 = 11.0;

/// A drawing with its name and description.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// What it is, in a few words.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// What is drawn, back to front.
    pub items: Vec<Item>,
}

/// A part of a picture.
#[derive(Clone, Debug)]
pub enum Item {
    /// A mark.
    Mark(Mark),
    /// Marks that belong together and have words of their own.
    Group {
        /// Which arm of the study, if one.
        arm: Option<usize>,
        /// What is said when it is pointed at or read aloud.
        title: String,
        /// Its marks.
        marks: Vec<Mark>,
    },
}

/// Something drawn.
#[derive(Clone, Debug)]
pub enum Mark {
    /// Straight pieces from point to point.
    Line {
        /// At least two.
        points: Vec<(f64, f64)>,
        /// Colour.
        ink: Ink,
        /// Width.
        width: f64,
        /// Drawn and left out lengths in turn; empty: whole.
        dash: &'static [f64],
        /// 1 hides what lies behind.
        opacity: f64,
    },
    /// A filled polygon.
    Area {
        /// At least three.
        points: Vec<(f64, f64)>,
        /// Colour.
        ink: Ink,
        /// 1 hides what lies behind.
        opacity: f64,
    },
    /// A small sign.
    Sign {
        /// Centre.
        at: (f64, f64),
        /// Half its width.
        radius: f64,
        /// Its form.
        marker: Marker,
        /// Colour.
        ink: Ink,
        /// 1 hides what lies behind.
        opacity: f64,
    },
    /// Words.
    Text(Text),
    /// An image.
    Image {
        /// Its upper left corner.
        at: (f64, f64),
        /// Width and height that it is drawn with.
        size: (f64, f64),
        /// What is in it.
        pixels: Arc<Pixels>,
    },
}

/// The form of a small sign; with the colour it says which arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// The first seven arms.
    Circle,
    /// The next seven.
    Square,
    /// The next.
    Diamond,
    /// And so on.
    Triangle,
}

impl Marker {
    /// The form for an arm, such that colour and form together differ.
    pub fn of(arm: usize) -> Marker {
        let turn = arm.saturating_sub(1) / 7;
        [Marker::Circle, Marker::Square, Marker::Diamond, Marker::Triangle][turn % 4]
    }

    /// Its corners around the origin, for a radius; `None`: a circle.
    pub fn corners(self, r: f64) -> Option<Vec<(f64, f64)>> {
        match self {
            Marker::Circle => None,
            Marker::Square => Some(vec![(-r, -r), (r, -r), (r, r), (-r, r)]),
            Marker::Diamond => {
                let r = r * 1.3;
                Some(vec![(0.0, -r), (r, 0.0), (0.0, r), (-r, 0.0)])
            }
            Marker::Triangle => {
                let r = r * 1.2;
                Some(vec![(0.0, -r), (r, r * 0.8), (-r, r * 0.8)])
            }
        }
    }
}

/// Words in a picture.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where they start, end or have their middle.
    pub x: f64,
    /// Their base line.
    pub y: f64,
    /// Which of these.
    pub anchor: Anchor,
    /// Font size.
    pub size: f64,
    /// Whether they are bold.
    pub bold: bool,
    /// Colour.
    pub ink: Ink,
    /// Whether the ground shows around them, where they stand on lines.
    pub halo: bool,
    /// The words.
    pub words: String,
}

/// How far the ground shows around words with a halo.
pub const HALO: f64 = 1.5;

/// What of a text its x is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

impl Picture {
    /// An empty one.
    pub fn new(width: f64, height: f64, title: impl Into<String>) -> Picture {
        Picture {
            width,
            height,
            title: title.into(),
            description: String::new(),
            items: Vec::new(),
        }
    }

    /// Adds a mark on top.
    pub fn add(&mut self, mark: Mark) {
        self.items.push(Item::Mark(mark));
    }

    /// The same picture with an empty border.
    pub fn with_border(mut self, border: f64) -> Picture {
        let shift = |point: &mut (f64, f64)| {
            point.0 += border;
            point.1 += border;
        };
        let marks = self.items.iter_mut().flat_map(|item| match item {
            Item::Mark(mark) => std::slice::from_mut(mark),
            Item::Group { marks, .. } => marks,
        });
        for mark in marks {
            match mark {
                Mark::Line { points, .. } | Mark::Area { points, .. } => {
                    points.iter_mut().for_each(shift);
                }
                Mark::Sign { at, .. } | Mark::Image { at, .. } => shift(at),
                Mark::Text(text) => {
                    text.x += border;
                    text.y += border;
                }
            }
        }
        self.width += 2.0 * border;
        self.height += 2.0 * border;
        self
    }

    /// Every mark, back to front.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.items.iter().flat_map(|item| match item {
            Item::Mark(mark) => std::slice::from_ref(mark),
            Item::Group { marks, .. } => marks,
        })
    }
}

/// A straight line.
pub fn rule(from: (f64, f64), to: (f64, f64), ink: Ink, width: f64) -> Mark {
    Mark::Line { points: vec![from, to], ink, width, dash: &[], opacity: 1.0 }
}

/// A filled rectangle.
pub fn rectangle(x: f64, y: f64, width: f64, height: f64, ink: Ink, opacity: f64) -> Mark {
    let points = vec![(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
    Mark::Area { points, ink, opacity }
}

/// Words that start at x.
pub fn text(x: f64, y: f64, words: impl Into<String>) -> Text {
    Text {
        x,
        y,
        anchor: Anchor::Start,
        size: SIZE,
        bold: false,
        ink: Ink::Text,
        halo: false,
        words: words.into(),
    }
}

impl Text {
    /// Ends at x.
    pub fn end(mut self) -> Text {
        self.anchor = Anchor::End;
        self
    }

    /// Has its middle at x.
    pub fn middle(mut self) -> Text {
        self.anchor = Anchor::Middle;
        self
    }

    /// Explains rather than says.
    pub fn muted(mut self) -> Text {
        (self.ink, self.size) = (Ink::Muted, SMALL);
        self
    }

    /// Stands on lines.
    pub fn halo(mut self) -> Text {
        self.halo = true;
        self
    }

    /// Is bold.
    pub fn bold(mut self) -> Text {
        self.bold = true;
        self
    }

    /// Cut with an ellipsis so that it is at most so wide.
    pub fn at_most(mut self, width: f64) -> Text {
        self.words = font::fit(&self.words, self.size, self.bold, width);
        self
    }

    /// As a mark.
    pub fn mark(self) -> Mark {
        Mark::Text(self)
    }
}
