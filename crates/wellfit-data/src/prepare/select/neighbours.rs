//! Nearest neighbours among numbers and pairs of numbers.

/// Values in ascending order, and where each came from.
pub(super) struct Sorted {
    pub values: Vec<f64>,
    pub from: Vec<usize>,
}

impl Sorted {
    pub fn new(values: &[f64]) -> Self {
        let mut from: Vec<usize> = (0..values.len()).collect();
        from.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        Sorted { values: from.iter().map(|&at| values[at]).collect(), from }
    }

    /// How many values are no further than `radius` from `value`.
    pub fn within(&self, value: f64, radius: f64) -> usize {
        let low = self.values.partition_point(|&other| value - other > radius);
        let high = self.values.partition_point(|&other| other - value <= radius);
        high.saturating_sub(low)
    }

    /// How far each value is, in the order that they came in, from the kth nearest other
    /// one; k is below the number of values.
    pub fn kth(&self, k: usize) -> Vec<f64> {
        let mut distances = vec![0.0; self.values.len()];
        for at in 0..self.values.len() {
            let value = self.values[at];
            let (mut below, mut above, mut distance) = (at, at + 1, 0.0);
            for _ in 0..k {
                let down = if below > 0 { value - self.values[below - 1] } else { f64::INFINITY };
                let up = self.values.get(above).map_or(f64::INFINITY, |other| other - value);
                if down <= up {
                    (distance, below) = (down, below - 1);
                } else {
                    (distance, above) = (up, above + 1);
                }
            }
            distances[self.from[at]] = distance;
        }
        distances
    }
}

/// How far each point is from its kth nearest other one, distances being the larger of
/// those in x and y; k is below the number of points.
pub(super) fn kth_of_pairs(x: &[f64], y: &[f64], k: usize) -> Vec<f64> {
    let sorted = Sorted::new(x);
    let n = x.len();
    let mut distances = vec![0.0; n];
    let mut nearest: Vec<f64> = Vec::with_capacity(k + 1);
    for at in 0..n {
        let point = sorted.from[at];
        nearest.clear();
        let (mut below, mut above) = (at, at + 1);
        loop {
            let down = if below > 0 { x[point] - sorted.values[below - 1] } else { f64::INFINITY };
            let up = sorted.values.get(above).map_or(f64::INFINITY, |other| other - x[point]);
            let along = down.min(up);
            // No point further along x can be nearer.
            if along == f64::INFINITY || nearest.len() == k && along >= nearest[k - 1] {
                break;
            }
            let other = if down <= up {
                below -= 1;
                sorted.from[below]
            } else {
                above += 1;
                sorted.from[above - 1]
            };
            let distance = along.max((y[point] - y[other]).abs());
            let place = nearest.partition_point(|&known| known <= distance);
            if place < k {
                nearest.insert(place, distance);
                nearest.truncate(k);
            }
        }
        distances[point] = nearest.last().copied().unwrap_or(0.0);
    }
    distances
}
