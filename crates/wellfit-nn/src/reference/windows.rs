//! Windows over images, place by place.

use crate::{Shape, Window};

/// Images and the windows that lie over them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    pub channels: usize,
    /// Height and width of the images.
    pub size: [usize; 2],
    pub window: Window,
    /// How many windows there are, in rows and columns.
    pub count: [usize; 2],
}

impl Windows {
    /// # Panics
    /// If `shape` is no image or smaller than a window, which a checked spec is not.
    pub fn new(shape: Shape, window: Window) -> Self {
        let Shape::Image { channels, height, width } = shape else {
            unreachable!("a checked spec has windows over images only")
        };
        let size = [height, width];
        Self { channels, size, window, count: window.count(size).expect("a checked spec") }
    }

    /// Values in a channel.
    pub fn area(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Every window's number and place, row after row.
    pub fn places(&self) -> impl Iterator<Item = (usize, [usize; 2])> {
        let columns = self.count[1];
        (0..self.count[0] * columns).map(move |i| (i, [i / columns, i % columns]))
    }

    /// The window at `place`: the number of each of its taps, row after row, with
    /// where that lies in a channel. Taps on the zeros around the image are left out.
    pub fn taps(&self, place: [usize; 2]) -> impl Iterator<Item = (usize, usize)> {
        let Windows { size, window: Window { kernel, stride, padding }, .. } = *self;
        (0..kernel[0] * kernel[1]).filter_map(move |tap| {
            let along = |axis: usize, tap: usize| {
                let at = (place[axis] * stride[axis] + tap).checked_sub(padding[axis])?;
                (at < size[axis]).then_some(at)
            };
            let (y, x) = (along(0, tap / kernel[1])?, along(1, tap % kernel[1])?);
            Some((tap, y * size[1] + x))
        })
    }
}
