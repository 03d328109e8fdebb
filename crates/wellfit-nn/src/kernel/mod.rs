//! The only home of SIMD: kernels written once and compiled for each instruction
//! set, behind a table of functions that is chosen when the program starts.
//!
//! Every kernel has a slow twin in [`crate::reference`], and `tests/twin.rs`
//! compares the two.

mod activation;
#[cfg(target_arch = "x86_64")]
mod bf16;
mod limit;
mod loss;
mod matmul;
mod norm;
mod pointwise;
mod pool;
mod simd;
mod update;
mod windows;

pub use limit::{Units, factor};
pub use loss::{Aim, RowLoss};
pub use matmul::{Rows, Strided};
pub use norm::Pixels;
pub use pointwise::Mask;
pub use pool::Pooling;
pub use simd::LANES;
pub use update::{Rule, Step, Weights};
pub use windows::Runs;

use crate::{Activation, CompileError, Target};

/// Units of a tile: the columns of a panel of weights, and of a block of activations.
pub const TILE: usize = 64;

/// Vectors of a tile.
pub const TILE_VECTORS: usize = TILE / LANES;

type Matmul = unsafe fn(Strided, Rows<*const f32>, Rows<*mut f32>, (usize, usize, usize), bool);
type UpdatePanel = unsafe fn(*const f32, *const f32, Weights, (usize, usize), &Step, &mut [f64; 2]);
type Update =
    unsafe fn(Strided, Rows<*const f32>, Weights, (usize, usize, usize), &Step, &mut [f64; 2]);

type Limit = unsafe fn(Weights, (usize, usize), Units, *const f32, &Step, &mut [f64; 2]);
type Windows = unsafe fn(*const f32, &[u32], Runs, Rows<*const f32>, Rows<*mut f32>, usize, bool);
type FewClasses = unsafe fn(Rows<*mut f32>, usize, usize, &[u32; LANES], f32) -> [f32; LANES];
type NormBack = unsafe fn(*const f32, *const f32, *mut f32, [*const f32; 4], &Pixels, bool);
type LayerNorm = unsafe fn(*const f32, *mut f32, [*const f32; 3], (usize, usize), f32) -> [f32; 2];
type LayerNormBack = unsafe fn(
    *const f32,
    *const f32,
    (*mut f32, bool),
    [*const f32; 2],
    [f32; 2],
    [*mut f32; 2],
    (usize, usize),
);

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
    /// See [`loss::few_classes`].
    pub few_classes: FewClasses,
    /// See [`pointwise::prefetch`].
    pub prefetch: unsafe fn(*const u8, usize),
    /// Products in bfloat16, where the machine has them.
    pub bf16: Option<Bf16Kernels>,
    /// See [`update::apply`].
    pub apply: unsafe fn(*const f32, Weights, usize, &Step, &mut [f64; 2]),
    /// See [`update::penalise`].
    pub penalise: unsafe fn(*mut f32, *const f32, usize, &Step) -> f64,
    /// See [`limit::squares`].
    pub squares: unsafe fn(*const f32, (usize, usize), Units, *mut f32),
    /// See [`limit::limit`].
    pub limit: Limit,
    /// See [`pointwise::spread`].
    pub spread: unsafe fn(*const f32, Rows<*mut f32>, (usize, usize)),
    /// See [`pointwise::transpose`].
    pub transpose: unsafe fn(Rows<*const f32>, Rows<*mut f32>, (usize, usize)),
    /// See [`pointwise::scale`].
    pub scale: unsafe fn(*mut f32, f32, usize),
    /// See [`pointwise::relu_back`].
    pub relu_back: unsafe fn(*mut f32, *const f32, usize),
    /// See [`windows::windows`].
    pub windows: Windows,
    /// See [`pool::max_pool`].
    pub max_pool: unsafe fn(*const f32, *mut f32, *mut f32, &Pooling),
    /// See [`pool::max_pool_back`].
    pub max_pool_back: unsafe fn(*const f32, *const f32, *mut f32, &Pooling),
    /// See [`pool::avg_pool`].
    pub avg_pool: unsafe fn(*const f32, *mut f32, &Pooling),
    /// See [`pool::avg_pool_back`].
    pub avg_pool_back: unsafe fn(*const f32, *mut f32, &Pooling),
    /// See [`norm::moments`].
    pub moments: unsafe fn(*const f32, *mut f32, *mut f32, &Pixels),
    /// See [`norm::normalise`].
    pub normalise: unsafe fn(*const f32, *mut f32, [*const f32; 3], &Pixels),
    /// See [`norm::norm_sums`].
    pub norm_sums: unsafe fn(*const f32, *const f32, [*const f32; 2], [*mut f32; 2], &Pixels),
    /// See [`norm::norm_back`].
    pub norm_back: NormBack,
    /// See [`norm::layer_norm`].
    pub layer_norm: LayerNorm,
    /// See [`norm::layer_norm_back`].
    pub layer_norm_back: LayerNormBack,
}

/// Kernels for products of numbers that were rounded to bfloat16, two to a word of 32
/// bits; sums are f32.
#[derive(Clone, Copy)]
pub struct Bf16Kernels {
    /// See [`matmul::matmul`]: columns of A and rows of B are pairs.
    pub matmul: Matmul,
    /// See [`update::update`]: two samples at a time.
    pub update: Update,
    /// Rows of 64 numbers, so far apart, become rows of 32 words: neighbours are pairs.
    pub pack_rows: unsafe fn(*const f32, usize, usize, *mut f32),
    /// Rows of 64 numbers, so far apart, become half as many of 64 words: each pairs two
    /// rows, a last one alone with 0.
    pub pack_pairs: unsafe fn(*const f32, usize, usize, *mut f32),
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
                few_classes,
                prefetch,
                bf16: None,
                apply,
                penalise,
                squares,
                limit,
                spread,
                transpose,
                scale,
                relu_back,
                windows,
                max_pool,
                max_pool_back,
                avg_pool,
                avg_pool_back,
                moments,
                normalise,
                norm_sums,
                norm_back,
                layer_norm,
                layer_norm_back,
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
                unsafe { matmul::matmul::<$simd, matmul::Single>(a, b, c, (rows, k, TILE_VECTORS), true) }
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
                unsafe { matmul::matmul::<$simd, matmul::Single>(a, b, c, shape, accumulate) }
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
                unsafe { update::update::<$simd, matmul::Single>(a, b, weights, shape, step, sums) }
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
                unsafe { update::update::<$simd, matmul::Single>(a, b, weights, shape, step, sums) }
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

            $(#[target_feature(enable = $features)])?
            unsafe fn few_classes(
                rows: Rows<*mut f32>,
                count: usize,
                classes: usize,
                labels: &[u32; LANES],
                scale: f32,
            ) -> [f32; LANES] {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { loss::few_classes::<$simd>(rows, count, classes, labels, scale) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn prefetch(from: *const u8, bytes: usize) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pointwise::prefetch::<$simd>(from, bytes) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn apply(gradient: *const f32, weights: Weights, vectors: usize, step: &Step, sums: &mut [f64; 2]) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { update::apply::<$simd>(gradient, weights, vectors, step, sums) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn penalise(gradient: *mut f32, w: *const f32, vectors: usize, step: &Step) -> f64 {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { update::penalise::<$simd>(gradient, w, vectors, step) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn squares(w: *const f32, shape: (usize, usize), units: Units, to: *mut f32) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { limit::squares::<$simd>(w, shape, units, to) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn limit(weights: Weights, shape: (usize, usize), units: Units, factors: *const f32, step: &Step, sums: &mut [f64; 2]) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { limit::limit::<$simd>(weights, shape, units, factors, step, sums) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn spread(row: *const f32, to: Rows<*mut f32>, shape: (usize, usize)) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pointwise::spread::<$simd>(row, to, shape) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn transpose(
                from: Rows<*const f32>,
                to: Rows<*mut f32>,
                shape: (usize, usize),
            ) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pointwise::transpose::<$simd>(from, to, shape) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn scale(y: *mut f32, factor: f32, vectors: usize) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pointwise::scale::<$simd>(y, factor, vectors) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn relu_back(dy: *mut f32, y: *const f32, vectors: usize) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pointwise::relu_back::<$simd>(dy, y, vectors) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn windows(a: *const f32, rows: &[u32], runs: Runs, b: Rows<*const f32>, c: Rows<*mut f32>, vectors: usize, accumulate: bool) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { windows::windows::<$simd>(a, rows, runs, b, c, vectors, accumulate) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn max_pool(x: *const f32, y: *mut f32, winner: *mut f32, p: &Pooling) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pool::max_pool::<$simd>(x, y, winner, p) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn max_pool_back(dy: *const f32, winner: *const f32, dx: *mut f32, p: &Pooling) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pool::max_pool_back::<$simd>(dy, winner, dx, p) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn avg_pool(x: *const f32, y: *mut f32, p: &Pooling) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pool::avg_pool::<$simd>(x, y, p) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn avg_pool_back(dy: *const f32, dx: *mut f32, p: &Pooling) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { pool::avg_pool_back::<$simd>(dy, dx, p) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn moments(x: *const f32, mean: *mut f32, squares: *mut f32, p: &Pixels) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { norm::moments::<$simd>(x, mean, squares, p) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn normalise(x: *const f32, y: *mut f32, of: [*const f32; 3], p: &Pixels) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { norm::normalise::<$simd>(x, y, of, p) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn norm_sums(dy: *const f32, x: *const f32, of: [*const f32; 2], sums: [*mut f32; 2], p: &Pixels) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { norm::norm_sums::<$simd>(dy, x, of, sums, p) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn norm_back(dy: *const f32, x: *const f32, dx: *mut f32, of: [*const f32; 4], p: &Pixels, accumulate: bool) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { norm::norm_back::<$simd>(dy, x, dx, of, p, accumulate) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn layer_norm(x: *const f32, y: *mut f32, of: [*const f32; 3], size: (usize, usize), eps: f32) -> [f32; 2] {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { norm::layer_norm::<$simd>(x, y, of, size, eps) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn layer_norm_back(dy: *const f32, x: *const f32, dx: (*mut f32, bool), of: [*const f32; 2], moments: [f32; 2], gradients: [*mut f32; 2], size: (usize, usize)) {
                // SAFETY: the caller's contract is the generic function's.
                unsafe { norm::layer_norm_back::<$simd>(dy, x, dx, of, moments, gradients, size) }
            }
        }
    };
}

kernels!(portable, Portable, "portable");
#[cfg(target_arch = "x86_64")]
kernels!(avx2, Avx2, "avx2", "avx2,fma");
#[cfg(target_arch = "x86_64")]
kernels!(avx512, Avx512, "avx512", "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma");
#[cfg(target_arch = "aarch64")]
kernels!(neon, Neon, "neon", "neon");

impl Kernels {
    /// Every set that this machine can run, the best first.
    pub fn available() -> impl Iterator<Item = &'static Kernels> {
        static PORTABLE: Kernels = portable::KERNELS;
        #[cfg(target_arch = "x86_64")]
        let wide = {
            static AVX2: Kernels = avx2::KERNELS;
            static AVX512: Kernels = avx512::KERNELS;
            static AVX512_BF16: Kernels = Kernels { bf16: Some(bf16::KERNELS), ..avx512::KERNELS };
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            let bf16 = is_x86_feature_detected!("avx512bf16");
            let avx512 = avx512.then_some(if bf16 { &AVX512_BF16 } else { &AVX512 });
            [avx512, avx2.then_some(&AVX2)]
        };
        #[cfg(target_arch = "aarch64")]
        let wide = {
            static NEON: Kernels = neon::KERNELS;
            [std::arch::is_aarch64_feature_detected!("neon").then_some(&NEON)]
        };
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
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
