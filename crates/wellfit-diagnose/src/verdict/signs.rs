//! What a run's figures are signs of, each with its probability and figures.

use wellfit_runs::{ScoreKind, TrainMeasure};

use super::noise::{Judged, jitter};
use super::reading::{Held, Reading, Restraint, is_r2};
use super::rise::below;
use super::thresholds as limit;
use super::track::{Track, median, window};

/// A run that diverged.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// Since when, where that is known.
    pub at: Option<f64>,
    /// How it shows.
    pub how: Diverged,
}

/// How divergence shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Diverged {
    /// The run says so itself.
    Said,
    /// A loss is NaN or infinite: whether the training loss.
    NotFinite {
        /// Or else the validation loss.
        training: bool,
    },
    /// A loss ends far above its beginning.
    Exploded {
        /// Or else the validation loss.
        training: bool,
        /// Its first value.
        first: f64,
        /// Its last ones.
        end: f64,
    },
    /// A loss ends above that of guessing.
    WorseThanGuessing {
        /// Or else the validation loss.
        training: bool,
        /// Its last values.
        end: f64,
        /// What guessing gives.
        guessing: f64,
    },
}

impl Reading<'_> {
    /// Whether the run diverged.
    pub fn divergence(&self) -> Option<Divergence> {
        let said =
            self.curves.diverged_at.map(|at| Divergence { at: Some(at), how: Diverged::Said });
        self.not_finite().or(said).or_else(|| self.exploded())
    }

    /// A loss whose last value is not finite.
    fn not_finite(&self) -> Option<Divergence> {
        let columns =
            [(true, self.curves.train_loss.as_ref()), (false, self.curves.val_loss.as_ref())];
        columns.into_iter().find_map(|(training, column)| {
            let rows = self.curves.at.iter().zip(&column?.values);
            let there = rows.filter_map(|(&at, value)| Some((at, (*value)?)));
            let tail: Vec<f64> =
                there.rev().take_while(|(_, value)| !value.is_finite()).map(|(at, _)| at).collect();
            let at = *tail.last()?;
            Some(Divergence { at: Some(at), how: Diverged::NotFinite { training } })
        })
    }

    fn exploded(&self) -> Option<Divergence> {
        let held = self.held.as_ref().filter(|held| held.judged == Judged::Loss);
        let (training, track, factor) = match (&self.train, held) {
            (Some(train), _) => (true, train, limit::EXPLODED),
            (None, Some(held)) => (false, &held.track, limit::EXPLODED_HELD_OUT),
            (None, None) => return None,
        };
        let (first, end) = (track.first(), track.end());
        let worst = end.max(track.last());
        let guessing =
            self.guessing.filter(|_| training && worst >= limit::NOT_FALLING * lately(track));
        if let Some(guessing) = guessing.filter(|g| worst > limit::WORSE_THAN_GUESSING * g) {
            return Some(Divergence {
                at: None,
                how: Diverged::WorseThanGuessing { training: true, end: worst, guessing },
            });
        }
        let held = self.held.as_ref().filter(|held| held.judged == Judged::Loss);
        if let (Some(held), Some(guessing)) = (held, self.guessing)
            && held.track.end() > limit::FAR_WORSE_THAN_GUESSING * guessing
            && !self.fitted()
        {
            let end = held.track.end();
            return Some(Divergence {
                at: None,
                how: Diverged::WorseThanGuessing { training: false, end, guessing },
            });
        }
        let enough = track.len() >= limit::FEWEST_ROWS && first > 0.0;
        let exploded = enough && end > factor * first && track.last() > factor * first;
        exploded.then(|| Divergence {
            at: beyond(track, first),
            how: Diverged::Exploded { training, first, end },
        })
    }

    /// Whether next to nothing was learned.
    pub fn unlearned(&self) -> Option<Unlearned> {
        let train = self.train.as_ref();
        let guessing = self.guessing.filter(|_| self.curves.classes.is_some());
        if let (Some(train), Some(guessing)) = (train, guessing) {
            let end = train.end();
            return (end >= limit::NEAR_GUESSING * guessing && !self.hits_enough())
                .then_some(Unlearned::NearGuessing { end, guessing });
        }
        let score = self.train_score.as_ref().map(Track::end);
        if let Some(r2) = score.filter(|_| is_r2(self.curves)) {
            return (r2 < limit::NEAR_MEAN).then_some(Unlearned::NearMean { r2 });
        }
        let train = train.filter(|train| train.len() >= limit::FEWEST_ROWS_TO_FALL)?;
        let high = self.curves.score == ScoreKind::Accuracy
            && score.is_some_and(|score| score >= limit::HIGH_SCORE);
        let (first, end) = (train.first(), train.end());
        let hardly = first > 0.0 && !high && end >= (1.0 - limit::HARDLY) * first;
        hardly.then_some(Unlearned::HardlyFalls { first, end })
    }

    /// Whether training accuracy is far above that of guessing: then a high loss lies in
    /// the labels.
    fn hits_enough(&self) -> bool {
        let (Some(classes), Some(score)) = (self.curves.classes, &self.train_score) else {
            return false;
        };
        let chance = 1.0 / classes as f64;
        self.curves.score == ScoreKind::Accuracy
            && score.end() >= chance + limit::LEARNED * (1.0 - chance)
    }

    /// Whether the training data are fitted, so that there is nothing more to learn of them.
    pub fn fitted(&self) -> bool {
        let below = |train: &Track, all: f64| train.end() <= limit::FITTED * all;
        if let (Some(train), Some(guessing)) = (&self.train, self.guessing) {
            return below(train, guessing);
        }
        let hits = self.train_score.as_ref().filter(|_| self.curves.score == ScoreKind::Accuracy);
        hits.is_some_and(|score| score.end() >= limit::FITTED_SCORE)
            || self.train.as_ref().is_some_and(|train| below(train, train.first()))
    }

    /// How far both losses fell over the last part of the run.
    pub fn still_falling(&self, held: &Held) -> Falling {
        let rows = held.track.len();
        let part = held.last_part();
        if self.stopped {
            return Falling {
                rows: part,
                fall: 0.0,
                to_come: 0.0,
                improving: false,
                fast: 0.0,
                enough: true,
            };
        }
        let enough = rows >= limit::FEWEST_ROWS_TO_FALL;
        let (fall, error) = held.rise.fall(&held.noise, part);
        let (to_come, doubt) = held.rise.to_come(&held.noise, part);
        let (then, end) = held.fall_values();
        // A trend may fall where its two ends do not.
        let seen = (then - end) / held.track.scale();
        let to_come = if fall > 0.0 { to_come * (seen / fall).clamp(0.0, 1.0) } else { to_come };
        let training = self.train.as_ref().is_none_or(|train| {
            let before = train.around(train.at[train.len().saturating_sub(1 + part)]);
            before - train.end() >= limit::WITH_TRAINING * fall * held.track.scale()
        });
        Falling {
            rows: part,
            fall,
            to_come,
            improving: enough && below((fall - limit::MARGIN) / error) >= limit::DECIDED,
            fast: if training && !self.fitted() {
                below((to_come - limit::FAST) / doubt)
            } else {
                0.0
            },
            enough,
        }
    }

    /// Whether the gap is large in share of the loss, or in score.
    pub fn large_gap(&self) -> bool {
        let by_loss = self.loss_gap().is_some_and(|gap| gap.share() >= limit::LARGE_GAP);
        let by_score = self
            .gap()
            .filter(|gap| gap.scores)
            .is_some_and(|gap| gap.value() >= limit::LARGE_SCORE_GAP);
        by_loss || by_score
    }

    /// What twice the data would win, in shares of the validation loss: a quarter of the gap.
    pub fn gain(&self, held: &Held) -> Option<f64> {
        let gap = self.loss_gap()?;
        Some(limit::OF_GAP * gap.value() / held.track.scale())
    }

    /// The probability that the training set is memorised while validation stands still.
    pub fn memorised(&self, held: &Held) -> f64 {
        if held.track.len() < limit::FEWEST_ROWS_TO_FALL {
            return 0.0;
        }
        let far = match (self.gain(held), self.errors()) {
            (Some(gain), _) => {
                below((gain - limit::GAIN) / (limit::OF_GAP * held.noise.sampling.level))
            }
            (None, Some((train, wrong))) => {
                let bar = limit::MEMORISED_ERROR.max(train / limit::MEMORISED);
                below((wrong - bar) / held.noise.sampling.level / held.track.scale())
            }
            (None, None) => 0.0,
        };
        let (fall, error) = held.rise.fall(&held.noise, held.last_part());
        below((limit::MARGIN - fall) / error).min(far)
    }

    /// Whether training itself goes wrong.
    pub fn unstable(&self, held: &Held) -> Option<Unstable> {
        let train = self.train.as_ref()?;
        let (then, end) = (train.around(held.low_at()), train.end());
        if end > then + limit::UNSTABLE * then.abs() && held.rise.real >= limit::LIKELY {
            return Some(Unstable::Rises { then, end });
        }
        let (jumps, _) = jitter(&train.levels());
        let measured = self.curves.train_measure == TrainMeasure::Evaluation;
        (measured && train.len() >= limit::FEWEST_ROWS_TO_FALL && jumps >= limit::JUMPS)
            .then_some(Unstable::Jumps { jumps })
    }

    /// How training is held back too much, where it is.
    pub fn held_back(&self) -> Option<Restraint> {
        let restraint = self.restraint?;
        let much =
            restraint.penalty >= limit::PENALTY || restraint.training_mode >= limit::TRAINING_MODE;
        let gap = self.loss_gap()?;
        (much && !self.fitted() && gap.share() <= limit::NO_GAP).then_some(restraint)
    }

    /// The score where the loss was lowest and at the end, and whether it changed beyond
    /// noise.
    pub fn score_change(&self, held: &Held) -> Option<ScoreChange> {
        let score = self.held_score.as_ref().filter(|_| held.judged == Judged::Loss)?;
        let (around, end) = (score.around(held.best_at()), score.end());
        let wide = window(score.len()) as f64;
        let differences: Vec<f64> =
            score.values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
        // The median of |a − b| of two normal numbers is 0.954 standard deviations of one.
        let jitter = match differences.is_empty() {
            true => 0.0,
            false => median(differences) / 0.954,
        };
        let binomial = match (self.curves.score, held.noise.sampling.known.samples()) {
            (ScoreKind::Accuracy, Some(n @ 1..)) => {
                limit::PAIRED * (end * (1.0 - end) / n as f64).max(0.0).sqrt()
            }
            _ => 0.0,
        };
        let error = (2.0 * jitter * jitter / wide + binomial * binomial).sqrt();
        let better = match self.curves.score {
            ScoreKind::Falls => around - end,
            ScoreKind::Accuracy | ScoreKind::Rises => end - around,
        };
        let sure = 2.0 * error.max(1e-4);
        let kind = match better {
            better if better > sure => Change::Better,
            better if better < -sure => Change::Worse,
            _ => Change::None,
        };
        let whole = Track::of(self.curves, self.curves.val_score.as_ref())?;
        let then = whole.values[whole.row(held.best_at())];
        Some(ScoreChange { then, end: whole.last(), kind })
    }
}

/// What a column was before its last part.
fn lately(track: &Track) -> f64 {
    let part = (limit::LAST_PART * track.len() as f64).round() as usize;
    track.around(track.at[track.len().saturating_sub(1 + part.max(1))])
}

/// Where a column leaves a level for good.
fn beyond(track: &Track, level: f64) -> Option<f64> {
    let last_within = track.values.iter().rposition(|&value| value <= level)?;
    track.at.get(last_within + 1).copied()
}

/// How training goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unstable {
    /// The training loss rises along with the validation loss.
    Rises {
        /// The training loss where the validation loss was lowest.
        then: f64,
        /// At the end.
        end: f64,
    },
    /// The training loss jumps from row to row.
    Jumps {
        /// By this share.
        jumps: f64,
    },
}

/// How it shows that next to nothing was learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unlearned {
    /// The training loss is near that of guessing.
    NearGuessing {
        /// The training loss at the end.
        end: f64,
        /// ln of the classes.
        guessing: f64,
    },
    /// The training R² is near that of the mean.
    NearMean {
        /// R² at the end.
        r2: f64,
    },
    /// The training loss stays at its first value.
    HardlyFalls {
        /// The first value.
        first: f64,
        /// At the end.
        end: f64,
    },
}

impl Unlearned {
    /// The probability that it holds.
    pub fn confidence(&self) -> f64 {
        match self {
            // Training sets are large: what is there to doubt is the limit.
            Unlearned::NearGuessing { end, guessing } => {
                below((end / guessing - limit::NEAR_GUESSING) / 0.05).clamp(limit::LIKELY, 0.99)
            }
            Unlearned::NearMean { r2 } => {
                below((limit::NEAR_MEAN - r2) / 0.05).clamp(limit::LIKELY, 0.99)
            }
            Unlearned::HardlyFalls { .. } => limit::HARDLY_CONFIDENCE,
        }
    }

    /// Severity of the underfitting.
    pub fn severity(&self) -> u8 {
        match self {
            Unlearned::NearGuessing { .. } | Unlearned::NearMean { .. } => 3,
            Unlearned::HardlyFalls { .. } => 2,
        }
    }
}

/// What the losses do in the last part of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Falling {
    /// How many rows were looked at.
    pub rows: usize,
    /// How far validation fell over them, in shares of its lowest value.
    pub fall: f64,
    /// How far it would fall in as many epochs again, likewise.
    pub to_come: f64,
    /// Whether that is more than the margin, clear of noise.
    pub improving: bool,
    /// The probability that much is still to come on both.
    pub fast: f64,
    /// Whether there are rows enough to say so.
    pub enough: bool,
}

/// What became of the score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreChange {
    /// In the row where the loss was lowest.
    pub then: f64,
    /// In the last row.
    pub end: f64,
    /// Whether it changed beyond noise, averaged over the rows around these.
    pub kind: Change,
}

/// Whether a score changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// For the better.
    Better,
    /// Not beyond noise.
    None,
    /// For the worse.
    Worse,
}
