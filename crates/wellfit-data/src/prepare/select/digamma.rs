//! ψ, the derivative of ln Γ.

/// ψ(n) of a whole number n ≥ 1 as a real one: ψ(x) = ψ(x + 1) − 1/x up to 8, then
/// ln x − 1/(2x) − Σ B₂ₖ/(2k x²ᵏ) (Abramowitz and Stegun, *Handbook of Mathematical
/// Functions*, 6.3.5 and 6.3.18).
pub(super) fn digamma(n: usize) -> f64 {
    let (mut x, mut sum) = (n as f64, 0.0);
    while x < 8.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let series = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32760.0,
        1.0 / 12.0,
    ];
    let tail = series.iter().rev().fold(0.0, |tail, term| (tail + term) * inverse);
    sum + x.ln() - 0.5 / x - tail
}

#[cfg(test)]
mod tests {
    use super::digamma;

    #[test]
    fn psi_is_minus_eulers_constant_plus_the_harmonic_sum() {
        const EULER: f64 = 0.577_215_664_901_532_9;
        let mut harmonic = 0.0;
        for n in 1..200_usize {
            let (found, wanted) = (digamma(n), harmonic - EULER);
            assert!((found - wanted).abs() < 1e-13, "{n}: {found} {wanted}");
            harmonic += 1.0 / n as f64;
        }
    }
}
