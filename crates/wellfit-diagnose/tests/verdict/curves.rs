//! Runs written by hand, and runs drawn with noise.

use wellfit_random::{Key, Purpose, Stream};
use wellfit_runs::{Curves, ScoreKind, Series, TrainMeasure, Unit};

/// A column with these values.
pub fn series(name: &str, values: &[f64]) -> Option<Series> {
    Some(Series { name: name.into(), values: values.iter().copied().map(Some).collect() })
}

/// A run with these losses by epoch; one that is empty is not there.
pub fn run(train: &[f64], held: &[f64]) -> Curves {
    let rows = train.len().max(held.len());
    let column = |name, values: &[f64]| series(name, values).filter(|_| !values.is_empty());
    Curves {
        name: "runs/a".into(),
        origin: "a file".into(),
        unit: Unit::Epoch,
        at: (1..=rows).map(|epoch| epoch as f64).collect(),
        train_loss: column("loss", train),
        train_measure: TrainMeasure::Evaluation,
        val_loss: column("val_loss", held),
        train_score: None,
        val_score: None,
        score: ScoreKind::Accuracy,
        val_size: Some(10_000),
        train_size: None,
        classes: None,
        samples: None,
        diverged_at: None,
        notes: Vec::new(),
    }
}

/// The run with accuracies.
pub fn with_scores(mut curves: Curves, train: &[f64], held: &[f64]) -> Curves {
    (curves.train_score, curves.val_score) =
        (series("accuracy", train), series("val_accuracy", held));
    curves
}

/// Random numbers around 0 with a standard deviation of 1: sums of twelve uniform ones.
pub struct Luck(Stream);

impl Luck {
    pub fn new(seed: u64) -> Luck {
        Luck(Key { seed, purpose: Purpose::Synthetic, layer: 0, step: 0 }.stream())
    }

    pub fn next(&mut self) -> f64 {
        (0..12).map(|_| self.0.uniform()).sum::<f64>() - 6.0
    }

    /// A number in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.uniform()
    }
}

/// What a drawn run is.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    pub epochs: usize,
    /// Validation loss falls from here …
    pub first: f64,
    /// … towards here,
    pub floor: f64,
    /// within about so many epochs,
    pub pace: f64,
    /// and rises by this from `turn` to the end.
    pub rise: f64,
    /// From 0 to 1.
    pub turn: f64,
    /// Jitter as a share of the floor.
    pub jitter: f64,
    /// The training loss's floor.
    pub train_floor: f64,
}

impl Course {
    /// A run as one meets them: 12 to 80 epochs, jitter of 0.5 to 4 %.
    pub fn any(luck: &mut Luck) -> Course {
        let floor = luck.between(0.1, 1.5);
        let epochs = luck.between(12.0, 80.0) as usize;
        Course {
            epochs,
            first: floor * luck.between(1.5, 5.0),
            floor,
            pace: epochs as f64 * luck.between(0.05, 0.2),
            rise: 0.0,
            turn: luck.between(0.3, 0.6),
            jitter: luck.between(0.005, 0.04),
            train_floor: floor * luck.between(0.85, 0.98),
        }
    }

    pub fn run(&self, luck: &mut Luck) -> Curves {
        let last = (self.epochs - 1) as f64;
        let mut fall = |floor: f64, rise: f64, epoch: usize| {
            let at = epoch as f64;
            let climb = ((at / last - self.turn) / (1.0 - self.turn)).max(0.0);
            let trend = floor + (self.first - floor) * (-at / self.pace).exp();
            trend + rise * climb + self.jitter * self.floor * luck.next()
        };
        let held: Vec<f64> =
            (0..self.epochs).map(|epoch| fall(self.floor, self.rise, epoch)).collect();
        let train: Vec<f64> =
            (0..self.epochs).map(|epoch| fall(self.train_floor, 0.0, epoch)).collect();
        run(&train, &held)
    }
}
