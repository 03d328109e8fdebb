//! The average of the weights: how much of the new weights goes into it at each step.
//!
//! The engine keeps it, a += (w − a)·share ([`StepSettings::average`]).

use wellfit_nn::StepSettings;

use crate::plan::{Average, SwaStart, Train};

/// The average of one run.
#[derive(Clone, Copy, Debug)]
pub struct Averaging {
    average: Average,
    /// The first epoch after which there is an average, from 1.
    first: usize,
}

impl Averaging {
    /// The plan's, if it has one.
    pub fn new(train: &Train) -> Option<Self> {
        let average = train.average?;
        let first = match average {
            Average::Ema { .. } => 1,
            Average::Swa { start: SwaStart::Epoch(epoch) } => epoch,
            Average::Swa { start: SwaStart::Fraction(share) } => {
                // 0.29 · 100 is a little below 29 in f64, and means 29.
                let plain = (share * train.epochs as f64 + 1e-9).floor() as usize;
                plain.saturating_add(1).min(train.epochs)
            }
        };
        Some(Self { average, first })
    }

    /// Whether there is an average after `epoch` (from 1).
    pub fn holds_after(&self, epoch: usize) -> bool {
        epoch >= self.first
    }

    /// Tells the steps of `epoch` their share.
    ///
    /// - EMA: 1 at the run's first step, which copies, then 1 − decay: PyTorch's
    ///   AveragedModel with `get_ema_multi_avg_fn`, updated after each step.
    /// - SWA: 1/(n + 1) at the last step of an epoch that counts, n of them being in the
    ///   average; 0 elsewhere: PyTorch's AveragedModel as it is, updated after each epoch.
    ///
    /// Source: <https://pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema>
    pub fn fill(&self, epoch: usize, steps: &mut [StepSettings]) {
        match self.average {
            Average::Ema { decay } => {
                steps.iter_mut().for_each(|step| step.average = 1.0 - decay);
                if epoch == 1
                    && let Some(step) = steps.first_mut()
                {
                    step.average = 1.0;
                }
            }
            Average::Swa { .. } => {
                if self.holds_after(epoch)
                    && let Some(step) = steps.last_mut()
                {
                    step.average = 1.0 / ((epoch - self.first) as f64 + 1.0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first epoch that counts.
    fn first(start: SwaStart, epochs: usize) -> usize {
        let average = Some(Average::Swa { start });
        Averaging::new(&Train { average, epochs, ..Train::default() }).unwrap().first
    }

    #[test]
    fn a_fraction_is_the_share_of_epochs_before_the_first_that_counts() {
        for (share, epochs, wanted) in [
            (0.75, 20, 16),
            (0.75, 1, 1),
            (0.5, 5, 3),
            (0.0, 7, 1),
            (0.29, 100, 30),
            (0.999, 30, 30),
        ] {
            assert_eq!(first(SwaStart::Fraction(share), epochs), wanted, "{share} of {epochs}");
        }
        assert_eq!(first(SwaStart::Fraction(1.0 - f64::EPSILON / 2.0), 30), 30);
        assert_eq!(first(SwaStart::Epoch(4), 9), 4);
    }

    /// The average of a sequence of weights, one a step.
    fn averaged(average: Average, epochs: usize, steps: usize) -> (f64, Vec<f64>) {
        let train = Train { average: Some(average), epochs, ..Train::default() };
        let averaging = Averaging::new(&train).unwrap();
        let (mut a, mut weights) = (0.0, Vec::new());
        for epoch in 1..=epochs {
            let mut settings = vec![StepSettings::rate(1.0); steps];
            averaging.fill(epoch, &mut settings);
            for step in settings {
                let w = ((weights.len() * weights.len()) % 17) as f64 + 3.0;
                weights.push(w);
                a += (w - a) * step.average;
            }
        }
        (a, weights)
    }

    #[test]
    fn swa_is_the_plain_mean_of_the_weights_after_each_epoch_that_counts() {
        let (a, weights) = averaged(Average::Swa { start: SwaStart::Epoch(3) }, 6, 4);
        let mean = [11, 15, 19, 23].map(|last| weights[last]).iter().sum::<f64>() / 4.0;
        assert!((a - mean).abs() < 1e-12, "{a} is not {mean}");
    }

    #[test]
    fn ema_begins_with_a_copy_and_forgets_exponentially() {
        let (a, weights) = averaged(Average::Ema { decay: 0.9 }, 3, 4);
        let mean = weights[1..].iter().fold(weights[0], |a, w| 0.9 * a + 0.1 * w);
        assert!((a - mean).abs() < 1e-12, "{a} is not {mean}");
    }
}
