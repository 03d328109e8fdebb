//! The end of a residual block: y = x + f(x).

use super::operation::{At, Back, Operation, Ports};

/// Adds what its layers made of a value to that value.
pub struct Add {
    /// From the block's input to its output.
    pub ports: Ports,
    /// What the layers gave.
    pub made: usize,
    /// Whether the layers need a gradient: not where `made` is the input itself.
    pub back_to_made: Back,
}

impl Operation for Add {
    fn forward(&self, at: &At<'_>) {
        let Ports { input, output, .. } = self.ports;
        let (y, vectors) = (at.values(output), at.vectors(output));
        // SAFETY: the chunk's rows are this thread's own; the three are of one shape.
        unsafe {
            let n = vectors * crate::kernel::LANES;
            std::ptr::copy_nonoverlapping(at.values(input), y, n);
            (at.kernels.accumulate)(y, at.values(self.made), vectors);
        }
    }

    fn backward(&self, at: &At<'_>) {
        let Ports { input, output, back } = self.ports;
        let (dy, vectors) = (at.gradients(output), at.vectors(output));
        for (value, back) in [(self.made, self.back_to_made), (input, back)] {
            // SAFETY: as above.
            unsafe {
                match back {
                    Back::Nowhere => {}
                    Back::Set => {
                        let n = vectors * crate::kernel::LANES;
                        std::ptr::copy_nonoverlapping(dy, at.gradients(value), n);
                    }
                    Back::Add => (at.kernels.accumulate)(at.gradients(value), dy, vectors),
                }
            }
        }
    }
}
