//! Memory that the threads of a session share.

use std::cell::UnsafeCell;
use std::ops::Range;

use crate::CompileError;

/// A cache line, so that buffers start on one.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[allow(dead_code)] [f32; 16]);

/// Values that several threads work on at once, each on parts of its own between
/// two barriers. It only hands out pointers; what may be done with them is said
/// where they are used.
pub struct Shared {
    lines: Box<[UnsafeCell<Line>]>,
}

// SAFETY: the buffer itself holds plain numbers and hands out raw pointers only;
// those who use them keep to the rules of `step.rs`.
unsafe impl Sync for Shared {}

impl Shared {
    /// Zeros, at least `len` of them.
    pub fn zeros(len: usize) -> Result<Self, CompileError> {
        let lines = len.div_ceil(16);
        let mut buffer = Vec::new();
        let memory = |_| CompileError::Memory { bytes: lines.saturating_mul(64) };
        buffer.try_reserve_exact(lines).map_err(memory)?;
        buffer.resize_with(lines, || UnsafeCell::new(Line([0.0; 16])));
        Ok(Shared { lines: buffer.into_boxed_slice() })
    }

    /// The value at `index`.
    ///
    /// # Panics
    /// If the buffer is shorter.
    pub fn at(&self, index: usize) -> *mut f32 {
        assert!(index <= self.lines.len() * 16, "beyond the buffer");
        self.lines.as_ptr().cast::<f32>().cast_mut().wrapping_add(index)
    }

    /// Values that it holds.
    pub fn len(&self) -> usize {
        self.lines.len() * 16
    }

    /// All values, for an owner.
    pub fn values(&mut self) -> &mut [f32] {
        let len = self.lines.len() * 16;
        // SAFETY: `&mut self` is the only access; a line is 16 values in a row.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), len) }
    }
}

/// Σ|w| and Σw² of parts of tensors, written by the parts' owners in one step and
/// read by everybody in the next.
pub struct Sums {
    parts: Box<[UnsafeCell<[f64; 2]>]>,
}

// SAFETY: as for `Shared`.
unsafe impl Sync for Sums {}

impl Sums {
    /// Zeros.
    pub fn zeros(parts: usize) -> Self {
        Sums { parts: (0..parts).map(|_| UnsafeCell::new([0.0; 2])).collect() }
    }

    /// The sum over a tensor's parts, in order.
    ///
    /// # Safety
    /// Nobody may write them.
    pub unsafe fn total(&self, parts: Range<usize>) -> [f64; 2] {
        parts.fold([0.0; 2], |[a, s], part| {
            // SAFETY: the caller vouches for it.
            let [absolute, square] = unsafe { *self.at(part) };
            [a + absolute, s + square]
        })
    }

    /// Makes this the sum over a tensor's parts.
    ///
    /// # Safety
    /// Nobody else may read or write them.
    pub unsafe fn put(&self, parts: Range<usize>, total: [f64; 2]) {
        for (n, part) in parts.enumerate() {
            // SAFETY: the caller vouches for it.
            unsafe { *self.at(part) = if n == 0 { total } else { [0.0; 2] } };
        }
    }

    /// Part `index`.
    pub fn at(&self, index: usize) -> *mut [f64; 2] {
        self.parts[index].get()
    }
}
