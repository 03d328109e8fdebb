//! Twins of a run, and what each costs on a large fresh sample.

use serde::{Deserialize, Serialize};
use wellfit::data::Splits;
use wellfit::model::Tensor;
use wellfit::plan::Plan;
use wellfit::record::Record;
use wellfit::remedy::Call;
use wellfit::stats::Sample;
use wellfit::{Dataset, TrainOptions, Trained, evaluate, train};

use super::case::Case;
use crate::results::{Failure, mean};
use crate::source::splits;

/// A run with what it and its twins cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The run as a judge sees it.
    pub record: Record,
    /// The loss of guessing: of the shares of the classes, or of the mean, of the training
    /// samples, on fresh ones.
    pub guessing: f64,
    /// The run's loss on its training samples; `None` if it is not finite.
    pub train: Option<f64>,
    /// The run's loss on fresh samples; `None` if it is not finite.
    pub fresh: Option<f64>,
    /// Its twins.
    pub twins: Vec<Twin>,
}

/// What became of a run when one thing about it was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Twin {
    /// What was changed.
    pub change: String,
    /// What the change is against.
    pub against: Against,
    /// The run's training loss − the twin's; on the run's training samples.
    pub train_gain: f64,
    /// How much less it costs on the first fresh sample, by which the best twin is picked.
    pub picked_by: f64,
    /// How much less it costs on the second one.
    pub gain: f64,
    /// Standard error of that.
    pub error: f64,
    /// Standard deviation of the difference of a single sample.
    pub spread: f64,
}

/// Twins that tell whether a run diverged.
pub const LOWER_RATES: [&str; 2] = ["a tenth of the rate", "a thousandth of the rate"];

/// What a change would mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// A remedy, an earlier stop, more data.
    Overfitting,
    /// A larger network, longer training, another rate, less restraint.
    Underfitting,
}

/// Two fresh samples.
struct Fresh {
    to_pick: Dataset,
    to_measure: Dataset,
}

/// Trains a case and its twins.
pub fn measure(case: &Case, samples: usize) -> Result<Measured, Failure> {
    let (plan, source) = (case.plan(), &case.source);
    let train_set = source.draw(0, case.train);
    let fresh = Fresh { to_pick: source.draw(2, samples / 4), to_measure: source.draw(3, samples) };
    let validation = Some(source.draw(1, case.validation));
    let record = run(&plan, &splits(train_set.clone(), validation))?.record;

    let alone = splits(train_set.clone(), None);
    let parts = splits(train_set.clone(), Some(fresh.to_pick.clone()));
    let own = run(&plan, &parts)?;
    let scales = Scales { plan: &plan, parts: &parts, fresh: &fresh };
    let own_losses = scales.of(&plan, &own.last)?;
    let finite = |loss: f64| Some(loss).filter(|loss| loss.is_finite());
    let mut twins = Vec::new();
    let mut add = |change: &str, against, losses: Losses| {
        twins.extend(twin(change, against, &own_losses, &losses));
    };

    if !own.best.is_empty() {
        add("an earlier stop", Against::Overfitting, scales.of(&plan, &own.best)?);
    }
    // A remedy takes the place of a weaker one; in the place of a stronger one it is none.
    let remedies = [
        ("dropout(0.2)", case.dropout < 0.2),
        ("dropout(0.5)", case.dropout < 0.5),
        ("l2(1e-3)", case.l2 < 1e-3),
        ("l2(1e-2)", case.l2 < 1e-2),
    ];
    for (remedy, _) in remedies.into_iter().filter(|(_, stronger)| *stronger) {
        let twin = remedy.parse::<Call>()?.apply(&plan)?;
        let trained = run(&twin, &alone)?;
        add(remedy, Against::Overfitting, scales.of(&twin, &trained.last)?);
    }
    let narrow = Case { width: (case.width / 4).max(2), ..case.clone() }.plan();
    let trained = run(&narrow, &alone)?;
    add("a quarter of the width", Against::Overfitting, scales.of(&narrow, &trained.last)?);
    // Twice the samples, half the epochs: as many steps.
    let mut fewer = plan.clone();
    fewer.train.epochs = case.epochs.div_ceil(2);
    let more = splits(source.draw(0, 2 * case.train), None);
    let trained = run(&fewer, &more)?;
    add("twice the data", Against::Overfitting, scales.of(&plan, &trained.last)?);

    let wide = |case: &Case| Case { width: 4 * case.width.max(4), ..case.clone() };
    let free = |case: &Case| Case { dropout: 0.0, l2: 0.0, ..case.clone() };
    let longer = |case: &Case| Case { epochs: 3 * case.epochs, ..case.clone() };
    let rate = |case: &Case, by: f64| Case { lr: by * case.lr, ..case.clone() };
    let restrained = case.dropout > 0.0 || case.l2 > 0.0;
    let changed = [
        Some(("four times the width", wide(case))),
        Some(("three times as long", longer(case))),
        Some(("five times the rate", rate(case, 5.0))),
        Some((LOWER_RATES[0], rate(case, 0.1))),
        Some((LOWER_RATES[1], rate(case, 1e-3))),
        restrained.then(|| ("no restraint", free(case))),
    ];
    for (change, case) in changed.into_iter().flatten() {
        let twin = case.plan();
        let trained = run(&twin, &parts)?;
        if !trained.best.is_empty() {
            add(change, Against::Underfitting, scales.of(&twin, &trained.best)?);
        }
    }
    Ok(Measured {
        record,
        guessing: guessing(&train_set, &fresh.to_measure),
        train: finite(own_losses.train),
        fresh: finite(mean(own_losses.measured.iter().copied())),
        twins,
    })
}

fn run(plan: &Plan, parts: &Splits) -> Result<Trained, Failure> {
    Ok(train(plan, parts, TrainOptions { threads: &|| 1, ..TrainOptions::default() })?)
}

/// What a network costs.
struct Losses {
    train: f64,
    picked_by: f64,
    measured: Vec<f64>,
}

/// What networks are measured on.
struct Scales<'a> {
    plan: &'a Plan,
    parts: &'a Splits,
    fresh: &'a Fresh,
}

impl Scales<'_> {
    fn of(&self, plan: &Plan, weights: &[Tensor]) -> Result<Losses, Failure> {
        // Penalties, rates and dropout do not matter to an evaluation; layers do.
        let mut plan = plan.clone();
        plan.train.loss.clone_from(&self.plan.train.loss);
        let on = |set: &Dataset| evaluate(&plan, weights, self.parts, set, 1);
        let train = on(&self.parts.train)?.loss;
        let picked_by = on(&self.fresh.to_pick)?.loss;
        let measured = on(&self.fresh.to_measure)?.losses;
        Ok(Losses { train, picked_by, measured: measured.into_iter().map(f64::from).collect() })
    }
}

/// `None` where the twin's own losses are not finite. Where the run's are not, everything
/// that is finite gains.
fn twin(change: &str, against: Against, own: &Losses, other: &Losses) -> Option<Twin> {
    let differences = own.measured.iter().zip(&other.measured).map(|(own, twin)| own - twin);
    let found = Twin {
        change: change.to_owned(),
        against,
        train_gain: own.train - other.train,
        picked_by: own.picked_by - other.picked_by,
        gain: 0.0,
        error: 0.0,
        spread: 0.0,
    };
    let sample = Sample::new(differences.collect()).ok()?;
    let finite = found.train_gain.is_finite() && found.picked_by.is_finite();
    let (error, spread) = (sample.standard_error()?, sample.std()?);
    finite.then_some(Twin { gain: sample.mean(), error, spread, ..found })
}

/// What is lost on fresh samples without looking at their inputs.
fn guessing(train: &Dataset, fresh: &Dataset) -> f64 {
    match fresh.targets() {
        wellfit::data::Targets::Classes { labels, .. } => {
            let counts = train.class_counts();
            // One more of each class, so that none is impossible.
            let n = (train.len() + counts.len()) as f64;
            mean(labels.iter().map(|&label| -((counts[label as usize] + 1) as f64 / n).ln()))
        }
        wellfit::data::Targets::Numbers { values, .. } => {
            let wellfit::data::Targets::Numbers { values: seen, .. } = train.targets() else {
                return f64::NAN;
            };
            let centre = mean(seen.iter().map(|&value| f64::from(value)));
            mean(values.iter().map(|&value| (f64::from(value) - centre).powi(2)))
        }
    }
}
