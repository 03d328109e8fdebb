//! The figures that a run is compared by, or how it was lost.

use wellfit_runs::{Curves, SamplePair, ScoreKind, Series};
use wellfit_study::{JudgeAt, WORSE_THAN_GUESSING};

use super::{Entry, Measure, Primary};

/// A run's figures; NaN: not measured.
pub(super) struct Figures {
    /// The measure at the judged row.
    pub primary: f64,
    /// The measure at the other one of best and last.
    pub elsewhere: f64,
    /// The other held-out figure at the judged row.
    pub companion: f64,
    /// How much better training is than validation at the last row that has both.
    pub gap: f64,
    /// Where the judged row stands.
    pub judged_at: f64,
    /// The validation samples' own losses there, where the measure is their mean.
    pub samples: Option<Vec<f64>>,
}

/// What a run came to.
pub(super) enum Outcome {
    /// It has figures.
    Ended(Figures),
    /// Its loss was NaN or infinite, or ended where nothing was learned.
    Diverged,
    /// It was interrupted or failed: what happened.
    Unfinished(String),
}

impl Outcome {
    pub fn ended(&self) -> Option<&Figures> {
        match self {
            Outcome::Ended(figures) => Some(figures),
            _ => None,
        }
    }

    pub fn has_diverged(&self) -> bool {
        matches!(self, Outcome::Diverged)
    }
}

/// A figure of runs: what it is called and where it stands.
pub(super) struct Figure {
    pub key: &'static str,
    pub words: String,
    pub rises: bool,
    pub share: bool,
    pub of: fn(&Figures) -> f64,
}

/// Measures every run alike.
pub(super) struct Ruler {
    pub measure: Measure,
    companion: Option<Measure>,
    at: JudgeAt,
    gap: Option<Gap>,
}

/// What a gap is one of.
#[derive(Clone, Copy, PartialEq)]
enum Gap {
    /// Training score − validation score, which rise.
    Scores,
    /// Validation loss − training loss.
    Losses,
}

impl Ruler {
    pub fn of(a: &[Entry], b: &[Entry], measure: &Measure, at: JudgeAt) -> Ruler {
        let all: Vec<&Entry> = a.iter().chain(b).collect();
        let companion = measure.companion(&all);
        let has_loss = |m: &Measure| m.primary() == Primary::Loss;
        // Losses that cannot be compared have no gaps that can.
        let losses = has_loss(measure) || companion.as_ref().is_some_and(has_loss);
        let in_all = |columns: fn(&Curves) -> [&Option<Series>; 2]| {
            all.iter().all(|entry| columns(&entry.curves).iter().all(|column| column.is_some()))
        };
        let kind = all.first().map(|entry| entry.curves.score);
        let rises = matches!(kind, Some(ScoreKind::Accuracy | ScoreKind::Rises))
            && all.iter().all(|entry| Some(entry.curves.score) == kind);
        let gap = if rises && in_all(|c| [&c.train_score, &c.val_score]) {
            Some(Gap::Scores)
        } else {
            (losses && in_all(|c| [&c.train_loss, &c.val_loss])).then_some(Gap::Losses)
        };
        Ruler { measure: measure.clone(), companion, at, gap }
    }

    /// What is compared, the measure first.
    pub fn figures(&self) -> Vec<Figure> {
        let elsewhere = crate::arms::elsewhere(self.at);
        let figure = |measure: &Measure, at: JudgeAt, of| Figure {
            key: key(measure.primary(), at),
            words: match at {
                at if at == self.at => measure.to_string(),
                JudgeAt::Best => format!("{measure}, best epoch"),
                JudgeAt::Last => format!("{measure}, last epoch"),
            },
            rises: measure.higher_is_better(),
            share: measure.is_share(),
            of,
        };
        let share = [Some(&self.measure), self.companion.as_ref()];
        let share = share.into_iter().flatten().any(Measure::is_share);
        let gap = self.gap.map(|gap| Figure {
            key: "gap",
            words: match (gap, share) {
                (Gap::Losses, _) => "gap in loss, last epoch".to_owned(),
                (Gap::Scores, true) => "gap in accuracy, last epoch".to_owned(),
                (Gap::Scores, false) => "gap in score, last epoch".to_owned(),
            },
            rises: false,
            share: gap == Gap::Scores && share,
            of: |figures| figures.gap,
        });
        let companion = self.companion.as_ref();
        [Some(figure(&self.measure, self.at, |figures| figures.primary))]
            .into_iter()
            .chain([companion.map(|other| figure(other, self.at, |figures| figures.companion))])
            .chain([Some(figure(&self.measure, elsewhere, |figures| figures.elsewhere))])
            .chain([gap])
            .flatten()
            .collect()
    }

    /// What a run came to.
    pub fn outcome(&self, entry: &Entry) -> Outcome {
        let curves = &entry.curves;
        if let Some(what) = &entry.unfinished {
            return Outcome::Unfinished(what.clone());
        }
        let held = self.measure.series(curves);
        if curves.diverged_at.is_some()
            || [held, curves.train_loss.as_ref()].into_iter().flatten().any(ends_not_finite)
            || has_exploded(curves)
        {
            return Outcome::Diverged;
        }
        let rows = held.and_then(|held| Some((held, self.best(entry, held)?, last(held)?)));
        let Some((held, best, last)) = rows else {
            return Outcome::Unfinished("without a held-out figure".to_owned());
        };
        let (judged, other) = match self.at {
            JudgeAt::Best => (best, last),
            JudgeAt::Last => (last, best),
        };
        let value = |series: &Series, row: usize| series.values[row].unwrap_or(f64::NAN);
        let companion = self.companion.as_ref().and_then(|measure| measure.series(curves));
        let (primary, judged_at) = (value(held, judged), curves.at[judged]);
        Outcome::Ended(Figures {
            primary,
            elsewhere: value(held, other),
            companion: companion.map_or(f64::NAN, |series| value(series, judged)),
            gap: self.gap(curves).unwrap_or(f64::NAN),
            judged_at,
            samples: curves.samples.as_ref().and_then(|pair| samples(pair, judged_at, primary)),
        })
    }

    /// The row that was kept; the best by the measure, the earliest of equals, where the run
    /// does not say.
    fn best(&self, entry: &Entry, held: &Series) -> Option<usize> {
        let rows = || {
            let values = held.values.iter().enumerate();
            values.filter_map(|(row, value)| Some((row, value.filter(|value| value.is_finite())?)))
        };
        let sign = if self.measure.higher_is_better() { -1.0 } else { 1.0 };
        let kept = rows().find(|(row, _)| entry.kept == Some(entry.curves.at[*row]));
        let best = || rows().min_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1)));
        kept.or_else(best).map(|(row, _)| row)
    }

    fn gap(&self, curves: &Curves) -> Option<f64> {
        let (better, worse) = match self.gap? {
            Gap::Scores => (curves.train_score.as_ref()?, curves.val_score.as_ref()?),
            Gap::Losses => (curves.val_loss.as_ref()?, curves.train_loss.as_ref()?),
        };
        let both = better.values.iter().zip(&worse.values).rev();
        both.filter_map(|(better, worse)| Some((*better)? - (*worse)?)).next()
    }
}

/// As `results.json` calls it: best or, without a word, last.
fn key(primary: Primary, at: JudgeAt) -> &'static str {
    match (primary, at) {
        (Primary::Loss, JudgeAt::Best) => "best_val_loss",
        (Primary::Loss, JudgeAt::Last) => "val_loss",
        (Primary::Score, JudgeAt::Best) => "best_val_score",
        (Primary::Score, JudgeAt::Last) => "val_score",
    }
}

/// The last row with a value.
fn last(series: &Series) -> Option<usize> {
    series.values.iter().rposition(Option::is_some)
}

fn ends_not_finite(series: &Series) -> bool {
    last(series).and_then(|row| series.values[row]).is_some_and(|value| !value.is_finite())
}

/// A loss that ends at this many times its first value is none that was trained to.
const EXPLODED: f64 = 10.0;

/// Whether a run exploded though its losses stayed numbers: training loss ends worse than
/// that of guessing among its classes, as in a study; or, where classes are not known, far
/// above its first value. Without a training loss it goes by the held-out one.
fn has_exploded(curves: &Curves) -> bool {
    let Some(loss) = curves.train_loss.as_ref().or(curves.val_loss.as_ref()) else { return false };
    let there: Vec<f64> = loss.values.iter().copied().flatten().collect();
    let [first, .., last] = there.as_slice() else { return false };
    match curves.classes.filter(|&classes| classes > 1 && curves.train_loss.is_some()) {
        Some(classes) => *last > WORSE_THAN_GUESSING * (classes as f64).ln(),
        None => *first > 0.0 && *last > EXPLODED * first,
    }
}

/// A loss that is the mean of its samples is so to this share.
const ROUNDING: f64 = 1e-3;

/// The samples' losses at a row, if it is theirs and the figure there is their mean.
fn samples(pair: &SamplePair, at: f64, mean: f64) -> Option<Vec<f64>> {
    let ends = [(pair.best_at, &pair.best), (pair.last_at, &pair.last)];
    let (_, losses) = ends.into_iter().find(|(row, _)| *row == at)?;
    let losses: Vec<f64> = losses.iter().map(|&loss| f64::from(loss)).collect();
    let theirs = losses.iter().sum::<f64>() / losses.len() as f64;
    ((theirs - mean).abs() <= ROUNDING * mean.abs()).then_some(losses)
}
