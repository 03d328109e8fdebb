//! What is done value by value, all in one go: activations and dropout.

use super::layout::Layout;
use super::operation::{At, Back, Operation, Ports};
use crate::elementwise::{Draw, Op};
use crate::kernel::{Kernels, LANES, TILE};
use crate::threads::shared::Shared;
use crate::{Activation, CompileError};

/// Some activations and dropouts, one after the other.
pub struct Pointwise {
    /// In place where input and output are one value.
    ports: Ports,
    ops: Vec<Op>,
    padding: Vec<u32>,
    /// The product of all derivatives, for a batch; a lone ReLU's is told by its output.
    slopes: Option<Shared>,
    /// Values of a sample.
    sample: usize,
}

impl Pointwise {
    /// `ops` on values of `layout`.
    pub fn new(ports: Ports, ops: Vec<Op>, layout: Layout) -> Result<Self, CompileError> {
        let lone_relu = matches!(ops[..], [Op::Activation(Activation::Relu)]);
        let needed = !lone_relu && ports.back != Back::Nowhere;
        let slopes = needed.then(|| Shared::zeros(0)).transpose()?;
        Ok(Pointwise {
            ports,
            padding: padding(&ops, layout),
            ops,
            slopes,
            sample: layout.sample(),
        })
    }
}

/// The padding that `ops` would not leave at 0.
pub fn padding(ops: &[Op], layout: Layout) -> Vec<u32> {
    let keep = |op: &Op| !matches!(op, Op::Activation(a) if !a.keeps_zero());
    if ops.iter().all(keep) { Vec::new() } else { layout.padding() }
}

/// Applies `ops` to `rows` rows of values from `x` on, which begin with row `first` of
/// the batch (an even one), and keeps their padding at 0; the slopes, unless null, are multiplied by their derivatives.
/// Dropout is active where there is something to draw from.
///
/// # Safety
/// `x` and `slopes` (unless null) must hold so many rows of `layout`, and nobody else
/// may work on them.
pub unsafe fn apply(
    kernels: &Kernels,
    (ops, padding): (&[Op], &[u32]),
    layout: Layout,
    (x, slopes): (*mut f32, *mut f32),
    (first, rows): (usize, usize),
    draw: Option<Draw>,
) {
    let sample = layout.sample();
    for op in ops {
        // SAFETY: the caller vouches for the rows.
        unsafe {
            match *op {
                Op::Activation(activation) => {
                    (kernels.activate)(activation, x, slopes, rows * sample / LANES);
                    if !activation.keeps_zero() {
                        for row in 0..rows {
                            for &i in padding {
                                *x.add(row * sample + i as usize) = 0.0;
                            }
                        }
                    }
                }
                Op::Dropout { ordinal, threshold, scale } => {
                    let Some(draw) = draw else { continue };
                    let tiles = sample / TILE;
                    for tile in 0..tiles {
                        let mask = draw.mask(ordinal, threshold, scale, tile, tiles, first / 2);
                        let of = |p: *mut f32| if p.is_null() { p } else { p.add(tile * TILE) };
                        (kernels.dropout)(of(x), of(slopes), sample, rows, &mask);
                    }
                }
            }
        }
    }
}

impl Operation for Pointwise {
    fn reserve(&mut self, rows: usize) -> Result<(), CompileError> {
        if let Some(slopes) = &mut self.slopes {
            *slopes = Shared::zeros(self.sample.saturating_mul(rows))?;
        }
        Ok(())
    }

    fn forward(&self, at: &At<'_>) {
        let Ports { input, output, .. } = self.ports;
        let (layout, count) = (at.layout(output), at.count());
        let y = at.values(output);
        let slopes = match (&self.slopes, at.training) {
            (Some(slopes), Some(_)) => slopes.at(at.rows.start * layout.sample()),
            _ => std::ptr::null_mut(),
        };
        let n = count * layout.sample();
        // SAFETY: the chunk's rows are this thread's own; shapes are the same.
        unsafe {
            if input != output {
                std::ptr::copy_nonoverlapping(at.values(input), y, n);
            }
            if !slopes.is_null() {
                for i in 0..n {
                    *slopes.add(i) = 1.0;
                }
            }
            let draw = at.training.map(|training| training.draw);
            let ops = (&self.ops[..], &self.padding[..]);
            apply(at.kernels, ops, layout, (y, slopes), (at.rows.start, count), draw);
        }
    }

    fn backward(&self, at: &At<'_>) {
        let Ports { input, output, back } = self.ports;
        if back == Back::Nowhere {
            return;
        }
        let layout = at.layout(output);
        let (dy, vectors) = (at.gradients(output), at.vectors(output));
        // SAFETY: as above.
        unsafe {
            match &self.slopes {
                Some(slopes) => {
                    let slopes = slopes.at(at.rows.start * layout.sample());
                    (at.kernels.multiply)(dy, slopes, vectors);
                }
                None => (at.kernels.relu_back)(dy, at.values(output), vectors),
            }
            match back {
                _ if input == output => {}
                Back::Add => (at.kernels.accumulate)(at.gradients(input), dy, vectors),
                _ => {
                    let n = vectors * LANES;
                    std::ptr::copy_nonoverlapping(dy, at.gradients(input), n);
                }
            }
        }
    }
}
