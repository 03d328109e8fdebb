//! How precisely is multiplied.

/// What the numbers are rounded to before they are multiplied in training. Sums, weights
/// and the optimiser's values are float32, and so is all of an evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Nothing: float32.
    #[default]
    F32,
    /// bfloat16: the same range with 8 bits of precision. For networks of linear layers,
    /// activations and dropout without clipping, on processors with AVX512-BF16. The
    /// last layer, which is small, stays float32.
    Bf16,
}

impl Precision {
    /// The name in the plan file.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
        }
    }
}
