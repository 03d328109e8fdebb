//! A run's figures, read once for all that is asked of them.

use wellfit_runs::{Curves, ScoreKind, Series, TrainMeasure};

use super::noise::{Judged, Noise};
use super::rise::Rise;
use super::thresholds::{DECIDED, LAST_PART, LIKELY, SMALL_OF_GUESSING};
use super::track::Track;

/// A run as it is judged.
pub struct Reading<'a> {
    /// The run.
    pub curves: &'a Curves,
    /// What it is judged by: validation loss or, where there is none, validation score.
    pub held: Option<Held>,
    /// Training loss.
    pub train: Option<Track>,
    /// Training score.
    pub train_score: Option<Track>,
    /// Validation score.
    pub held_score: Option<Track>,
    /// The loss of guessing, where it can be known.
    pub guessing: Option<f64>,
    /// What wellfit's own runs know besides.
    pub own: Option<Own>,
    /// Whether early stopping chose the last row.
    pub stopped: bool,
}

/// What wellfit's own runs know besides their curves, at the last row. Losses are in shares of
/// the training loss in evaluation mode.
#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// The penalty.
    pub penalty: f64,
    /// The loss in training mode.
    pub training_mode: f64,
    /// Whether steps are a great part of the weights that they move.
    pub large_steps: bool,
    /// The highest learning rate of all epochs.
    pub lr: f64,
    /// The loss of guessing by the shares of the classes: their entropy.
    pub guessing: Option<f64>,
    /// The narrowest of its hidden linear layers.
    pub narrowest: Option<Narrow>,
}

/// A linear layer, and how many numbers it passes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Narrow {
    /// As PyTorch numbers it.
    pub layer: String,
    /// Its outputs.
    pub units: usize,
}

/// The held-out column that a run is judged by.
pub struct Held {
    /// What it is.
    pub judged: Judged,
    /// All its rows, as a cost.
    pub whole: Track,
    /// The rows that are judged.
    pub track: Track,
    /// Its noise.
    pub noise: Noise,
    /// What it does after its lowest point.
    pub rise: Rise,
}

impl<'a> Reading<'a> {
    /// Reads a run.
    pub fn of(curves: &'a Curves) -> Reading<'a> {
        Reading::with(curves, None, false)
    }

    /// Reads a run of which more is known than its curves.
    pub fn with(curves: &'a Curves, own: Option<Own>, stopped: bool) -> Reading<'a> {
        let thinned = |series| Track::of(curves, series).map(|track| track.thinned());
        let guessing = own.as_ref().and_then(|own| own.guessing).or_else(|| guessing(curves));
        Reading {
            curves,
            held: Held::of(curves, guessing),
            train: thinned(curves.train_loss.as_ref()),
            train_score: thinned(curves.train_score.as_ref()),
            held_score: thinned(curves.val_score.as_ref()),
            guessing,
            own,
            stopped,
        }
    }

    /// The gap at the last rows; of the scores where both are there and rise.
    pub fn gap(&self) -> Option<Gap> {
        let scores = match self.curves.score {
            ScoreKind::Accuracy | ScoreKind::Rises => {
                Gap::of(&self.train_score, &self.held_score, true)
            }
            ScoreKind::Falls => None,
        };
        scores.or_else(|| self.loss_gap())
    }

    /// The held-out column where it is a loss.
    pub fn held_loss(&self) -> Option<&Held> {
        self.held.as_ref().filter(|held| held.judged == Judged::Loss)
    }

    /// Training and validation loss at the last rows.
    pub fn loss_gap(&self) -> Option<Gap> {
        let held = self.held_loss()?;
        Gap::of(&self.train, &Some(held.track.clone()), false)
    }

    /// The errors 1 − score at the last rows, where the score is an accuracy or another
    /// that is at most 1.
    pub fn errors(&self) -> Option<(f64, f64)> {
        let (train, held) = (self.train_score.as_ref()?, self.held_score.as_ref()?);
        let errors = (1.0 - train.end(), 1.0 - held.end());
        let shares = (0.0..=1.0).contains(&errors.0) && (0.0..=1.0).contains(&errors.1);
        (self.curves.score == ScoreKind::Accuracy && shares).then_some(errors)
    }
}

impl Held {
    fn of(curves: &Curves, guessing: Option<f64>) -> Option<Held> {
        let loss = Track::of(curves, curves.val_loss.as_ref()).map(|loss| {
            let small = guessing.map_or(loss.small, |guessing| SMALL_OF_GUESSING * guessing);
            (Judged::Loss, Track { small, ..loss })
        });
        let (judged, whole) = loss.or_else(|| {
            let score = Track::of(curves, curves.val_score.as_ref())?;
            Some((Judged::Score, score.into_cost(curves.score)))
        })?;
        let track = whole.thinned();
        let levels = track.levels();
        let noise = Noise::of(curves, judged, &track, &levels);
        let rise = Rise::of(&levels, &noise);
        Some(Held { judged, whole, track, noise, rise })
    }

    /// How many validation samples it would take for the same curve to be judged; more than the
    /// `n` that there are. `None` where ten thousand times as many do not tell.
    pub fn samples_that_tell(&self, n: usize) -> Option<usize> {
        let levels = self.track.levels();
        let tells = |n: &usize| {
            let noise = self.noise.with_samples(*n);
            let rise = Rise::of(&levels, &noise);
            rise.real >= DECIDED || rise.harmless.min(noise.tells()) >= LIKELY
        };
        (1..=27).map(|step| (n as f64 * 2f64.sqrt().powi(step)).ceil() as usize).find(tells)
    }

    /// Where the cost is lowest.
    pub fn best_at(&self) -> f64 {
        self.whole.at[self.whole.lowest()]
    }

    /// Where the trend is lowest.
    pub fn low_at(&self) -> f64 {
        self.track.at[self.rise.low]
    }

    /// How many rows the last part of the run has, in which "still falling" is looked for.
    pub fn last_part(&self) -> usize {
        ((LAST_PART * self.track.len() as f64).round() as usize).max(2)
    }

    /// The mean of the rows up to so many before the end, and of the last ones.
    pub fn fall_values(&self) -> (f64, f64) {
        let before = self.track.len().saturating_sub(1 + self.last_part());
        (self.track.around(self.track.at[before]), self.track.end())
    }
}

/// What a loss is that knows nothing of its inputs: ln of the classes, or that of predicting
/// the mean, loss / (1 − R²); of the training data where both were measured in evaluation
/// mode, since a few held-out samples vary little by chance.
fn guessing(curves: &Curves) -> Option<f64> {
    if let Some(classes) = curves.classes {
        return (classes > 1).then(|| (classes as f64).ln());
    }
    let of = |loss: Option<&Series>, score: Option<&Series>| {
        let loss = Track::of(curves, loss)?.end();
        let r2 = Track::of(curves, score.filter(|_| is_r2(curves)))?.end();
        Some(loss / (1.0 - r2)).filter(|mean| *mean > 0.0 && mean.is_finite())
    };
    let train = (curves.train_measure == TrainMeasure::Evaluation)
        .then(|| of(curves.train_loss.as_ref(), curves.train_score.as_ref()));
    train.flatten().or_else(|| of(curves.val_loss.as_ref(), curves.val_score.as_ref()))
}

/// Whether the score is R², by the column's name.
pub fn is_r2(curves: &Curves) -> bool {
    let names = [&curves.train_score, &curves.val_score].into_iter().flatten();
    let named = |name: String| ["r2", "r²", "r_squared"].iter().any(|word| name.contains(word));
    curves.score == ScoreKind::Rises && names.map(|series| series.name.to_lowercase()).any(named)
}

/// How far training and validation lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// On the data that it was trained on.
    pub train: f64,
    /// On held-out data.
    pub held: f64,
    /// Whether these are scores, which rise.
    pub scores: bool,
}

impl Gap {
    fn of(train: &Option<Track>, held: &Option<Track>, scores: bool) -> Option<Gap> {
        let (train, held) = (train.as_ref()?, held.as_ref()?);
        Some(Gap { train: train.end(), held: held.end(), scores })
    }

    /// Above 0 where training is better: training − validation for scores, validation −
    /// training for losses.
    pub fn value(&self) -> f64 {
        if self.scores { self.train - self.held } else { self.held - self.train }
    }

    /// As a share of the held-out figure's size; of losses.
    pub fn share(&self) -> f64 {
        self.value() / self.held.abs().max(f64::MIN_POSITIVE)
    }
}
