//! Sixteen virtual lanes on whatever registers the machine has.
//!
//! Kernels are written once, generic over [`Simd`], and compiled for each
//! instruction set. A lane always does the same sequence of correctly rounded
//! operations, and sums over lanes always take the same order, so that all
//! instruction sets give the same bits.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub use neon::Neon;
pub use portable::Portable;

/// Number of lanes.
pub const LANES: usize = 16;

/// Operations on 16 × f32 and 16 × u32.
///
/// # Safety
/// Every function is unsafe for one reason, besides the pointers of loads and
/// stores: the machine must have the instruction set. Kernels are reached only
/// through a table that was chosen after asking the machine.
pub trait Simd: Copy {
    /// 16 × f32.
    type V: Copy;
    /// 16 × u32.
    type U: Copy;
    /// How many vectors of an output row a micro-tile spans, so that 6 rows of
    /// accumulators fill the registers and no more.
    const SPAN: usize;

    unsafe fn load(from: *const f32) -> Self::V;
    unsafe fn store(to: *mut f32, v: Self::V);
    unsafe fn splat(x: f32) -> Self::V;
    /// a·b + c with one rounding.
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// b where a is NaN.
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn abs(a: Self::V) -> Self::V;
    /// a with b's sign, or 0 where b is 0; for positive a.
    unsafe fn signed(a: Self::V, b: Self::V) -> Self::V;
    /// a, or 0 where it is below the smallest normal number.
    unsafe fn flush(a: Self::V) -> Self::V;
    /// a > b ? x : y
    unsafe fn if_gt(a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V;
    /// √a, correctly rounded.
    unsafe fn sqrt(a: Self::V) -> Self::V;
    /// a/b, correctly rounded.
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    /// 2ⁿ for whole n in [−126, 127].
    unsafe fn pow2(n: Self::V) -> Self::V;
    /// The nearest whole number, ties to even.
    unsafe fn round(a: Self::V) -> Self::V;
    /// 16 bytes as numbers.
    unsafe fn load_bytes(from: *const u8) -> Self::V;

    unsafe fn splat_u(x: u32) -> Self::U;
    /// 0, 1, … 15.
    unsafe fn lanes() -> Self::U;
    unsafe fn add_u(a: Self::U, b: Self::U) -> Self::U;
    unsafe fn xor_u(a: Self::U, b: Self::U) -> Self::U;
    /// High and low halves of the 64-bit products.
    unsafe fn mul_wide(a: Self::U, b: Self::U) -> (Self::U, Self::U);
    /// The low, then the high 16 bits of each lane.
    unsafe fn halves(a: Self::U) -> (Self::U, Self::U);
    /// a ≥ b ? x : 0, for a and b below 2³¹.
    unsafe fn keep_ge(a: Self::U, b: Self::U, x: Self::V) -> Self::V;
    /// Brings the cache line at `at` near.
    unsafe fn prefetch(at: *const f32);

    /// Turns 16 rows of 16 numbers into columns; rows lie so far apart.
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
        for i in 0..LANES {
            for j in 0..LANES {
                // SAFETY: the caller vouches for 16 rows of 16 on both sides.
                unsafe { *to.add(j * to_row + i) = *from.add(i * from_row + j) };
            }
        }
    }

    /// The lanes as an array.
    #[inline(always)]
    unsafe fn array(v: Self::V) -> [f32; LANES] {
        let mut out = [0.0; LANES];
        // SAFETY: `out` holds 16 values.
        unsafe { Self::store(out.as_mut_ptr(), v) };
        out
    }

    /// The sum of all lanes, always in the same order: halves onto halves.
    #[inline(always)]
    unsafe fn sum(v: Self::V) -> f32 {
        // SAFETY: the caller vouches for the instruction set.
        let mut a = unsafe { Self::array(v) };
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                a[i] += a[i + half];
            }
        }
        a[0]
    }

    /// The largest lane.
    #[inline(always)]
    unsafe fn largest(v: Self::V) -> f32 {
        // SAFETY: the caller vouches for the instruction set.
        let mut a = unsafe { Self::array(v) };
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                a[i] = if a[i] > a[i + half] { a[i] } else { a[i + half] };
            }
        }
        a[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where formats end, where signs and comparisons are odd, and some in between.
    const EDGES: [f32; 24] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -2.5,
        3.5,
        1e-3,
        -7.25e5,
        16_777_217.0,
        -0.333_333_34,
        1.000_000_1,
        f32::MIN_POSITIVE,
        -f32::MIN_POSITIVE,
        f32::MIN_POSITIVE / 2.0,
        -1e-45,
        f32::MAX,
        f32::MIN,
        f32::EPSILON,
        1e19,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        -f32::NAN,
    ];

    const WORDS: [u32; 8] = [0, 1, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xd251_1f53, !0];

    /// What a NaN's payload is no machine promises.
    fn bits(x: [f32; LANES]) -> [u32; LANES] {
        x.map(|x| if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() })
    }

    /// Edges from `first` on.
    fn edges(first: usize) -> [f32; LANES] {
        std::array::from_fn(|i| EDGES[(first + i) % EDGES.len()])
    }

    /// Every operation on `S` against plain Rust.
    fn agrees_with_plain_rust<S: Simd>(name: &str) {
        type P = Portable;
        // SAFETY: the caller asked the machine; arrays hold 16 values.
        unsafe {
            // There is no load of words; a vector is its 16 lanes in memory, on all.
            assert_eq!(size_of::<S::U>(), size_of::<[u32; LANES]>());
            let u = |a: &[u32; LANES]| -> S::U { std::mem::transmute_copy(a) };
            let words = |v: S::U| -> [u32; LANES] { std::mem::transmute_copy(&v) };
            // Every edge meets every other, and then every other.
            for round in 0..EDGES.len().pow(3) {
                let (a, b) = (edges(round), edges(round / EDGES.len()));
                let c = edges(round / EDGES.len().pow(2));
                let (x, y, z) = (S::load(a.as_ptr()), S::load(b.as_ptr()), S::load(c.as_ptr()));
                let same = |operation: &str, ours: S::V, plain: [f32; LANES]| {
                    let ours = bits(S::array(ours));
                    assert_eq!(ours, bits(plain), "{name}'s {operation} of {a:?}, {b:?}, {c:?}");
                };
                same("load", x, a);
                same("splat", S::splat(a[0]), P::splat(a[0]));
                same("fma", S::fma(x, y, z), P::fma(a, b, c));
                same("add", S::add(x, y), P::add(a, b));
                same("sub", S::sub(x, y), P::sub(a, b));
                same("mul", S::mul(x, y), P::mul(a, b));
                same("max", S::max(x, y), P::max(a, b));
                same("abs", S::abs(x), P::abs(a));
                same("signed", S::signed(S::splat(0.25), x), P::signed([0.25; LANES], a));
                same("flush", S::flush(x), P::flush(a));
                same("if_gt", S::if_gt(x, y, z, y), P::if_gt(a, b, c, b));
                same("sqrt", S::sqrt(x), P::sqrt(a));
                same("div", S::div(x, y), P::div(a, b));
                same("round", S::round(x), P::round(a));
                for (ours, plain) in [(S::sum(x), P::sum(a)), (S::largest(x), P::largest(a))] {
                    assert_eq!(bits([ours; LANES]), bits([plain; LANES]), "{name} of {a:?}");
                }

                let p: [u32; LANES] = std::array::from_fn(|i| WORDS[(round + i) % 8]);
                let q: [u32; LANES] = std::array::from_fn(|i| WORDS[(round * 3 + i * 5) % 8]);
                let (v, w) = (u(&p), u(&q));
                assert_eq!(words(S::add_u(v, w)), P::add_u(p, q), "{name}");
                assert_eq!(words(S::xor_u(v, w)), P::xor_u(p, q), "{name}");
                let (high, low) = S::mul_wide(v, w);
                assert_eq!((words(high), words(low)), P::mul_wide(p, q), "{name}");
                let (low, high) = S::halves(v);
                assert_eq!((words(low), words(high)), P::halves(p), "{name}");
                // Halves are what it compares.
                let (p, q) = (P::halves(p).0, P::halves(q).1);
                same("keep_ge", S::keep_ge(u(&p), u(&q), x), P::keep_ge(p, q, a));
            }
            for n in (-126..=127).map(|n| n as f32) {
                let ours = bits(S::array(S::pow2(S::splat(n))));
                assert_eq!(ours, bits(P::pow2([n; LANES])), "{name}'s 2^{n}");
            }
            let bytes: Vec<u8> = (0..=255).collect();
            for at in bytes.chunks(LANES).map(<[u8]>::as_ptr) {
                assert_eq!(S::array(S::load_bytes(at)), P::load_bytes(at), "{name}");
            }
            assert_eq!(words(S::lanes()), P::lanes(), "{name}");
            S::prefetch(EDGES.as_ptr());
        }
    }

    #[test]
    fn every_operation_gives_the_bits_of_plain_rust() {
        let sets: Vec<&str> = super::super::Kernels::available().map(|set| set.name).collect();
        for set in sets {
            match set {
                #[cfg(target_arch = "x86_64")]
                "avx512" => agrees_with_plain_rust::<Avx512>(set),
                #[cfg(target_arch = "x86_64")]
                "avx2" => agrees_with_plain_rust::<Avx2>(set),
                #[cfg(target_arch = "aarch64")]
                "neon" => agrees_with_plain_rust::<Neon>(set),
                "portable" => agrees_with_plain_rust::<Portable>(set),
                other => panic!("{other} is not compared"),
            }
        }
    }
}
