//! Training samples on their way to the engine, changed as `train.augment` says.

use wellfit_data::{AugmentedEpoch, Augmenter, Dataset, Preparation, Shape};
use wellfit_nn::{Blend, Feed, Samples};
use wellfit_random::{Key, Purpose};

use crate::plan::{Plan, PlanError};
use crate::samples::samples;

/// A plan's augmentations, checked against its data.
pub(crate) struct Feeder {
    augmenter: Augmenter,
    batch_size: usize,
}

impl Feeder {
    /// For training samples of this shape; `None` where the plan changes nothing.
    ///
    /// # Errors
    /// An augmentation that does not fit the samples, with its key.
    pub fn new(plan: &Plan, shape: Shape) -> Result<Option<Self>, PlanError> {
        let train = &plan.train;
        let augmenter = Augmenter::new(&train.augment, shape, train.seed).map_err(|error| {
            let key = format!("train.augment.{}", error.index());
            PlanError::about(key.clone(), format!("{key}: {error}"))
        })?;
        let feeder = Feeder { augmenter, batch_size: train.batch_size };
        Ok((!feeder.augmenter.is_empty()).then_some(feeder))
    }

    /// What the engine is given in `epoch` (from 1).
    pub fn epoch<'a>(
        &'a self,
        epoch: usize,
        order: &'a [u32],
        samples: &'a Samples,
    ) -> EpochFeed<'a> {
        EpochFeed { epoch: self.augmenter.epoch(epoch as u64, order, self.batch_size), samples }
    }
}

/// An epoch's samples.
#[derive(Debug)]
pub(crate) struct EpochFeed<'a> {
    epoch: AugmentedEpoch<'a>,
    samples: &'a Samples,
}

impl Feed for EpochFeed<'_> {
    fn read(&self, position: usize, out: &mut [f32], scratch: &mut [f32]) {
        let read = |sample: u32, out: &mut [f32]| self.samples.read(sample as usize, out);
        self.epoch.values(position, read, out, scratch);
    }

    fn scratch(&self) -> usize {
        self.epoch.scratch()
    }

    fn blend(&self, position: usize) -> Option<Blend> {
        self.epoch.blend(position).map(|(other, share)| Blend { other, share })
    }
}

/// Puts the numbers below `samples` in the order of an epoch (from 1): as stored, or one of
/// its own that depends on nothing but the seed.
pub(crate) fn put_in_order(plan: &Plan, epoch: usize, samples: usize, order: &mut Vec<u32>) {
    order.clear();
    order.extend(0..samples as u32);
    if plan.train.shuffle {
        let (seed, step) = (plan.train.seed, epoch as u64);
        let key = Key { seed, purpose: Purpose::Shuffle, layer: 0, step };
        key.stream().shuffle(order);
    }
}

/// A training sample as training sees it in an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenSample {
    /// Its values: scaled, changed and blended.
    pub values: Vec<f32>,
    /// The training sample that it is blended with, and the share of its own target.
    pub blend: Option<(u32, f32)>,
}

/// Some training samples (places in the training set) as training sees them in an epoch
/// (from 1).
///
/// # Errors
/// An augmentation that does not fit the samples, with its key.
///
/// # Panics
/// If there is no such sample.
pub fn augmented(
    plan: &Plan,
    train: &Dataset,
    preparation: &Preparation,
    epoch: usize,
    wanted: &[u32],
) -> Result<Vec<SeenSample>, PlanError> {
    let feeder = Feeder::new(plan, train.shape())?;
    let samples = samples(train, preparation);
    let mut order = Vec::new();
    put_in_order(plan, epoch, samples.len(), &mut order);
    let feed = feeder.as_ref().map(|feeder| feeder.epoch(epoch, &order, &samples));
    let mut scratch = vec![0.0; feed.as_ref().map_or(0, Feed::scratch)];
    let values = |&sample: &u32| {
        let mut values = vec![0.0; samples.features];
        let Some(feed) = &feed else {
            samples.read(sample as usize, &mut values);
            return SeenSample { values, blend: None };
        };
        let place = order.iter().position(|&i| i == sample).expect("a training sample");
        feed.read(place, &mut values, &mut scratch);
        SeenSample { values, blend: feed.blend(place).map(|blend| (blend.other, blend.share)) }
    };
    Ok(wanted.iter().map(values).collect())
}
