//! What a run's figures are signs of, each with its probability and figures.

use wellfit_runs::{ScoreKind, TrainMeasure};

use super::noise::{Judged, jitter};
use super::reading::{Held, Narrow, Own, Reading, is_r2};
use super::rise::{below, to_come};
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
        let held = self.held_loss();
        let (training, track, factor) = match (&self.train, held) {
            (Some(train), _) => (true, train, limit::EXPLODED),
            (None, Some(held)) => (false, &held.track, limit::EXPLODED_HELD_OUT),
            (None, None) => return None,
        };
        let (first, end, last) = (track.first(), track.end(), track.last());
        let guessing = self.guessing.filter(|_| training);
        // As low as never before: it is slow, and not lost.
        let falls = track.lowest() + 1 == track.len();
        let beaten = |guessing: &f64| last > limit::WORSE_THAN_GUESSING * guessing && !falls;
        if let Some(guessing) = guessing.filter(beaten) {
            return Some(Divergence {
                at: None,
                how: Diverged::WorseThanGuessing { training: true, end: last, guessing },
            });
        }
        if let (Some(held), Some(guessing)) = (held, self.guessing)
            && held.track.last() > limit::FAR_WORSE_THAN_GUESSING * guessing
            && !self.fitted()
        {
            let end = held.track.last();
            return Some(Divergence {
                at: None,
                how: Diverged::WorseThanGuessing { training: false, end, guessing },
            });
        }
        let factor = match track.len() {
            limit::FEWEST_ROWS_TO_FALL.. => factor,
            limit::FEWEST_ROWS.. => factor.max(limit::EXPLODED_SOON),
            _ => return None,
        };
        // Where guessing is known, a loss below its is no explosion, whatever it rose from.
        let exploded =
            guessing.is_none() && first > 0.0 && end > factor * first && last > factor * first;
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
            return (end >= limit::NEAR_GUESSING * guessing)
                .then_some(Unlearned::NearGuessing { end, guessing });
        }
        let score = self.train_score.as_ref().map(Track::end);
        if let Some(r2) = score.filter(|_| is_r2(self.curves)) {
            return (r2 < limit::NEAR_MEAN).then_some(Unlearned::NearMean { r2 });
        }
        let train = train.filter(|train| train.len() >= limit::FEWEST_ROWS_TO_FALL)?;
        if let Some(guesses) = self.as_guessing().filter(|_| !self.learned()) {
            return Some(guesses);
        }
        let high = self.curves.score == ScoreKind::Accuracy
            && score.is_some_and(|score| score >= limit::HIGH_SCORE);
        let (first, end) = (train.first(), train.end());
        let hardly = first > 0.0 && !high && end >= (1.0 - limit::HARDLY) * first;
        hardly.then_some(Unlearned::HardlyFalls { first, end })
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
                doubt: 0.0,
                improving: false,
                fast: 0.0,
                enough: true,
            };
        }
        let enough = rows >= limit::FEWEST_ROWS_TO_FALL;
        let (fall, error) = held.rise.fall(&held.noise, part);
        let (then, end) = held.fall_values();
        // A trend may fall where its two ends do not.
        let seen = (then - end) / held.track.scale();
        let ends = if fall > 0.0 { fall * (seen / fall).clamp(0.0, 1.0) } else { fall };
        let trained = self.trained(held, part);
        let training = self.train.as_ref().is_none_or(|train| {
            let before = train.around(train.at[train.len().saturating_sub(1 + part)]);
            before - train.end() >= limit::WITH_TRAINING * fall * held.track.scale()
        });
        let (falls, (ends, doubt)) = match trained.filter(|_| held.noise.tells() >= limit::LIKELY) {
            Some(Trained { falls, error: jumps }) => {
                let (along, doubt) = (limit::ALONG * falls[1], limit::ALONG_DOUBT * falls[1]);
                (falls, pooled((ends, error), (along, jumps.hypot(doubt))))
            }
            None => {
                let (both, _) = held.rise.fall(&held.noise, 2 * part);
                ([both - fall, fall], (ends, error))
            }
        };
        let times = to_come(falls, part, rows);
        // No loss wins more than all of itself.
        let most = (end / held.track.scale()).max(0.0);
        let (to_come, doubt) = ((times * ends).min(most), times * doubt);
        Falling {
            rows: part,
            fall,
            to_come,
            doubt,
            improving: enough && below((fall - limit::MARGIN) / error) >= limit::DECIDED,
            fast: if training && !self.fitted() {
                below((to_come - limit::FAST) / doubt)
            } else {
                0.0
            },
            enough,
        }
    }

    /// What the training loss did lately, where it was measured in evaluation mode.
    fn trained(&self, held: &Held, part: usize) -> Option<Trained> {
        let measured = self.curves.train_measure == TrainMeasure::Evaluation;
        let train = self.train.as_ref().filter(|_| held.judged == Judged::Loss && measured)?;
        let scale = held.track.scale();
        let back = |parts: usize| {
            train.around(train.at[train.len().saturating_sub(1 + parts * part)]) / scale
        };
        let [before, last, end] = [back(2), back(1), train.end() / scale];
        let (jumps, _) = jitter(&train.levels());
        let each = jumps * train.scale() / scale;
        let error = each * (2.0 / window(train.len()) as f64).sqrt();
        Some(Trained { falls: [before - last, last - end], error })
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

    /// What twice the data would win, in shares of the validation loss: a quarter of the gap
    /// at the end of the trend, which no single spike makes.
    pub fn gain(&self, held: &Held) -> Option<f64> {
        let (gap, scale) = (self.loss_gap()?, held.track.scale());
        let end = held.track.values[held.track.lowest()] + scale * held.rise.end();
        Some(limit::OF_GAP * (end - gap.train) / scale)
    }

    /// The probability that the training set is memorised while validation stands still or,
    /// where nobody can tell whether it does, falls by so little that longer training would win
    /// less than more data.
    pub fn memorised(&self, held: &Held) -> f64 {
        if held.track.len() < limit::FEWEST_ROWS_TO_FALL || !self.learned() {
            return 0.0;
        }
        let luck = &held.noise.sampling;
        let enough = match self.curves.train_measure {
            TrainMeasure::Evaluation => limit::GAIN,
            TrainMeasure::Training => limit::GAIN_IN_TRAINING_MODE,
        };
        let far = match (self.gain(held), self.errors()) {
            (Some(gain), _) => luck.known.below((gain - enough) / (limit::OF_GAP * luck.level)),
            (None, Some((train, wrong))) => {
                let bar = limit::MEMORISED_ERROR.max(train / limit::MEMORISED);
                luck.known.below((wrong - bar) / luck.level / held.track.scale())
            }
            (None, None) => 0.0,
        };
        let (fall, error) = held.rise.fall(&held.noise, held.last_part());
        let improving = below((fall - limit::MARGIN) / error) >= limit::DECIDED;
        let told = held.noise.tells() >= limit::LIKELY;
        let gain = self.gain(held).filter(|_| told && !improving);
        let most = gain.map_or(0.0, |gain| gain / limit::HALF_AGAIN);
        below((limit::MARGIN.max(most) - fall) / error).min(far)
    }

    /// A loss that is lower by no more than the [margin](limit::MARGIN) than that of always naming
    /// one class which is right as often; of the training data or, where their accuracy is not known, of the validation data.
    fn as_guessing(&self) -> Option<Unlearned> {
        let loss = match self.train_score {
            Some(_) => self.train.as_ref(),
            None => self.held_loss().map(|held| &held.track),
        };
        let (end, right) = (loss?.end(), self.hits()?.end());
        let near = right > 0.0 && end >= (1.0 - limit::MARGIN) * -right.ln();
        near.then_some(Unlearned::AsGuessing { training: self.train_score.is_some(), end, right })
    }

    /// The accuracy on training data or, where it is not known, on validation data.
    fn hits(&self) -> Option<&Track> {
        let score = self.train_score.as_ref().or(self.held_score.as_ref());
        score.filter(|_| self.curves.score == ScoreKind::Accuracy)
    }

    /// Whether anything was learned, by the accuracy where it is known: only then can the
    /// training data be memorised.
    fn learned(&self) -> bool {
        self.hits().is_none_or(|score| {
            score.end() >= limit::HIGH_SCORE || score.end() >= score.first() + limit::HARDLY
        })
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
    pub fn held_back(&self) -> Option<&Own> {
        let restraint = self.own.as_ref()?;
        let much = restraint.penalty >= limit::PENALTY
            || restraint.training_mode >= limit::TRAINING_MODE
            || self.lost(restraint) >= limit::LOST;
        (much && !self.fitted() && self.no_gap()).then_some(restraint)
    }

    /// A layer that passes on fewer numbers than classes need, where the training data are not
    /// fitted and there is no gap.
    pub fn bottleneck(&self) -> Option<Bottleneck<'_>> {
        let narrow = self.own.as_ref()?.narrowest.as_ref()?;
        let classes = self.curves.classes.unwrap_or(1).max(1);
        let tight = narrow.units < limit::FEWEST_UNITS.max(classes - 1);
        (tight && !self.fitted() && self.no_gap()).then_some(Bottleneck { narrow, classes })
    }

    /// Whether the losses lie next to each other.
    fn no_gap(&self) -> bool {
        self.loss_gap().is_some_and(|gap| gap.share() <= limit::NO_GAP)
    }

    /// Whether nobody can tell from the curves if more was to be learned: the training data are
    /// not fitted, and there is no gap.
    pub fn unfitted(&self) -> bool {
        self.train.is_some() && !self.fitted() && self.no_gap()
    }

    /// The share of what was learned, from guessing on, that is lost in training mode.
    pub fn lost(&self, restraint: &Own) -> f64 {
        let (Some(guessing), Some(train)) = (self.guessing, &self.train) else { return 0.0 };
        let learned = guessing - train.last();
        if learned <= 0.0 { 0.0 } else { (restraint.training_mode - 1.0) * train.last() / learned }
    }

    /// Whether as many epochs again would win more than twice the data: then a large gap does
    /// not speak against training longer.
    pub fn longer_wins(&self, held: &Held, falling: &Falling) -> bool {
        self.gain(held).is_some_and(|gain| falling.to_come > gain)
    }

    /// Whether there are few rows, in which the held-out cost has hardly moved.
    pub fn too_short(&self, held: &Held) -> bool {
        let cost = &held.whole;
        let moved = (cost.first() - cost.last()) >= limit::HARDLY * cost.first().abs();
        !self.stopped && cost.len() < limit::FEWEST_ROWS_TO_FALL && !moved && !self.fitted()
    }

    /// Whether steps are too large for the training data to be fitted.
    pub fn steps_too_large(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.large_steps) && !self.fitted()
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
        let binomial = match (self.curves.score, held.noise.sampling.known.counted()) {
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
            better if better.abs() + sure <= limit::SAME_SCORE => Change::None,
            _ => Change::Unclear,
        };
        let whole = Track::of(self.curves, self.curves.val_score.as_ref())?;
        let then = whole.values[whole.row(held.best_at())];
        Some(ScoreChange { then, end: whole.last(), kind })
    }
}

/// How far the training loss fell over the last two quarters of the run, in shares of the
/// validation loss, and the standard deviation of that. There is no luck of the draw in it.
#[derive(Clone, Copy)]
struct Trained {
    falls: [f64; 2],
    error: f64,
}

/// Two measurements of the same as one: means with their standard deviations, weighted by the
/// inverse of their variances.
fn pooled(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let weight = |(_, error): (f64, f64)| error.max(f64::MIN_POSITIVE.sqrt()).powi(-2);
    let share = weight(a) / (weight(a) + weight(b));
    (share * a.0 + (1.0 - share) * b.0, (weight(a) + weight(b)).sqrt().recip())
}

/// Where a column leaves a level for good.
fn beyond(track: &Track, level: f64) -> Option<f64> {
    let last_within = track.values.iter().rposition(|&value| value <= level)?;
    track.at.get(last_within + 1).copied()
}

/// A layer that is too narrow for its classes.
pub struct Bottleneck<'a> {
    /// The layer.
    pub narrow: &'a Narrow,
    /// The classes.
    pub classes: usize,
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
    /// The accuracy did not rise, and the loss is no lower than that of whoever always names the
    /// class that is right so often.
    AsGuessing {
        /// Whether on training data, or else on validation data.
        training: bool,
        /// The loss at the end.
        end: f64,
        /// The accuracy.
        right: f64,
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
            Unlearned::AsGuessing { .. } | Unlearned::HardlyFalls { .. } => {
                limit::HARDLY_CONFIDENCE
            }
        }
    }

    /// Severity of the underfitting.
    pub fn severity(&self) -> u8 {
        match self {
            Unlearned::NearGuessing { .. }
            | Unlearned::AsGuessing { .. }
            | Unlearned::NearMean { .. } => 3,
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
    /// The standard deviation of what is to come.
    pub doubt: f64,
    /// The probability that much is still to come on both.
    pub fast: f64,
    /// Whether there are rows enough to say so.
    pub enough: bool,
}

impl Falling {
    /// From which probability on it stopped too soon.
    pub fn bar(&self) -> f64 {
        if self.doubt <= limit::HARM { limit::MORE_LIKELY } else { limit::LIKELY }
    }
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

impl ScoreChange {
    /// Whether it did not fall.
    pub fn holds(&self) -> bool {
        matches!(self.kind, Change::Better | Change::None)
    }
}

/// Whether a score changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// For the better.
    Better,
    /// Not by anything that matters.
    None,
    /// Not beyond noise, and nobody can say that it did not.
    Unclear,
    /// For the worse.
    Worse,
}
