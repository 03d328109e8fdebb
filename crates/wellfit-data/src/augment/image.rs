//! How the values of an image lie: `[channels][rows][columns]`.

/// An image's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Image {
    /// Calls `each` with the values of every channel: what happens to one happens to all.
    pub fn channels(self, values: &mut [f32], each: impl FnMut(&mut [f32])) {
        values.chunks_mut(self.height * self.width).for_each(each);
    }

    /// The smaller of its sides.
    pub fn side(self) -> usize {
        self.height.min(self.width)
    }
}
