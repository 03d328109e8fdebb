//! The end of a residual block: y = x + f(x).

use super::layout::Layout;
use super::operation::{At, Back, Operation, Ports};
use crate::kernel::LANES;

/// Adds what its layers made of a value to that value.
pub struct Add {
    /// From the block's input to its output.
    ports: Ports,
    /// What the layers gave.
    made: usize,
    /// What becomes of the gradient of that.
    back: Back,
    /// Where each value is in x and in f(x), if not at the same place: a flattened image
    /// may have padding within.
    places: Option<Vec<[u32; 2]>>,
}

impl Add {
    /// The sum of `ports.input` and `made`, whose gradient goes `back`.
    pub fn new(ports: Ports, (made, back): (usize, Back), layouts: [Layout; 2]) -> Self {
        let [x, f] = layouts;
        let place = |i| [x.index(i) as u32, f.index(i) as u32];
        let places = (0..x.len()).map(place);
        let same = places.clone().all(|[x, f]| x == f);
        Add { ports, made, back, places: (!same).then(|| places.collect()) }
    }

    /// Adds to (or sets) `to`, rows of `made`'s layout, what `from` has, or the other
    /// way round.
    ///
    /// # Safety
    /// Both must hold the chunk's rows.
    unsafe fn across(
        &self,
        at: &At<'_>,
        to: (*mut f32, usize),
        from: (*const f32, usize),
        add: bool,
    ) {
        let Some(places) = &self.places else { unreachable!("asked for where they differ") };
        let [side, other] = if to.1 == self.ports.input { [0, 1] } else { [1, 0] };
        let (to_sample, from_sample) = (at.layout(to.1).sample(), at.layout(from.1).sample());
        for row in 0..at.count() {
            for place in places {
                // SAFETY: the caller vouches for the rows.
                unsafe {
                    let to = to.0.add(row * to_sample + place[side] as usize);
                    let from = *from.0.add(row * from_sample + place[other] as usize);
                    *to = if add { *to + from } else { from };
                }
            }
        }
    }
}

impl Operation for Add {
    fn forward(&self, at: &At<'_>) {
        let Ports { input, output, .. } = self.ports;
        let (y, vectors) = (at.values(output), at.vectors(output));
        let made = at.values(self.made).cast_const();
        // SAFETY: the chunk's rows are this thread's own; x and y are of one layout.
        unsafe {
            std::ptr::copy_nonoverlapping(at.values(input), y, vectors * LANES);
            match self.places {
                None => (at.kernels.accumulate)(y, made, vectors),
                Some(_) => self.across(at, (y, input), (made, self.made), true),
            }
        }
    }

    fn backward(&self, at: &At<'_>) {
        let Ports { input, output, back } = self.ports;
        let (dy, vectors) = (at.gradients(output), at.vectors(output));
        for (value, back) in [(self.made, self.back), (input, back)] {
            if back == Back::Nowhere {
                continue;
            }
            let to = at.gradients(value);
            // SAFETY: as above.
            unsafe {
                if value == self.made && self.places.is_some() {
                    self.across(at, (to, value), (dy, input), back == Back::Add);
                } else if back == Back::Add {
                    (at.kernels.accumulate)(to, dy, vectors);
                } else {
                    std::ptr::copy_nonoverlapping(dy, to, vectors * LANES);
                }
            }
        }
    }
}
