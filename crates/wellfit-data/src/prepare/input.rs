//! What a preparation takes: columns or arrays, and what it does to each.

use crate::Shape;

/// What a preparation takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Arrays of any shape; nothing was fitted.
    Any,
    /// Arrays like those that it was fitted on.
    Array(ArrayInput),
    /// Tables with these columns, in this order or another.
    Table(Vec<InputColumn>),
}

/// Arrays that something was fitted on.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrayInput {
    /// What a sample looks like.
    pub shape: Shape,
    /// Whether values are bytes rather than floats.
    pub bytes: bool,
    /// What is done to the values: of a vector one for each column, of images one for
    /// each channel.
    pub groups: Vec<Numbers>,
}

impl ArrayInput {
    /// Which of the groups a value of a sample belongs to.
    pub fn group(&self, value: usize) -> usize {
        value / self.group_size()
    }

    /// Values of a sample in each group.
    pub(crate) fn group_size(&self) -> usize {
        match self.shape {
            Shape::Vector(_) => 1,
            Shape::Image { height, width, .. } => height * width,
        }
    }

    /// Whether the same is done to all values.
    pub(crate) fn is_uniform(&self) -> bool {
        self.groups.iter().all(|group| group == &self.groups[0])
    }

    /// In words, for errors.
    pub(crate) fn words(&self) -> String {
        format!("{} {}", self.shape, if self.bytes { "bytes" } else { "floats" })
    }

    /// What the value at a place of a sample is called: `x3`, `pixel[row, column]`, or in
    /// colour `pixel[channel, row, column]`.
    pub(crate) fn name(&self, value: usize) -> String {
        match self.shape {
            Shape::Vector(_) => format!("x{value}"),
            Shape::Image { channels: 1, width, .. } => {
                format!("pixel[{}, {}]", value / width, value % width)
            }
            Shape::Image { height, width, .. } => {
                let (channel, rest) = (value / (height * width), value % (height * width));
                format!("pixel[{channel}, {}, {}]", rest / width, rest % width)
            }
        }
    }
}

/// A column that something was fitted on.
#[derive(Clone, Debug, PartialEq)]
pub struct InputColumn {
    /// As in the table's header.
    pub name: String,
    /// What it holds and what is done to it.
    pub kind: InputKind,
}

/// What a column holds and what is done to it.
#[derive(Clone, Debug, PartialEq)]
pub enum InputKind {
    /// Numbers: one feature.
    Number(Numbers),
    /// Categories: a feature for each that training saw.
    Category(Categories),
}

/// What is done to numbers: x → (clip(x) − shift) / divide, in f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers {
    /// What stands in for a missing number; it is an error when `None`.
    pub fill: Option<f64>,
    /// Smaller and larger numbers become these.
    pub clip: Option<(f64, f64)>,
    /// Training samples with a number beyond these were left out.
    pub drop: Option<(f64, f64)>,
    /// What is taken off.
    pub shift: f64,
    /// What the rest is divided by, never 0.
    pub divide: f64,
}

impl Numbers {
    /// Numbers that stay as they are.
    pub const AS_THEY_ARE: Numbers =
        Numbers { fill: None, clip: None, drop: None, shift: 0.0, divide: 1.0 };

    /// The number filled in and clipped, not yet scaled; NaN if it is missing and nothing
    /// stands in for it.
    pub fn clean(&self, value: f64) -> f64 {
        let value = match self.fill {
            Some(fill) if value.is_nan() => fill,
            _ => value,
        };
        match self.clip {
            // `clamp` keeps NaN.
            Some((low, high)) => value.clamp(low, high),
            None => value,
        }
    }

    /// What the network gets for a number, before it is rounded to f32.
    pub fn prepared(&self, value: f64) -> f64 {
        (self.clean(value) - self.shift) / self.divide
    }

    /// Whether every number stays what it is.
    pub(crate) fn changes_nothing(&self) -> bool {
        self.clip.is_none() && self.shift == 0.0 && self.divide == 1.0
    }
}

/// What is done to categories: the feature of its category is 1, the others are 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Categories {
    /// Which category stands in for a missing one; it is an error when `None`.
    pub fill: Option<usize>,
    /// The categories that the training part has, sorted by name.
    pub names: Vec<String>,
}
