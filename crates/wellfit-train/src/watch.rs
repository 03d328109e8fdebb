//! A run seen from inside: what is looked at, when, and what is kept of it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wellfit_nn::{
    LayerLook, Look, Loss, ParameterLook, Probe, ProbeError, Samples, Spec, State, StepSettings,
    Target, Tensor,
};
use wellfit_random::{Key, Purpose};

use crate::encode;

/// The fewest and most training samples that are looked at.
const LEAST: usize = 32;
const MOST: usize = 128;
/// Of the training samples, so many for one that is looked at, between these bounds.
const SHARE: usize = 100;
/// What looks may take of the epochs' time.
const BUDGET: f64 = 0.02;
/// Samples of a training pass that take as long as what a look costs whatever it looks at:
/// putting the weights in place, moving them, summing up. Most where a sample is quick: a
/// table of 20 columns through two layers of 64.
const FIXED: usize = 1_000;

/// What was seen of a run from inside, on the same training samples each time.
///
/// Numbers are rounded to four significant digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// Training samples that are looked at.
    pub samples: usize,
    /// A look comes before the first epoch, after it, after each that is a multiple of
    /// this, and after the last: so often that looking takes at most 2 % of the time.
    pub every: usize,
    /// The layers whose values are seen, from input to output.
    pub layers: Vec<WatchedLayer>,
    /// The trained tensors by name.
    pub parameters: Vec<String>,
    /// One after the other.
    pub looks: Vec<WatchLook>,
    /// Samples by class; `None` in regression.
    pub classes: Option<ClassCounts>,
}

/// A layer whose values are seen: a linear layer, convolution, norm or residual block, or
/// the last of the activations that follow one directly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedLayer {
    /// Where it is, as PyTorch numbers it: `3.0`.
    pub layer: String,
    /// Such as `relu`.
    pub name: String,
    /// Features, or channels of an image.
    pub units: usize,
}

/// A look: see [`wellfit_nn::Look`]. Lists are by layer or by tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchLook {
    /// After which epoch; 0: before the first.
    pub epoch: usize,
    /// The training loss of the samples, without dropout and penalties.
    #[serde(with = "encode::number")]
    pub loss: f64,
    /// ReLU: units that are 0 for every sample.
    pub dead: Vec<Option<usize>>,
    /// Tanh and sigmoid: the share of values at an end.
    pub saturated: Vec<Option<f64>>,
    /// Root mean square of the values.
    #[serde(with = "encode::numbers")]
    pub rms: Vec<f64>,
    /// That of the derivatives of a sample's loss by them, before the activation.
    #[serde(with = "encode::numbers")]
    pub gradient_rms: Vec<f64>,
    /// The tensors' norms.
    #[serde(with = "encode::numbers")]
    pub norm: Vec<f64>,
    /// The norms of their gradients, penalties included, before clipping.
    #[serde(with = "encode::numbers")]
    pub gradient_norm: Vec<f64>,
    /// The norms of one step, with the rate of the epoch's last (before the first epoch:
    /// the first) step.
    #[serde(with = "encode::numbers")]
    pub update_norm: Vec<f64>,
    /// The tensors that are the same, bit by bit, as at the start, here and at each look
    /// before; none before the first epoch.
    pub unchanged: Vec<String>,
}

/// Samples by class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// Of the training set.
    pub train: Vec<u64>,
    /// Of the validation set, if there is one.
    pub validation: Option<Vec<u64>>,
    /// Whether the training loss has class weights.
    pub weighted: bool,
    /// What validation samples were taken for at the kept epoch.
    pub best: Option<Predicted>,
    /// The same at the last epoch.
    pub last: Option<Predicted>,
}

/// How many samples were taken for each class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predicted {
    /// After which epoch, from 1.
    pub epoch: usize,
    /// By class.
    pub counts: Vec<u64>,
}

impl Watch {
    /// Whether there is a look after `epoch` (0: before the first) for its number alone.
    pub fn is_due(&self, epoch: usize) -> bool {
        epoch <= 1 || epoch.is_multiple_of(self.every)
    }

    /// Takes note of what validation samples were taken for after `epoch`.
    pub(crate) fn predicted(&mut self, epoch: usize, counts: Option<Vec<u64>>) {
        if let (Some(classes), Some(counts)) = (&mut self.classes, counts) {
            classes.last = Some(Predicted { epoch, counts });
        }
    }

    /// The last epoch is the kept one.
    pub(crate) fn keep(&mut self) {
        if let Some(classes) = &mut self.classes {
            classes.best.clone_from(&classes.last);
        }
    }
}

/// Looks at a run's states.
pub(crate) struct Watcher {
    probe: Probe,
    /// SHA-256 of each tensor at the start, by name. Hashes, as a copy of the weights would
    /// take as much memory as they do.
    start: HashMap<String, [u8; 32]>,
}

impl Watcher {
    /// Looks at samples of the training set, and what is known beforehand; `start` are the
    /// initial weights.
    pub fn new(
        spec: &Spec,
        start: &[Tensor],
        train: &Samples,
        validation: Option<&Samples>,
    ) -> Result<(Self, Watch), ProbeError> {
        let rows = chosen(train, spec.seed);
        let seen = Samples { rows: Some(Arc::new(rows)), ..train.clone() };
        let watch = Watch {
            samples: seen.len(),
            every: every(seen.len(), train.len(), validation.map_or(0, Samples::len)),
            layers: Vec::new(),
            parameters: Vec::new(),
            looks: Vec::new(),
            classes: spec.loss.is_classification().then(|| ClassCounts {
                train: counts(train, spec.outputs),
                validation: validation.map(|set| counts(set, spec.outputs)),
                weighted: matches!(&spec.loss, Loss::CrossEntropy { class_weights: Some(_), .. }),
                best: None,
                last: None,
            }),
        };
        let start = start.iter().map(|tensor| (tensor.name.clone(), hash(tensor))).collect();
        Ok((Watcher { probe: Probe::new(spec, &seen, 1)?, start }, watch))
    }

    /// See [`Probe::set_threads`].
    pub fn set_threads(&mut self, threads: usize) {
        self.probe.set_threads(threads);
    }

    /// Adds a look at the state after `epoch` to `watch`.
    ///
    /// # Panics
    /// If this is a state of another network.
    pub fn look(&mut self, watch: &mut Watch, epoch: usize, state: &State, settings: StepSettings) {
        let look = self.probe.look(state, settings).expect("the session's own state");
        if watch.looks.is_empty() {
            watch.layers = look.layers.iter().map(watched).collect();
            watch.parameters = look.parameters.iter().map(|p| p.name.clone()).collect();
        }
        let unchanged = if epoch == 0 { Vec::new() } else { self.unchanged(watch, state) };
        watch.looks.push(short(epoch, &look, unchanged));
    }

    /// The tensors that are as at the start, of those that were at the look before.
    fn unchanged(&self, watch: &Watch, state: &State) -> Vec<String> {
        let last = watch.looks.last().filter(|look| look.epoch > 0);
        let names = last.map_or(&watch.parameters, |look| &look.unchanged);
        let same = |name: &&String| {
            let now = state.parameters.iter().find(|tensor| tensor.name == **name).map(hash);
            now.is_some() && now.as_ref() == self.start.get(*name)
        };
        names.iter().filter(same).cloned().collect()
    }
}

/// SHA-256 of a tensor's bits.
fn hash(tensor: &Tensor) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut bytes = Vec::new();
    for values in tensor.data.chunks(4096) {
        bytes.clear();
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        hash.update(&bytes);
    }
    hash.finalize().into()
}

fn watched(layer: &LayerLook) -> WatchedLayer {
    WatchedLayer { layer: layer.layer.to_string(), name: layer.name.into(), units: layer.units }
}

/// What is kept of a look.
fn short(epoch: usize, look: &Look, unchanged: Vec<String>) -> WatchLook {
    let layers =
        |of: fn(&LayerLook) -> f64| look.layers.iter().map(|layer| rounded(of(layer))).collect();
    let tensors = |of: fn(&ParameterLook) -> f64| {
        look.parameters.iter().map(|tensor| rounded(of(tensor))).collect()
    };
    WatchLook {
        epoch,
        loss: rounded(look.loss),
        dead: look.layers.iter().map(|layer| layer.dead).collect(),
        saturated: look.layers.iter().map(|layer| layer.saturated.map(rounded)).collect(),
        rms: layers(|layer| layer.rms),
        gradient_rms: layers(|layer| layer.gradient_rms),
        norm: tensors(|tensor| tensor.norm),
        gradient_norm: tensors(|tensor| tensor.gradient_norm),
        update_norm: tensors(|tensor| tensor.update_norm),
        unchanged,
    }
}

/// To four significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// Samples of a set by class.
fn counts(set: &Samples, classes: usize) -> Vec<u64> {
    let mut counts = vec![0; classes];
    for i in 0..set.len() {
        if let Target::Class(class) = set.target(i) {
            counts[class as usize] += 1;
        }
    }
    counts
}

/// Which stored rows are looked at: of each class its share, drawn by `seed`, in a drawn
/// order.
fn chosen(set: &Samples, seed: u64) -> Vec<u32> {
    let n = set.len();
    let wanted = (n / SHARE).clamp(LEAST, MOST).min(n);
    let mut order: Vec<u32> = (0..n as u32).collect();
    let mut stream = Key { seed, purpose: Purpose::Watch, layer: 0, step: 0 }.stream();
    stream.shuffle(&mut order);
    // Every so manieth of the samples in the order of their classes.
    order.sort_by_key(|&i| match set.target(i as usize) {
        Target::Class(class) => class,
        Target::Numbers(_) => 0,
    });
    let mut rows: Vec<u32> = (0..wanted)
        .map(|k| set.row(order[(2 * k + 1) * n / (2 * wanted)] as usize) as u32)
        .collect();
    stream.shuffle(&mut rows);
    rows
}

/// How many epochs apart looks at so many samples must be. An epoch trains on all
/// training samples and evaluates them and the validation samples, which is a third of
/// the arithmetic.
fn every(seen: usize, train: usize, validation: usize) -> usize {
    let epoch = train as f64 + (train + validation) as f64 / 3.0;
    ((seen + FIXED) as f64 / (BUDGET * epoch)).ceil().max(1.0) as usize
}

#[cfg(test)]
mod tests {
    use wellfit_nn::{Targets, Values};

    use super::*;

    fn set(labels: Vec<u32>, rows: Option<Vec<u32>>) -> Samples {
        let values = Values::Floats(Arc::new(vec![0.0; labels.len()]));
        let targets = Targets::Classes(Arc::new(labels));
        Samples { features: 1, values, targets, rows: rows.map(Arc::new) }
    }

    #[test]
    fn every_class_is_seen_by_its_share() {
        // 10 % of class 0, 30 % of class 1, 60 % of class 2, among others that are out.
        let labels = (0..20_000).map(|i| [0, 1, 1, 1, 2, 2, 2, 2, 2, 2][i % 10]).collect();
        let stored = set(labels, Some((5_000..15_000).collect()));
        let rows = chosen(&stored, 7);
        let of = |class: usize| {
            let wanted = |&&row: &&u32| [0, 1, 1, 1, 2, 2, 2, 2, 2, 2][row as usize % 10] == class;
            rows.iter().filter(wanted).count()
        };
        assert_eq!([of(0), of(1), of(2)], [10, 30, 60]);
        assert!(rows.iter().all(|row| (5_000..15_000).contains(row)));
        let mut different = rows.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), rows.len());
        assert_eq!(chosen(&stored, 7), rows);
        assert_ne!(chosen(&stored, 8), rows);
    }

    #[test]
    fn few_samples_are_all_seen_and_many_are_not() {
        for (n, wanted) in [(1, 1), (31, 31), (500, 32), (6_000, 60), (60_000, 128)] {
            assert_eq!(chosen(&set(vec![0; n], None), 0).len(), wanted);
        }
    }

    #[test]
    fn looks_are_so_far_apart_that_they_cost_little() {
        assert_eq!(every(128, 54_000, 6_000), 1);
        assert_eq!(every(60, 6_000, 5_000), 6);
        assert_eq!(every(32, 500, 50), 76);
    }

    #[test]
    fn numbers_are_rounded_to_four_digits_and_zero_stays_zero() {
        for (value, wanted) in [
            (0.0, 0.0),
            (1.23456e-9, 1.235e-9),
            (-98765.4, -98770.0),
            (f64::INFINITY, f64::INFINITY),
        ] {
            assert_eq!(rounded(value), wanted);
        }
        assert!(rounded(f64::NAN).is_nan());
    }
}
