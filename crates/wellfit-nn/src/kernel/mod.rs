//! The only home of SIMD: kernels written once and compiled for each instruction
//! set, behind a table of functions that is chosen when the program starts.
//!
//! Every kernel has a slow twin in [`crate::reference`], and `tests/twin.rs`
//! compares the two.

mod activation;
mod loss;
mod matmul;
mod pointwise;
mod simd;
mod update;

pub use loss::RowLoss;
pub use matmul::{Rows, Strided};
pub use pointwise::Mask;
pub use simd::LANES;
pub use update::{Rule, Step, Weights};

use crate::{Activation, CompileError, Target};

/// Units of a tile: the columns of a panel of weights, and of a block of activations.
pub const TILE: usize = 64;

/// Vectors of a tile.
pub const TILE_VECTORS: usize = TILE / LANES;

type Matmul = unsafe fn(Strided, Rows<*const f32>, Rows<*mut f32>, (usize, usize, usize), bool);
type UpdatePanel = unsafe fn(*const f32, *const f32, Weights, (usize, usize), &Step, &mut [f64; 2]);
type Update =
    unsafe fn(Strided, Rows<*const f32>, Weights, (usize, usize, usize), &Step, &mut [f64; 2]);

/// A kernel set for one instruction set. Each function is unsafe as the generic
/// function of the same name says.
pub struct Kernels {
    /// What it is called in records.
    pub name: &'static str,
    /// z (rows × 64) += x (rows × k, rows 64 apart) · w (k × 64).
    pub forward: unsafe fn(*const f32, *const f32, *mut f32, usize, usize),
    /// See [`matmul::matmul`].
    pub matmul: Matmul,
    /// [`update::update`] of a panel: x and dz have rows 64 apart.
    pub update_panel: UpdatePanel,
    /// See [`update::update`].
    pub update: Update,
    /// See [`activation::activate`].
    pub activate: unsafe fn(Activation, *mut f32, *mut f32, usize),
    /// See [`pointwise::dropout`].
    pub dropout: unsafe fn(*mut f32, *mut f32, usize, usize, &Mask),
    /// See [`pointwise::multiply`].
    pub multiply: unsafe fn(*mut f32, *const f32, usize),
    /// See [`pointwise::accumulate`].
    pub accumulate: unsafe fn(*mut f32, *const f32, usize),
    /// See [`pointwise::divide_bytes`].
    pub divide_bytes: unsafe fn(*const u8, *mut f32, usize, f32),
    /// See [`Kernels::loss_row`], which is safe.
    pub loss: unsafe fn(&RowLoss, *mut f32, usize, Target<'_>, f32) -> f32,
}

macro_rules! kernels {
    ($module:ident, $simd:ty, $name:literal $(, $features:literal)?) => {
        mod $module {
            use super::simd::*;
            use super::*;

            pub const KERNELS: Kernels = Kernels {
                name: $name,
                forward,
                matmul,
                update_panel,
                update,
                activate,
                dropout,
                multiply,
                accumulate,
                divide_bytes,
                loss,
            };

            $(#[target_feature(enable = $features)])?
            unsafe fn forward(
                x: *const f32,
                w: *const f32,
                z: *mut f32,
                rows: usize,
                k: usize,
            ) {
                let a = Strided { at: x, row: TILE, column: 1 };
                let (b, c) = (Rows { at: w, row: TILE }, Rows { at: z, row: TILE });
                // SAFETY: the caller's contract is the generic function's.
                unsafe { matmul::matmul::<$simd>(a, b, c, (rows, k, TILE_VECTORS), true) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn matmul(
                a: Strided,
                b: Rows<*const f32>,
                c: Rows<*mut f32>,
                shape: (usize, usize, usize),
                accumulate: bool,
            ) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { matmul::matmul::<$simd>(a, b, c, shape, accumulate) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn update_panel(
                x: *const f32,
                dz: *const f32,
                weights: Weights,
                (rows, samples): (usize, usize),
                step: &Step,
                sums: &mut [f64; 2],
            ) {
                let a = Strided { at: x, row: 1, column: TILE };
                let b = Rows { at: dz, row: TILE };
                let shape = (rows, samples, TILE_VECTORS);
                // SAFETY: the caller's contract is the generic function's.
                unsafe { update::update::<$simd>(a, b, weights, shape, step, sums) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn update(
                a: Strided,
                b: Rows<*const f32>,
                weights: Weights,
                shape: (usize, usize, usize),
                step: &Step,
                sums: &mut [f64; 2],
            ) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { update::update::<$simd>(a, b, weights, shape, step, sums) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn activate(f: Activation, z: *mut f32, slope: *mut f32, vectors: usize) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { activation::activate::<$simd>(f, z, slope, vectors) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn dropout(
                x: *mut f32,
                slope: *mut f32,
                row_step: usize,
                rows: usize,
                mask: &Mask,
            ) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pointwise::dropout::<$simd>(x, slope, row_step, rows, mask) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn multiply(y: *mut f32, x: *const f32, vectors: usize) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pointwise::multiply::<$simd>(y, x, vectors) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn accumulate(y: *mut f32, x: *const f32, vectors: usize) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pointwise::accumulate::<$simd>(y, x, vectors) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn divide_bytes(from: *const u8, to: *mut f32, n: usize, divisor: f32) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pointwise::divide_bytes::<$simd>(from, to, n, divisor) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn loss(
                loss: &RowLoss,
                row: *mut f32,
                outputs: usize,
                target: Target<'_>,
                scale: f32,
            ) -> f32 {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { loss::loss::<$simd>(loss, row, outputs, target, scale) }
            }
        }
    };
}

kernels!(portable, Portable, "portable");
#[cfg(target_arch = "x86_64")]
kernels!(avx2, Avx2, "avx2", "avx2,fma");
#[cfg(target_arch = "x86_64")]
kernels!(avx512, Avx512, "avx512", "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma");

impl Kernels {
    /// Every set that this machine can run, the best first.
    pub fn available() -> impl Iterator<Item = &'static Kernels> {
        static PORTABLE: Kernels = portable::KERNELS;
        #[cfg(target_arch = "x86_64")]
        let wide = {
            static AVX2: Kernels = avx2::KERNELS;
            static AVX512: Kernels = avx512::KERNELS;
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            [avx512.then_some(&AVX512), avx2.then_some(&AVX2)]
        };
        #[cfg(not(target_arch = "x86_64"))]
        let wide: [Option<&'static Kernels>; 0] = [];
        wide.into_iter().flatten().chain([&PORTABLE])
    }

    /// The best set, or the one that the environment variable
    /// `WELLFIT_INSTRUCTIONS` names.
    ///
    /// # Errors
    /// If this machine does not have the one named.
    pub fn choose() -> Result<&'static Kernels, CompileError> {
        match std::env::var_os("WELLFIT_INSTRUCTIONS") {
            None => Ok(Self::available().next().expect("plain Rust runs everywhere")),
            Some(name) => Self::named(&name.to_string_lossy()),
        }
    }

    /// The set called `name`.
    ///
    /// # Errors
    /// If this machine does not have it.
    pub fn named(name: &str) -> Result<&'static Kernels, CompileError> {
        let found = Self::available().find(|kernels| kernels.name == name);
        found.ok_or_else(|| CompileError::Instructions {
            name: name.to_owned(),
            available: Self::available().map(|k| k.name).collect::<Vec<_>>().join(", "),
        })
    }
}
