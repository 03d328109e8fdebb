//! Arms' weights over their seeds, in bins that arms share.

use wellfit_train::record::{Histogram, Record, WeightSummary};

/// The weights of one layer of an arm, over its trials.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerWeights {
    /// Such as `1.weight`.
    pub name: String,
    /// Such as [1000, 784].
    pub shape: Vec<usize>,
    /// Counts a bin, averaged over trials.
    pub bins: Bins,
    /// Means over trials: standard deviation.
    pub std: f64,
    /// 1 % quantile.
    pub q01: f64,
    /// 99 % quantile.
    pub q99: f64,
    /// Largest absolute value.
    pub max_abs: f64,
    /// Share with |w| < 1e-3.
    pub near_zero: f64,
    /// Trials.
    pub n: usize,
}

/// Counts in bins of equal width; bin i starts at (first + i) · width.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    /// A power of two.
    pub width: f64,
    /// Where the first bin starts, in widths.
    pub first: i64,
    /// Counts.
    pub counts: Vec<f64>,
}

/// No picture needs more bins.
const MOST: i64 = 4096;

impl Bins {
    /// Bins that can be drawn; `None` where there are none, or where they lie too far out
    /// for their width.
    pub fn new(width: f64, first: i64, counts: &[u64]) -> Option<Bins> {
        let counts: Vec<f64> = counts.iter().map(|c| *c as f64).collect();
        let usable = width.is_finite()
            && width > 0.0
            && !counts.is_empty()
            && first.unsigned_abs() < 1 << 40;
        usable.then_some(Bins { width, first, counts })
    }

    fn of(histogram: &Histogram) -> Option<Bins> {
        Bins::new(histogram.width, histogram.first, &histogram.counts)
    }

    /// The same counts in bins at least so wide: neighbours merge, two by two.
    pub fn coarser(&self, width: f64) -> Bins {
        let mut bins = self.clone();
        while bins.width < width * 0.999 {
            let first = bins.first.div_euclid(2);
            let last = (bins.first + bins.counts.len() as i64 - 1).div_euclid(2);
            let mut counts = vec![0.0; (last - first + 1) as usize];
            for (i, count) in bins.counts.iter().enumerate() {
                counts[((bins.first + i as i64).div_euclid(2) - first) as usize] += count;
            }
            bins = Bins { width: bins.width * 2.0, first, counts };
        }
        bins
    }

    /// Sums in bins of the wider of the widths.
    fn sum(all: &[Bins]) -> Option<Bins> {
        let mut width = all.iter().map(|b| b.width).reduce(f64::max)?;
        let shared: Vec<Bins> = loop {
            let shared: Vec<Bins> = all.iter().map(|b| b.coarser(width)).collect();
            let (first, last) = ends(shared.iter())?;
            if last - first <= MOST {
                break shared;
            }
            width *= 2.0;
        };
        let (first, last) = ends(shared.iter())?;
        let mut counts = vec![0.0; (last - first) as usize];
        for bins in &shared {
            for (i, count) in bins.counts.iter().enumerate() {
                counts[(bins.first - first) as usize + i] += count;
            }
        }
        Some(Bins { width: shared.first()?.width, first, counts })
    }
}

/// The first bin and the one past the last, in widths; all bins are equally wide.
pub fn ends<'a>(all: impl Iterator<Item = &'a Bins> + Clone) -> Option<(i64, i64)> {
    let first = all.clone().map(|b| b.first).min()?;
    let last = all.map(|b| b.first + b.counts.len() as i64).max()?;
    Some((first, last))
}

/// The weights of an arm by layer (biases left out), over its trials, in the layers'
/// order.
pub fn layers<'a>(trials: impl Iterator<Item = &'a Record>) -> Vec<LayerWeights> {
    let trials: Vec<Vec<&WeightSummary>> = trials
        .map(|r| r.weights.iter().filter(|w| w.shape.len() > 1).collect())
        .filter(|weights: &Vec<_>| !weights.is_empty())
        .collect();
    let most = trials.iter().map(Vec::len).max().unwrap_or(0);
    (0..most)
        .filter_map(|layer| {
            let all: Vec<&WeightSummary> =
                trials.iter().filter_map(|weights| weights.get(layer).copied()).collect();
            let histograms: Vec<Bins> = all.iter().filter_map(|w| Bins::of(&w.histogram)).collect();
            let mut bins = Bins::sum(&histograms)?;
            bins.counts.iter_mut().for_each(|c| *c /= histograms.len() as f64);
            let mean = |of: fn(&WeightSummary) -> f64| {
                all.iter().map(|w| of(w)).sum::<f64>() / all.len() as f64
            };
            Some(LayerWeights {
                name: all[0].name.clone(),
                shape: all[0].shape.clone(),
                bins,
                std: mean(|w| w.std),
                q01: mean(|w| w.quantiles.q01),
                q99: mean(|w| w.quantiles.q99),
                max_abs: mean(|w| w.max_abs),
                near_zero: mean(|w| w.near_zero),
                n: all.len(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarser_bins_keep_every_count_and_its_place() {
        let bins = Bins { width: 0.25, first: -3, counts: vec![1.0, 2.0, 3.0, 4.0, 5.0] };
        let coarse = bins.coarser(0.5);
        assert_eq!(coarse, Bins { width: 0.5, first: -2, counts: vec![1.0, 5.0, 9.0] });
        assert_eq!(bins.coarser(0.25), bins);
    }

    #[test]
    fn trials_with_different_bins_are_summed_in_the_wider_ones() {
        let fine = Bins { width: 0.25, first: 0, counts: vec![1.0; 4] };
        let wide = Bins { width: 0.5, first: -1, counts: vec![2.0; 2] };
        let sum = Bins::sum(&[fine, wide]).unwrap();
        assert_eq!(sum, Bins { width: 0.5, first: -1, counts: vec![2.0, 4.0, 2.0] });
    }
}
