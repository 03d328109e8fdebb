//! Pooling, sample by sample.

use super::layout::Layout;
use super::operation::{At, Back, Operation, Ports};
use crate::kernel::Pooling;
use crate::threads::shared::Shared;
use crate::{CompileError, Window};

/// The largest or the mean of each window.
pub struct Pool {
    ports: Ports,
    pooling: Pooling,
    /// For the largest: which tap won, for each output of a batch.
    winners: Option<Shared>,
    /// Values of an output sample.
    sample: usize,
    work: usize,
}

impl Pool {
    /// Pooling from `input` to `output`: the largest or the mean.
    pub fn new(
        ports: Ports,
        window: Window,
        (input, output): (Layout, Layout),
        largest: bool,
    ) -> Result<Self, CompileError> {
        let pooling = Pooling {
            out: output.size,
            kernel: window.kernel,
            stride: window.stride,
            width: input.size[1],
            pixel: input.pixel,
        };
        let winners = largest.then(|| Shared::zeros(0)).transpose()?;
        let work = output.len() * window.kernel[0] * window.kernel[1];
        Ok(Pool { ports, pooling, winners, sample: output.sample(), work })
    }
}

impl Operation for Pool {
    fn forward(&self, at: &At<'_>) {
        let Ports { input, output, .. } = self.ports;
        let (from, to) = (at.layout(input).sample(), at.layout(output).sample());
        for row in 0..at.count() {
            // SAFETY: the chunk's rows are this thread's own, shapes those of the layer.
            unsafe {
                let x = at.values(input).add(row * from).cast_const();
                let y = at.values(output).add(row * to);
                match &self.winners {
                    Some(winners) => {
                        let winner = match at.training {
                            Some(_) => winners.at((at.rows.start + row) * to),
                            None => std::ptr::null_mut(),
                        };
                        (at.kernels.max_pool)(x, y, winner, &self.pooling);
                    }
                    None => (at.kernels.avg_pool)(x, y, &self.pooling),
                }
            }
        }
    }

    fn backward(&self, at: &At<'_>) {
        let Ports { input, output, back } = self.ports;
        if back == Back::Nowhere {
            return;
        }
        let (from, to) = (at.layout(input).sample(), at.layout(output).sample());
        for row in 0..at.count() {
            // SAFETY: as above.
            unsafe {
                let dx = at.gradients(input).add(row * from);
                let dy = at.gradients(output).add(row * to).cast_const();
                if back == Back::Set {
                    std::ptr::write_bytes(dx, 0, from);
                }
                match &self.winners {
                    Some(winners) => {
                        let winner = winners.at((at.rows.start + row) * to).cast_const();
                        (at.kernels.max_pool_back)(dy, winner, dx, &self.pooling);
                    }
                    None => (at.kernels.avg_pool_back)(dy, dx, &self.pooling),
                }
            }
        }
    }

    fn reserve(&mut self, rows: usize) -> Result<(), CompileError> {
        if let Some(winners) = &mut self.winners {
            *winners = Shared::zeros(self.sample.saturating_mul(rows))?;
        }
        Ok(())
    }

    fn work(&self) -> usize {
        self.work
    }
}
