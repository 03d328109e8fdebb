//! What a verdict says. Every sentence about a run is written here, once.

use wellfit_runs::{ScoreKind, TrainMeasure, Unit};
use wellfit_stats::format;

use super::noise::{Judged, Known};
use super::reading::{Held, Own, Reading};
use super::signs::{
    Bottleneck, Change, Diverged, Divergence, Falling, ScoreChange, Unlearned, Unstable,
};
use super::thresholds as limit;
use super::{Finding, Found};

/// `epoch`, `step`.
pub fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Epoch => "epoch",
        Unit::Step => "step",
    }
}

/// `epoch`, `row`.
fn row_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Epoch => "epoch",
        Unit::Step => "row",
    }
}

/// Where a row stands: `13`, `1.57`.
pub fn place(at: f64) -> String {
    if at.fract() == 0.0 { format!("{at:.0}") } else { format!("{at:.2}") }
}

/// How many rows: `1 epoch`, `7 rows`.
fn rows(n: usize, unit: Unit) -> String {
    let word = unit_word(unit);
    match unit {
        Unit::Epoch if n == 1 => format!("1 {word}"),
        Unit::Epoch => format!("{} {word}s", format::count(n)),
        Unit::Step if n == 1 => "1 row".to_owned(),
        Unit::Step => format!("{} rows", format::count(n)),
    }
}

/// How far it is from a row to another, as the file numbers them: `7 epochs`, `1,200 steps`.
fn stretch(from: f64, to: f64, unit: Unit) -> String {
    let (length, word) = (to - from, unit_word(unit));
    let plural = if length == 1.0 { "" } else { "s" };
    let length = match length.fract() == 0.0 {
        true => format::count(length as usize),
        false => place(length),
    };
    format!("{length} {word}{plural}")
}

/// A share as a whole number of per cent, with a decimal below 10: `37 %`, `2.4 %`.
fn percent(share: f64) -> String {
    let value = 100.0 * share;
    format!("{} %", format::number(value, usize::from(value.abs() < 9.95)))
}

/// ` (+37 %)`; nothing where the first value is not above 0.
fn relative(then: f64, end: f64) -> String {
    if then.is_nan() || then <= 0.0 {
        return String::new();
    }
    let share = end / then - 1.0;
    let sign = if share > 0.0 { "+" } else { "" };
    format!(" ({sign}{})", percent(share))
}

/// `0.324 → 0.443`.
fn course(then: f64, end: f64) -> String {
    format!("{} → {}", format::three_digits(then), format::three_digits(end))
}

impl Reading<'_> {
    /// `epoch 13`.
    fn at(&self, at: f64) -> String {
        format!("{} {}", unit_word(self.curves.unit), place(at))
    }

    /// ` at epoch 13`.
    fn at_words(&self, at: Option<f64>) -> String {
        at.map_or(String::new(), |at| format!(" at {}", self.at(at)))
    }

    /// `validation loss`, `validation accuracy`, or the column's name.
    fn held_name(&self, held: &Held) -> String {
        match held.judged {
            Judged::Loss => "validation loss".to_owned(),
            Judged::Score => match self.curves.score {
                ScoreKind::Accuracy => "validation accuracy".to_owned(),
                ScoreKind::Rises | ScoreKind::Falls => column(self.curves.val_score.as_ref()),
            },
        }
    }

    /// The held-out figure as the file has it: a loss, or a score.
    fn held_value(&self, held: &Held, cost: f64) -> String {
        match (held.judged, self.curves.score) {
            (Judged::Score, ScoreKind::Accuracy) => accuracy(1.0 - cost),
            (Judged::Score, ScoreKind::Rises) => format::three_digits(1.0 - cost),
            (Judged::Score, ScoreKind::Falls) | (Judged::Loss, _) => format::three_digits(cost),
        }
    }

    /// `validation loss 0.324 → 0.443 (+37 %)`.
    fn held_course(&self, held: &Held, then: f64, end: f64) -> String {
        let share = match held.judged {
            Judged::Loss => relative(then, end),
            Judged::Score => String::new(),
        };
        let (name, then, end) =
            (self.held_name(held), self.held_value(held, then), self.held_value(held, end));
        format!("{name} {then} → {end}{share}")
    }

    /// `training loss`, with how it was measured.
    fn train_name(&self) -> &'static str {
        match self.curves.train_measure {
            TrainMeasure::Evaluation => "training loss",
            TrainMeasure::Training => "training loss (measured while training)",
        }
    }

    /// A score: `88.9 %`, `0.843`.
    fn score(&self, score: f64) -> String {
        match self.curves.score {
            ScoreKind::Accuracy => accuracy(score),
            ScoreKind::Rises | ScoreKind::Falls => format::three_digits(score),
        }
    }

    /// `accuracy`, or the column's name.
    fn score_name(&self) -> String {
        match self.curves.score {
            ScoreKind::Accuracy => "accuracy".to_owned(),
            ScoreKind::Rises | ScoreKind::Falls => column(self.curves.val_score.as_ref()),
        }
    }

    /// `accuracy unchanged`, `accuracy 88.9 % → 87.1 %`, `accuracy 84 % → 80 %, which may be
    /// luck`.
    fn change_words(&self, change: ScoreChange) -> String {
        let name = self.score_name();
        match change.kind {
            Change::None => format!("{name} unchanged"),
            Change::Better | Change::Worse | Change::Unclear => {
                let but = if change.kind == Change::Unclear { ", which may be luck" } else { "" };
                format!("{name} {} → {}{but}", self.score(change.then), self.score(change.end))
            }
        }
    }

    /// How a run diverged.
    pub fn diverged_words(&self, divergence: &Divergence) -> String {
        let name = |training| if training { "training loss" } else { "validation loss" };
        match divergence.how {
            Diverged::Said => "the run says that its loss was not finite".to_owned(),
            Diverged::NotFinite { training } => format!("{} is not finite", name(training)),
            Diverged::Exploded { training, first, end } => {
                format!("{} ends beyond its beginning: {}", name(training), course(first, end))
            }
            Diverged::WorseThanGuessing { training, end, guessing } => format!(
                "{} {} is worse than that of guessing ({})",
                name(training),
                format::three_digits(end),
                format::three_digits(guessing)
            ),
        }
    }

    /// `DIVERGED at epoch 3: …`
    pub fn diverged_headline(&self, divergence: &Divergence, words: &str) -> String {
        format!("DIVERGED{}: {words}", self.at_words(divergence.at))
    }

    /// Why next to nothing was learned.
    pub fn unlearned_words(&self, unlearned: Unlearned) -> String {
        let digits = format::three_digits;
        match unlearned {
            Unlearned::NearGuessing { end, guessing } => format!(
                "{} {} is near that of guessing ({})",
                self.train_name(),
                digits(end),
                digits(guessing)
            ),
            Unlearned::AsGuessing { training, end, right } => format!(
                "{} accuracy has not risen ({}), and {} {} is no better than guessing ({})",
                if training { "training" } else { "validation" },
                accuracy(right),
                if training { self.train_name() } else { "validation loss" },
                digits(end),
                digits(-right.ln())
            ),
            Unlearned::NearMean { r2 } => {
                format!("training R² {} is near that of predicting the mean (0)", digits(r2))
            }
            Unlearned::HardlyFalls { first, end } => format!(
                "{} hardly falls: {}{}",
                self.train_name(),
                course(first, end),
                relative(first, end)
            ),
        }
    }

    /// There is no held-out figure.
    pub fn no_validation(&self) -> Finding {
        let evidence = match self.train {
            Some(_) => "there is no validation figure, and training figures alone cannot tell",
            None => "there is neither a training nor a validation figure",
        };
        Finding::new(Found::NoValidation, evidence.to_owned())
    }

    /// There are too few rows.
    pub fn too_few_rows(&self, held: &Held) -> Finding {
        let n = held.whole.len();
        let needed = if n < limit::FEWEST_ROWS {
            format!("at least {} are needed", limit::FEWEST_ROWS)
        } else if self.too_short(held) {
            "validation has hardly moved yet".to_owned()
        } else {
            "validation still falls fast, as it always does at first".to_owned()
        };
        let verb = if n == 1 { "is" } else { "are" };
        let evidence = format!(
            "{} with validation figures {verb} too few to tell: {needed}",
            rows(n, self.curves.unit)
        );
        Finding::new(Found::TooFewEpochs, evidence)
    }

    /// `OVERFITTING since epoch 13: validation loss 0.324 → 0.443 (+37 %), accuracy
    /// unchanged`.
    pub fn overfit_headline(&self, held: &Held, since: Option<f64>, by_rise: bool) -> String {
        let since = since.map_or(String::new(), |at| format!(" since {}", self.at(at)));
        let what = if by_rise {
            let best = held.whole.values[held.whole.lowest()];
            let change = self.score_change(held);
            let change = change.map_or(String::new(), |c| format!(", {}", self.change_words(c)));
            format!("{}{change}", self.held_course(held, best, held.whole.last()))
        } else {
            self.memorised_words(held)
        };
        format!("OVERFITTING{since}: {what}")
    }

    /// It was best earlier.
    pub fn overtrained_words(&self, held: &Held) -> String {
        let best = held.whole.values[held.whole.lowest()];
        let since = self.since(held.best_at(), held);
        let chance = 1.0 - held.rise.real;
        let mut words = format!(
            "best at {} and worse since: {} over {}; chance alone does as much in {} of curves",
            self.at(held.best_at()),
            self.held_course(held, best, held.whole.last()),
            since,
            percent(chance)
        );
        if let Known::Pairs(pairs) = &held.noise.sampling.known {
            words.push_str(&format!(
                "; on the same {} samples {} ± {}",
                format::count(pairs.n),
                format::three_digits(pairs.rise),
                format::three_digits(1.96 * pairs.error)
            ));
        }
        words
    }

    /// How far it is to the last row that is judged.
    fn since(&self, at: f64, held: &Held) -> String {
        let end = held.whole.at[held.whole.len() - 1];
        stretch(at, end, self.curves.unit)
    }

    /// The loss rises while the score does not fall.
    pub fn overconfident_words(&self, held: &Held, change: ScoreChange) -> String {
        let best = held.whole.values[held.whole.lowest()];
        format!(
            "{} while {}: wrong answers are given with more and more confidence",
            self.held_course(held, best, held.whole.last()),
            self.change_words(change)
        )
    }

    /// The training set is known by heart.
    pub fn memorised_words(&self, held: &Held) -> String {
        let name = self.held_name(held);
        let more = self.gain(held).map_or(String::new(), |gain| {
            format!("; twice the data may win about {}", percent(gain))
        });
        let (fall, _) = held.rise.fall(&held.noise, held.last_part());
        let improves = match fall < limit::MARGIN {
            true => "no longer improves",
            false => "hardly improves any more",
        };
        match self.errors() {
            Some((train, wrong)) if train <= limit::MEMORISED * wrong => format!(
                "training data are memorised (accuracy {} on training data against {} on \
                 validation data) while {name} {improves}{more}",
                accuracy(1.0 - train),
                accuracy(1.0 - wrong)
            ),
            _ => format!(
                "what is learned of the training data does not carry over: {}, which \
                 {improves}{more}",
                self.loss_words()
            ),
        }
    }

    /// `training loss 0.01, validation loss 0.4`.
    fn loss_words(&self) -> String {
        let digits = format::three_digits;
        self.loss_gap().map_or(String::new(), |gap| {
            format!(
                "{} {}, validation loss {}",
                self.train_name(),
                digits(gap.train),
                digits(gap.held)
            )
        })
    }

    /// Training itself goes wrong.
    pub fn unstable_words(&self, unstable: Unstable) -> String {
        match unstable {
            Unstable::Rises { then, end } => format!(
                "{} rises along with the validation loss: {}{}",
                self.train_name(),
                course(then, end),
                relative(then, end)
            ),
            Unstable::Jumps { jumps } => format!(
                "{} jumps by about {} from one {} to the next",
                self.train_name(),
                percent(jumps),
                row_word(self.curves.unit)
            ),
        }
    }

    /// Steps are a great part of the weights.
    pub fn large_steps_words(&self) -> String {
        let loss = self.train.as_ref().map_or(f64::NAN, |train| train.end());
        format!(
            "steps are too large for the weights to settle, and {} is still {}",
            self.train_name(),
            format::three_digits(loss)
        )
    }

    /// Training is held back too much.
    pub fn held_back_words(&self, restraint: &Own) -> String {
        let penalty = (restraint.penalty >= limit::PENALTY)
            .then(|| format!("the penalty is {} of the training loss", percent(restraint.penalty)));
        let mode = (restraint.training_mode >= limit::TRAINING_MODE).then(|| {
            let more = percent(restraint.training_mode - 1.0);
            format!("the loss in training mode is {more} above that in evaluation mode")
        });
        let lost = (mode.is_none() && self.lost(restraint) >= limit::LOST).then(|| {
            format!(
                "{} of what was learned is lost in training mode",
                percent(self.lost(restraint))
            )
        });
        let how: Vec<String> = penalty.into_iter().chain(mode).chain(lost).collect();
        format!("training is held back too much: {}, and there is no gap to close", how.join(", "))
    }

    /// A layer is too narrow.
    pub fn bottleneck_words(&self, bottleneck: &Bottleneck) -> String {
        let Bottleneck { narrow, classes } = bottleneck;
        let numbers = match narrow.units {
            1 => "a single number".to_owned(),
            units => format!("{units} numbers"),
        };
        let classes = match classes {
            0..=2 => String::new(),
            classes => format!(" for {classes} classes"),
        };
        format!(
            "layer {} passes on {numbers}{classes}, and training data are not fitted ({})",
            narrow.layer,
            self.loss_words()
        )
    }

    /// More might be learned.
    pub fn unfitted_words(&self) -> String {
        let score = self.train_score.as_ref().filter(|_| self.curves.score == ScoreKind::Accuracy);
        let score = score.map_or(String::new(), |score| {
            format!(", accuracy {} on training data", accuracy(score.end()))
        });
        format!(
            "training data are not fitted, and there is no gap ({}{score}): whether they hold \
             more, only a larger network can tell",
            self.loss_words()
        )
    }

    /// A loss that was not finite for a while.
    pub fn lapse_words(&self) -> Option<String> {
        let lapses = |name: &str, column: Option<&wellfit_runs::Series>| {
            let rows = self.curves.at.iter().zip(&column?.values);
            let mut lapses =
                rows.filter(|(_, value)| value.is_some_and(|value| !value.is_finite()));
            let (at, _) = lapses.next()?;
            Some(format!("{name} was not finite at {} and went on", self.at(*at)))
        };
        lapses("training loss", self.curves.train_loss.as_ref())
            .or_else(|| lapses("validation loss", self.curves.val_loss.as_ref()))
    }

    /// The gap is large.
    pub fn large_gap_words(&self, falling: &Falling) -> Option<String> {
        let gap = self.gap()?;
        let mut figures = Vec::new();
        if gap.scores {
            let amount = match self.curves.score {
                ScoreKind::Accuracy => format!("{} points", format::number(100.0 * gap.value(), 1)),
                ScoreKind::Rises | ScoreKind::Falls => format::three_digits(gap.value()),
            };
            figures.push(format!(
                "{} {} on training data, {} on validation data (gap {amount})",
                self.score_name(),
                self.score(gap.train),
                self.score(gap.held)
            ));
        }
        if self.loss_gap().is_some() {
            figures.push(self.loss_words());
        }
        let but = if falling.improving {
            "validation still improves, so the gap is no fault"
        } else {
            "a gap by itself is no fault"
        };
        Some(format!("{}: {but}", figures.join("; ")))
    }

    /// Validation still got better at the end.
    pub fn stopped_short_words(&self, held: &Held, falling: &Falling) -> String {
        let (then, end) = held.fall_values();
        let more = match falling.to_come >= limit::FAST {
            true => format!(", and as many again may win about {}", percent(falling.to_come)),
            false => String::new(),
        };
        let from = held.track.at[held.track.len().saturating_sub(1 + falling.rows)];
        format!(
            "{} over the last {}: it still improves{more}",
            self.held_course(held, then, end),
            self.since(from, held)
        )
    }

    /// `HEALTHY: …`
    pub fn healthy_headline(&self, held: &Held, falling: &Falling) -> String {
        if falling.improving {
            return format!("HEALTHY: {}", self.stopped_short_words(held, falling));
        }
        let (name, lowest) = (self.held_name(held), held.whole.lowest());
        let best = self.held_value(held, held.whole.values[lowest]);
        let at = self.at(held.best_at());
        if self.stopped {
            let kept = self.at(held.whole.at[held.whole.len() - 1]);
            let last = self.held_value(held, held.whole.last());
            return format!("HEALTHY: early stopping kept {kept}: {name} {last}");
        }
        if lowest + 1 == held.whole.len() {
            return format!("HEALTHY: {name} is at its best at the end, {best} at {at}");
        }
        let last = self.held_value(held, held.whole.last());
        format!("HEALTHY: {name} {last} is near its best, {best} at {at}")
    }

    /// Validation jumps.
    pub fn noisy_words(&self, held: &Held) -> String {
        format!(
            "{} jumps by about {} from one {} to the next",
            self.held_name(held),
            percent(held.noise.jitter),
            row_word(self.curves.unit)
        )
    }

    /// The validation set is too small: when its luck hides a rise that would do harm.
    pub fn too_small_words(&self, held: &Held) -> Option<String> {
        let n = held.noise.sampling.known.counted()?;
        let (_, luck) = held.rise.error(&held.noise);
        let small = luck >= limit::HARM / super::rise::LIKELY_Z;
        if !small || held.rise.real >= limit::DECIDED {
            return None;
        }
        let tell = held.samples_that_tell(n);
        let tell = tell.map_or(String::new(), |n| format!("; about {} would tell", around(n)));
        Some(format!(
            "{} validation samples{} know a change of {} to ± {}{tell}",
            format::count(n),
            match held.noise.sampling.known {
                Known::Assumed(_) => ", as are assumed,",
                _ => "",
            },
            self.held_name(held),
            percent(1.96 * luck),
        ))
    }

    /// What is known of the validation set's size, where the run does not say it.
    pub fn size_note(&self, held: &Held) -> Option<String> {
        match held.noise.sampling.known {
            Known::Steps(n) => Some(format!(
                "by the steps of `{}` there are {} validation samples; if not, give --val-size N",
                column(self.curves.val_score.as_ref()),
                format::count(n)
            )),
            Known::Assumed(n) => Some(format!(
                "the size of the validation set is not known: {} samples are assumed; give \
                 --val-size N",
                format::count(n)
            )),
            _ => None,
        }
    }

    /// `UNDECIDED: validation loss 0.465 → 0.542 (+17 %) since epoch 4 may be luck: …`; `small`
    /// says so where the validation set is too small.
    pub fn open_headline(&self, held: &Held, small: Option<&str>) -> String {
        let why = small.map_or_else(|| self.doubt_words(held), str::to_owned);
        if held.rise.amount < limit::MARGIN {
            return format!("UNDECIDED: a rise may hide in the noise: {why}");
        }
        let best = held.whole.values[held.whole.lowest()];
        let since = held
            .rise
            .since
            .map_or(String::new(), |row| format!(" since {}", self.at(held.track.at[row])));
        let course = self.held_course(held, best, held.whole.last());
        format!("UNDECIDED: {course}{since} may be luck: {why}")
    }

    /// What hides a rise: jumps from row to row, or the luck of the validation set where that
    /// is the greater part.
    fn doubt_words(&self, held: &Held) -> String {
        let (all, luck) = held.rise.error(&held.noise);
        match held.noise.sampling.known.counted() {
            Some(n) if 2.0 * luck * luck > all * all => format!(
                "{} validation samples know such a change to ± {}",
                format::count(n),
                percent(1.96 * luck)
            ),
            _ => self.noisy_words(held),
        }
    }
}

/// A number of samples to two digits, rounded up.
fn around(n: usize) -> String {
    let step = 10usize.pow(n.max(1).ilog10().saturating_sub(1));
    format::count(n.div_ceil(step) * step)
}

/// What a file calls a column.
fn column(series: Option<&wellfit_runs::Series>) -> String {
    series.map_or_else(|| "score".to_owned(), |series| series.name.clone())
}

/// `88.9 %`.
fn accuracy(share: f64) -> String {
    format!("{} %", format::number(100.0 * share, 1))
}
