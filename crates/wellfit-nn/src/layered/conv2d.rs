//! Convolution, sample by sample while its image and its gradients are in cache.
//!
//! Nothing is unrolled into columns: the kernel reads the windows where they lie
//! ([`Runs`]). Only an image with zeros around it, and on the way back one that is
//! spread out by the stride, is copied into the thread's scratch.

use super::layout::Layout;
use super::operation::{At, Back, Operation, Ports};
use super::parameter::Turned;
use crate::Window;
use crate::kernel::{LANES, Rows, Runs};

/// A convolution.
pub struct Conv2d {
    ports: Ports,
    window: Window,
    /// Its weight, among the parameters.
    weight: usize,
    bias: Option<usize>,
    /// Rows and columns of the output.
    out: [usize; 2],
    /// The image with zeros around it; the same size as the input without padding.
    padded: [usize; 2],
    /// Where each output pixel's window starts in the padded image.
    pixels: Vec<u32>,
    /// Where each row of the weights' gradient starts in it: tap and input channel.
    taps: Vec<u32>,
    /// The way back, as a convolution of the spread output's gradient.
    spread: Spread,
    scratch: usize,
    work: usize,
}

/// The output's gradient with zeros between and around its pixels, such that the
/// turned weights, at stride 1, give the input's gradient.
struct Spread {
    size: [usize; 2],
    /// Zeros before the first row and column; may be negative.
    first: [isize; 2],
    /// Where each input pixel's window starts.
    pixels: Vec<u32>,
}

impl Conv2d {
    /// A convolution from `input` to an image of `out` pixels.
    pub fn new(
        ports: Ports,
        window: Window,
        (weight, bias): (usize, Option<usize>),
        (input, channels): (Layout, usize),
        output: Layout,
    ) -> Self {
        let Window { kernel, stride, padding } = window;
        let pair = |f: &dyn Fn(usize) -> usize| [f(0), f(1)];
        let padded = pair(&|i| input.size[i] + 2 * padding[i]);
        let starts = |size: [usize; 2], stride: [usize; 2], width: usize, pixel: usize| {
            let rows = 0..size[0];
            let row =
                move |y| (0..size[1]).map(move |x| (y * stride[0] * width + x * stride[1]) * pixel);
            rows.flat_map(row).map(|start| start as u32).collect::<Vec<u32>>()
        };
        let taps = starts(kernel, [1, 1], padded[1], input.pixel)
            .into_iter()
            .flat_map(|tap| (0..input.pixel as u32).map(move |channel| tap + channel))
            .collect();
        let size = pair(&|i| input.size[i] + kernel[i] - 1);
        let first = [0, 1].map(|i| kernel[i] as isize - 1 - padding[i] as isize);
        let spread =
            Spread { size, first, pixels: starts(input.size, [1, 1], size[1], output.pixel) };
        let taps_of_all = kernel[0] * kernel[1] * channels;
        Conv2d {
            ports,
            window,
            weight,
            bias,
            out: output.size,
            padded,
            pixels: starts(output.size, stride, padded[1], input.pixel),
            taps,
            scratch: (padded[0] * padded[1] * input.pixel).max(size[0] * size[1] * output.pixel),
            spread,
            work: output.pixels() * output.channels() * taps_of_all,
        }
    }

    /// A sample's image with zeros around it.
    ///
    /// # Safety
    /// `x` must be the sample's values; the scratch this thread's own.
    unsafe fn pad(&self, at: &At<'_>, x: *const f32) -> *const f32 {
        let [rows, columns] = self.window.padding;
        if rows == 0 && columns == 0 {
            return x;
        }
        let layout = at.layout(self.ports.input);
        let to = at.scratch.passing.at(0);
        // SAFETY: the scratch holds a padded image.
        unsafe {
            let place = Placed {
                size: self.padded,
                first: [rows as isize, columns as isize],
                stride: [1, 1],
            };
            place.copy(x, layout.size, layout.pixel, to);
        }
        to
    }
}

/// Where an image's pixels go in a larger one of zeros.
struct Placed {
    size: [usize; 2],
    /// Where the first pixel goes; what falls outside is left out.
    first: [isize; 2],
    stride: [usize; 2],
}

impl Placed {
    /// # Safety
    /// `from` must hold an image of `size` pixels of `pixel` values, `to` one of
    /// `self.size`.
    unsafe fn copy(&self, from: *const f32, size: [usize; 2], pixel: usize, to: *mut f32) {
        // SAFETY: the caller vouches for both images; every pixel is checked to lie
        // within the larger.
        unsafe {
            std::ptr::write_bytes(to, 0, self.size[0] * self.size[1] * pixel);
            let inside = |axis: usize, i: usize| {
                let at = self.first[axis] + (i * self.stride[axis]) as isize;
                (at >= 0 && at < self.size[axis] as isize).then_some(at as usize)
            };
            for y in 0..size[0] {
                let Some(row) = inside(0, y) else { continue };
                if self.stride[1] == 1 && self.first[1] >= 0 {
                    let first = self.first[1] as usize;
                    let n = size[1].min(self.size[1].saturating_sub(first));
                    let from = from.add(y * size[1] * pixel);
                    let to = to.add((row * self.size[1] + first) * pixel);
                    std::ptr::copy_nonoverlapping(from, to, n * pixel);
                    continue;
                }
                for x in 0..size[1] {
                    let Some(column) = inside(1, x) else { continue };
                    let from = from.add((y * size[1] + x) * pixel);
                    let to = to.add((row * self.size[1] + column) * pixel);
                    std::ptr::copy_nonoverlapping(from, to, pixel);
                }
            }
        }
    }
}

impl Operation for Conv2d {
    fn forward(&self, at: &At<'_>) {
        let Ports { input, output, .. } = self.ports;
        let (from, to) = (at.layout(input), at.layout(output));
        let weight = &at.network.parameters[self.weight];
        let bias = self.bias.map(|bias| at.network.parameters[bias].weights(0).w);
        let [height, width] = self.window.kernel;
        let runs = Runs {
            count: height,
            step: self.padded[1] * from.pixel,
            len: width * from.pixel,
            column: 1,
        };
        for row in 0..at.count() {
            // SAFETY: the chunk's rows are this thread's own; weights do not change
            // while batches are on their way; shapes are those of the layer.
            unsafe {
                let x = self.pad(at, at.values(input).add(row * from.sample()));
                let z = at.values(output).add(row * to.sample());
                if let Some(bias) = bias {
                    let shape = (to.pixels(), to.pixel / LANES);
                    (at.kernels.spread)(bias, Rows { at: z, row: to.pixel }, shape);
                }
                let b = Rows { at: weight.weights(0).w.cast_const(), row: to.pixel };
                let c = Rows { at: z, row: to.pixel };
                let vectors = to.pixel / LANES;
                (at.kernels.windows)(x, &self.pixels, runs, b, c, vectors, bias.is_some());
            }
        }
    }

    fn backward(&self, at: &At<'_>) {
        let Ports { input, output, back } = self.ports;
        let (from, to) = (at.layout(input), at.layout(output));
        let weight = &at.network.parameters[self.weight];
        let dw = at.chunk_gradient(self.weight);
        let [down, along] = self.window.stride;
        let over_pixels = Runs {
            count: self.out[0],
            step: down * self.padded[1] * from.pixel,
            len: self.out[1],
            column: along * from.pixel,
        };
        let [height, width] = self.window.kernel;
        let over_taps = Runs {
            count: height,
            step: self.spread.size[1] * to.pixel,
            len: width * to.pixel,
            column: 1,
        };
        for row in 0..at.count() {
            // SAFETY: as above; a chunk's gradients are its thread's own.
            unsafe {
                let dz = at.gradients(output).add(row * to.sample()).cast_const();
                let x = self.pad(at, at.values(input).add(row * from.sample()));
                let b = Rows { at: dz, row: to.pixel };
                let c = Rows { at: dw, row: to.pixel };
                (at.kernels.windows)(x, &self.taps, over_pixels, b, c, to.pixel / LANES, row > 0);
                if let Some(bias) = self.bias {
                    let db = at.chunk_gradient(bias);
                    let b = Rows { at: dz, row: to.pixel };
                    let c = Rows { at: db, row: to.pixel };
                    let pixels = (1, to.pixels(), to.pixel / LANES);
                    (at.kernels.matmul)(super::ONES, b, c, pixels, row > 0);
                }
                if back == Back::Nowhere {
                    continue;
                }
                let Turned::Conv2d { weights, .. } = &weight.turned else {
                    unreachable!("made for those who need it")
                };
                let spread = at.scratch.passing.at(0);
                let place = Placed {
                    size: self.spread.size,
                    first: self.spread.first,
                    stride: self.window.stride,
                };
                place.copy(dz, to.size, to.pixel, spread);
                let dx = at.gradients(input).add(row * from.sample());
                let b = Rows { at: weights.at(0).cast_const(), row: from.pixel };
                let c = Rows { at: dx, row: from.pixel };
                let (pixels, vectors) = (&self.spread.pixels, from.pixel / LANES);
                let add = back == Back::Add;
                (at.kernels.windows)(spread, pixels, over_taps, b, c, vectors, add);
            }
        }
    }

    fn scratch(&self) -> usize {
        self.scratch
    }

    fn work(&self) -> usize {
        self.work
    }
}
