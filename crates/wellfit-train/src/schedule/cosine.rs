//! Half a cosine.

/// min + (lr − min)·(1 + cos(π·done/all))/2 after `done` of `all` epochs: the minimum
/// would be reached after the last one.
///
/// Source: <https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html>
/// with `T_max = all` and `eta_min = min_lr`.
pub fn rate(lr: f64, min_lr: f64, done: usize, all: usize) -> f64 {
    between(lr, min_lr, done as f64 / all as f64)
}

/// From `start` to `end` along half a cosine, as `share` goes from 0 to 1. Each half is
/// told from its own end, so that both ends are exact.
pub(super) fn between(start: f64, end: f64, share: f64) -> f64 {
    let half = (start - end) / 2.0;
    if share < 0.5 {
        start - half * (1.0 - cos_pi(share))
    } else {
        end + half * (1.0 + cos_pi(share))
    }
}

/// cos(πx) for x in [0, 1]: Taylor's series on the nearest eighth of the circle, where
/// nine terms are exact to f64. The system's cosine may differ from machine to machine
/// in the last bit, and then rates, and with them whole runs, would.
fn cos_pi(x: f64) -> f64 {
    // 1 − Σ with the terms' ratios −θ²/((2k − 1)(2k)) or, for the sine, −θ²/((2k)(2k + 1)).
    let series = |angle: f64, first: f64| {
        let square = angle * angle;
        (0..9).rev().fold(1.0, |sum, k| {
            let n = first + f64::from(2 * k);
            1.0 - square / (n * (n + 1.0)) * sum
        })
    };
    let angle = |x: f64| std::f64::consts::PI * x;
    if x > 0.5 {
        -cos_pi(1.0 - x)
    } else if x > 0.25 {
        let angle = angle(0.5 - x);
        angle * series(angle, 2.0)
    } else {
        series(angle(x), 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_begins_and_ends_exactly_where_it_should() {
        let (start, end) = (0.00635794001527406, 0.0006255174417988964);
        assert_eq!([between(start, end, 0.0), between(start, end, 1.0)], [start, end]);
        let middle = between(start, end, 0.5);
        assert!((middle - (start + end) / 2.0).abs() < 1e-18, "{middle}");
    }

    #[test]
    fn the_cosine_is_the_systems_to_rounding() {
        for i in 0..=4096 {
            let x = f64::from(i) / 4096.0;
            let (ours, theirs) = (cos_pi(x), (std::f64::consts::PI * x).cos());
            assert!((ours - theirs).abs() < 4e-16, "cos(π·{x}) is {ours}, not {theirs}");
        }
        assert_eq!([cos_pi(0.0), cos_pi(0.5), cos_pi(1.0)], [1.0, 0.0, -1.0]);
    }
}
