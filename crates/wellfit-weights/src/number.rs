//! The kinds of numbers that are analysed, and how bytes become numbers.

use std::fmt;

/// How a weight is stored; always little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// IEEE half precision.
    F16,
    /// The upper half of a float32.
    BF16,
    /// IEEE single precision.
    F32,
    /// IEEE double precision.
    F64,
}

impl Number {
    /// Bytes of one value.
    pub fn bytes(self) -> u64 {
        match self {
            Number::F16 | Number::BF16 => 2,
            Number::F32 => 4,
            Number::F64 => 8,
        }
    }

    /// Appends the numbers in `bytes`, exactly.
    pub(crate) fn decode(self, bytes: &[u8], numbers: &mut Vec<f64>) {
        let pairs = || bytes.as_chunks::<2>().0.iter().map(|word| u16::from_le_bytes(*word));
        match self {
            Number::F16 => numbers.extend(pairs().map(half)),
            Number::BF16 => {
                let wide = |word| f64::from(f32::from_bits(u32::from(word) << 16));
                numbers.extend(pairs().map(wide));
            }
            Number::F32 => {
                let words = bytes.as_chunks::<4>().0.iter();
                numbers.extend(words.map(|word| f64::from(f32::from_le_bytes(*word))));
            }
            Number::F64 => {
                let words = bytes.as_chunks::<8>().0.iter();
                numbers.extend(words.map(|word| f64::from_le_bytes(*word)));
            }
        }
    }
}

/// `float32`, as PyTorch and NumPy say.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Number::F16 => "float16",
            Number::BF16 => "bfloat16",
            Number::F32 => "float32",
            Number::F64 => "float64",
        })
    }
}

/// The value of a half-precision number: 1 bit of sign, 5 of exponent, 10 of fraction.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 0x1f, bits & 0x3ff);
    let size = match (exponent, fraction) {
        (0, _) => f64::from(fraction) / 16_777_216.0,
        (31, 0) => f64::INFINITY,
        (31, _) => f64::NAN,
        // 2^(exponent − 25), from its bits.
        _ => f64::from(1024 + fraction) * f64::from_bits((u64::from(exponent) + 998) << 52),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_numbers_have_their_values() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x0400, 6.103_515_625e-5),
            (0x3555, 0.333_251_953_125),
            (0x7c00, f64::INFINITY),
            (0x8000, 0.0),
        ] {
            assert_eq!(half(bits), value, "{bits:04x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn bfloat16_is_the_upper_half_of_a_float32() {
        let mut numbers = Vec::new();
        Number::BF16.decode(&[0x80, 0x3f, 0x49, 0xc0], &mut numbers);
        assert_eq!(numbers, [1.0, -3.140_625]);
    }
}
