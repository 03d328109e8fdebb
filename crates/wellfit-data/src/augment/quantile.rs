//! Normal numbers from uniform ones, the same bits on every machine.

/// The standard normal quantile of (w + ½)/2³², to seven digits: algorithm AS 241
/// (PPND7) of M. J. Wichura, *The percentage points of the normal distribution*, Applied
/// Statistics 37, 1988. One word makes one number, so each value of a sample has its own.
pub fn normal(word: u32) -> f64 {
    let q = (f64::from(word) + 0.5) / 4_294_967_296.0 - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        let above = horner(r, [59.109374720, 159.29113202, 50.434271938, 3.3871327179]);
        return q * above / horner(r, [67.187563600, 78.757757664, 17.895169469, 1.0]);
    }
    let tail = if q < 0.0 { 0.5 + q } else { 0.5 - q };
    let r = (-libm::log(tail)).sqrt();
    let x = if r <= 5.0 {
        let r = r - 1.6;
        let above = horner(r, [0.17023821103, 1.3067284816, 2.7568153900, 1.4234372777]);
        above / horner(r, [0.12021132975, 0.73700164250, 1.0])
    } else {
        let r = r - 5.0;
        let above = horner(r, [0.017337203997, 0.42868294337, 3.0812263860, 6.6579051150]);
        above / horner(r, [0.012258202635, 0.24197894225, 1.0])
    };
    if q < 0.0 { -x } else { x }
}

/// A polynomial, its highest power first.
fn horner<const N: usize>(x: f64, of: [f64; N]) -> f64 {
    of.into_iter().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From scipy.stats.norm.ppf((w + 0.5) / 2**32).
    #[test]
    fn quantiles_are_scipys() {
        for (word, wanted) in [
            (0, -6.337_957_754_553_79),
            (1, -6.166_429_517_819_75),
            (1_000, -5.039_851_125_968_71),
            (300_000_000, -1.476_915_138_469_18),
            (1 << 31, 2.918_1e-10),
            (3_000_000_000, 0.520_068_061_848_88),
            (u32::MAX - 1_000_000, 3.499_768_988_758_38),
            (u32::MAX, 6.337_957_754_553_79),
        ] {
            let found = normal(word);
            assert!((found - wanted).abs() < 2e-7 * (1.0 + wanted.abs()), "{word}: {found}");
        }
    }

    #[test]
    fn quantiles_are_odd_and_rise() {
        let mut last = f64::NEG_INFINITY;
        for word in (0..=u32::MAX).step_by(1 << 18) {
            let x = normal(word);
            assert!(x > last && (x + normal(!word)).abs() < 1e-12);
            last = x;
        }
    }
}
