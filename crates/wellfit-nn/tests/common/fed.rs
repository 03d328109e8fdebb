//! A feed for tests: samples that are changed, and blended with others of their batch.

use wellfit_nn::*;

use super::stream;

/// Each sample is scaled and shifted by numbers of its position; most are blended with
/// another of the same batch, as mixup does, each with a share of its own.
#[derive(Debug)]
pub struct Fed<'a> {
    samples: &'a Samples,
    order: &'a [u32],
    /// For each position the other's, and the share of the own values.
    blends: Vec<(usize, f32)>,
}

impl<'a> Fed<'a> {
    /// For an epoch in this order, in batches of `batch_size`.
    pub fn new(samples: &'a Samples, order: &'a [u32], batch_size: usize) -> Self {
        let mut s = stream(order.len() as u64 + 77);
        let mut blends = Vec::new();
        for first in (0..order.len()).step_by(batch_size) {
            let last = order.len().min(first + batch_size);
            let mut others: Vec<usize> = (first..last).collect();
            s.shuffle(&mut others);
            let share = |s: &mut wellfit_random::Stream| match s.below(8) {
                0 => 0.0,
                1 => 1.0,
                _ => s.uniform() as f32,
            };
            blends.extend(others.into_iter().map(|other| (other, share(&mut s))));
        }
        Fed { samples, order, blends }
    }

    fn changed(&self, position: usize, out: &mut [f32]) {
        self.samples.read(self.order[position] as usize, out);
        let (by, to) = (0.5 + (position % 7) as f32 / 7.0, (position % 3) as f32 / 10.0);
        out.iter_mut().for_each(|x| *x = *x * by + to);
    }
}

impl Feed for Fed<'_> {
    fn read(&self, position: usize, out: &mut [f32], scratch: &mut [f32]) {
        self.changed(position, out);
        let (other, share) = self.blends[position];
        self.changed(other, scratch);
        out.iter_mut().zip(scratch).for_each(|(x, y)| *x = share * *x + (1.0 - share) * *y);
    }

    fn scratch(&self) -> usize {
        self.samples.features
    }

    fn blend(&self, position: usize) -> Option<Blend> {
        let (other, share) = self.blends[position];
        (!position.is_multiple_of(5)).then(|| Blend { other: self.order[other], share })
    }
}
