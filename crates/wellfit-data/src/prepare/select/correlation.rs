//! By how little features correlate with those before them: by |r|, r being Pearson's. A
//! constant feature says nothing that the others do not, so it goes first.

use super::super::features::Encoded;
use super::gram::Standardised;

/// In order, the features that correlate with none of those kept before by more than a
/// bound.
pub(super) fn within(encoded: &Encoded<'_>, rows: &[u32], threshold: f64) -> Vec<usize> {
    let standardised = Standardised::new(encoded, rows);
    let (features, r) = (encoded.len(), standardised.correlations());
    let mut kept: Vec<usize> = Vec::new();
    for feature in 0..features {
        let close = |&other: &usize| r[feature * features + other].abs() > threshold;
        if !standardised.constant[feature] && !kept.iter().any(close) {
            kept.push(feature);
        }
    }
    kept
}

/// The first feature, then again and again the one whose largest |r| with those kept is
/// the least, the first of equals.
pub(super) fn least(encoded: &Encoded<'_>, rows: &[u32], keep: usize) -> Vec<usize> {
    let standardised = Standardised::new(encoded, rows);
    let (features, r) = (encoded.len(), standardised.correlations());
    let infinite = |constant: &bool| if *constant { f64::INFINITY } else { 0.0 };
    let mut closest: Vec<f64> = standardised.constant.iter().map(infinite).collect();
    let mut left: Vec<usize> = (0..features).collect();
    let mut kept = Vec::with_capacity(keep);
    while kept.len() < keep && !left.is_empty() {
        let nearer = |best: usize, at: usize| {
            if closest[left[at]] < closest[left[best]] { at } else { best }
        };
        let next = left.remove((0..left.len()).fold(0, nearer));
        kept.push(next);
        for &other in &left {
            closest[other] = closest[other].max(r[next * features + other].abs());
        }
    }
    kept
}
