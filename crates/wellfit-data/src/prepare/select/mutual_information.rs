//! By mutual information with the target, estimated from nearest neighbours as
//! scikit-learn's `mutual_info_classif` and `mutual_info_regression` do: of two numbers
//! by A. Kraskov, H. Stögbauer and P. Grassberger (*Estimating mutual information*,
//! Physical Review E 69, 2004), of a number and a class by B. C. Ross (*Mutual information
//! between discrete and continuous data sets*, PLoS ONE 9, 2014), of two classes from
//! their counts. Of several targets the largest.

use wellfit_random::{Key, Purpose};

use super::super::features::Encoded;
use super::digamma::digamma;
use super::neighbours::{Sorted, kth_of_pairs};
use super::{Wanted, is_constant, mean, variance_about};

const NEIGHBOURS: usize = 3;

/// In nats, at least 0.
pub(super) fn of(encoded: &Encoded<'_>, rows: &[u32], wanted: &Wanted, seed: u64) -> Vec<f64> {
    let noisy: Vec<Vec<f64>> = match wanted {
        Wanted::Classes(..) => Vec::new(),
        Wanted::Numbers(targets) => {
            (0_u64..).zip(targets).map(|(at, target)| spread(target, seed, (2, at))).collect()
        }
    };
    let score = |feature: usize| {
        let values = encoded.column(feature, rows);
        if is_constant(&values) {
            return 0.0;
        }
        if encoded.is_indicator(feature) {
            let classes: Vec<u32> = values.iter().map(|&value| value as u32).collect();
            return match wanted {
                Wanted::Classes(labels, count) => of_classes(&classes, 2, labels, *count),
                Wanted::Numbers(_) => {
                    noisy.iter().map(|target| of_mixed(target, &classes, 2)).fold(0.0, f64::max)
                }
            };
        }
        let values = spread(&values, seed, (1, feature as u64));
        match wanted {
            Wanted::Classes(labels, count) => of_mixed(&values, labels, *count),
            Wanted::Numbers(_) => {
                noisy.iter().map(|target| of_numbers(&values, target)).fold(0.0, f64::max)
            }
        }
    };
    (0..encoded.len()).map(score).collect()
}

/// Values divided by their standard deviation, with a trace of normal noise (10⁻¹⁰ of
/// their mean absolute value, at least of 1) that tells equal ones apart.
fn spread(values: &[f64], seed: u64, (layer, step): (u16, u64)) -> Vec<f64> {
    let deviation = variance_about(values, mean(values)).sqrt();
    let divide = if deviation > 0.0 && !is_constant(values) { deviation } else { 1.0 };
    let scaled: Vec<f64> = values.iter().map(|value| value / divide).collect();
    let size = scaled.iter().map(|value| value.abs()).sum::<f64>() / scaled.len() as f64;
    let noise = 1e-10 * size.max(1.0);
    let mut stream = Key { seed, purpose: Purpose::Select, layer, step }.stream();
    scaled.into_iter().map(|value| value + noise * stream.normal()).collect()
}

/// The largest number below a positive one: neighbours nearer than the kth are counted.
fn just_below(distance: f64) -> f64 {
    if distance > 0.0 { distance.next_down() } else { 0.0 }
}

fn of_numbers(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len();
    if n <= NEIGHBOURS {
        return 0.0;
    }
    let radius = kth_of_pairs(x, y, NEIGHBOURS);
    let (sorted_x, sorted_y) = (Sorted::new(x), Sorted::new(y));
    let mut sums = (0.0, 0.0);
    for at in 0..n {
        let radius = just_below(radius[at]);
        // The point itself is counted, which is the 1 that the formula adds.
        sums.0 += digamma(sorted_x.within(x[at], radius));
        sums.1 += digamma(sorted_y.within(y[at], radius));
    }
    let n_f = n as f64;
    (digamma(n) + digamma(NEIGHBOURS) - sums.0 / n_f - sums.1 / n_f).max(0.0)
}

fn of_mixed(x: &[f64], labels: &[u32], classes: usize) -> f64 {
    let mut members = vec![Vec::new(); classes];
    for (at, &label) in labels.iter().enumerate() {
        members[label as usize].push(at);
    }
    // Of a class with one sample there is no neighbour: it is left out.
    members.retain(|class| class.len() > 1);
    let mut points = Vec::with_capacity(x.len());
    let (mut of_k, mut of_counts) = (0.0, 0.0);
    for class in &members {
        let k = NEIGHBOURS.min(class.len() - 1);
        let values: Vec<f64> = class.iter().map(|&at| x[at]).collect();
        let radius = Sorted::new(&values).kth(k);
        points.extend(values.into_iter().zip(radius));
        of_k += class.len() as f64 * digamma(k);
        of_counts += class.len() as f64 * digamma(class.len());
    }
    let n = points.len();
    if n == 0 {
        return 0.0;
    }
    let all = Sorted::new(&points.iter().map(|(value, _)| *value).collect::<Vec<f64>>());
    let near = |&(value, radius): &(f64, f64)| digamma(all.within(value, just_below(radius)));
    let of_near: f64 = points.iter().map(near).sum();
    let n_f = n as f64;
    (digamma(n) + of_k / n_f - of_counts / n_f - of_near / n_f).max(0.0)
}

/// Σ p(a, b) ln(p(a, b) / (p(a) p(b))).
fn of_classes(a: &[u32], a_count: usize, b: &[u32], b_count: usize) -> f64 {
    let mut both = vec![0_usize; a_count * b_count];
    let (mut of_a, mut of_b) = (vec![0_usize; a_count], vec![0_usize; b_count]);
    for (&a, &b) in a.iter().zip(b) {
        both[a as usize * b_count + b as usize] += 1;
        of_a[a as usize] += 1;
        of_b[b as usize] += 1;
    }
    let n = a.len() as f64;
    let mut sum = 0.0;
    for (at, &count) in both.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (a, b) = (of_a[at / b_count] as f64, of_b[at % b_count] as f64);
        let count = count as f64;
        sum += count / n * (count * n / (a * b)).ln();
    }
    sum.max(0.0)
}
