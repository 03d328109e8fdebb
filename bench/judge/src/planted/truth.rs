//! What a run is, by what its twins cost.

use wellfit::findings::verdict::Kind;
use wellfit::record::RunState;

use super::Planted;
use super::twins::{Against, LOWER_RATES, Measured, Twin};

/// A twin is better when it costs less by more than this share of the run's loss, and
const MARGIN: f64 = 0.05;
/// by more than this share of what guessing costs: below that there is nothing to win.
const WORTH: f64 = 0.01;
/// By so many standard errors, one-sided 0.5 %.
const CLEAR: f64 = 2.576;
/// Training data are fitted when they cost less than this share of what guessing costs.
const FITTED: f64 = 0.1;
/// A run diverged when it ends with a training loss above this many times guessing's and a
/// lower rate fits the training data better by as much, or
const WORSE_THAN_GUESSING: f64 = 1.1;
/// with a loss on fresh samples above so many times guessing's.
const FAR_WORSE: f64 = 10.0;
/// Validation samples are too few where the effect is below so many of its standard errors.
const TELLS: f64 = 2.0;

/// What a run is, and why.
pub struct Truth {
    /// The truth; `undecided`: nobody could tell from so few validation samples.
    pub kind: Kind,
    /// What would have been better, and by how much.
    pub cure: Option<Twin>,
    /// What counts as better, in the loss's unit.
    pub margin: f64,
    /// The standard error that the validation set gives the effect.
    pub error: f64,
}

/// The truth of a run.
pub fn truth(run: &Planted) -> Truth {
    let Measured { record, guessing, train, fresh, twins } = &run.measured;
    let diverged = |cure| Truth { kind: Kind::Diverged, cure, margin: 0.0, error: 0.0 };
    let (Some(train), Some(fresh), false) =
        (*train, *fresh, matches!(record.state, RunState::Diverged { .. }))
    else {
        return diverged(None);
    };
    let margin = (MARGIN * fresh).max(WORTH * guessing);
    let best = |fits: &dyn Fn(&Twin) -> bool| {
        let fitting = twins.iter().filter(|twin| fits(twin));
        let best = fitting.max_by(|a, b| a.picked_by.total_cmp(&b.picked_by));
        best.filter(|twin| twin.gain - CLEAR * twin.error > margin).cloned()
    };
    let over = best(&|twin| twin.against == Against::Overfitting);
    let learns_more = |twin: &Twin| twin.train_gain > MARGIN * train;
    let under = best(&|twin| twin.against == Against::Underfitting && learns_more(twin))
        .filter(|_| train > FITTED * guessing);
    let calmer = |twin: &&Twin| {
        let lower = LOWER_RATES.contains(&twin.change.as_str());
        lower && twin.train_gain > (WORSE_THAN_GUESSING - 1.0) * guessing
    };
    let calmer = twins.iter().find(calmer).cloned();
    if fresh > FAR_WORSE * guessing || train > WORSE_THAN_GUESSING * guessing && calmer.is_some() {
        return diverged(calmer);
    }
    let gain = |twin: &Option<Twin>| twin.as_ref().map_or(0.0, |twin| twin.gain);
    let (kind, cure) = match gain(&over) >= gain(&under) {
        true if over.is_some() => (Kind::Overfit, over),
        false => (Kind::Underfit, under),
        true => (Kind::Healthy, None),
    };
    // What underfits does so on the training data, too.
    let seen = if kind == Kind::Underfit { run.case.train } else { 0 };
    let root = ((run.case.validation + seen) as f64).sqrt();
    let error = match &cure {
        Some(twin) => twin.spread / root,
        None => median_spread(twins) / root,
    };
    // Where nothing is better, what has to be excluded is an effect of twice the margin.
    let effect = cure.as_ref().map_or(2.0 * margin, |twin| twin.gain);
    let kind = if TELLS * error > effect { Kind::Undecided } else { kind };
    Truth { kind, cure, margin, error }
}

/// The usual spread of a sample's difference between the run and a cure for overfitting.
fn median_spread(twins: &[Twin]) -> f64 {
    let cures = twins.iter().filter(|twin| twin.against == Against::Overfitting);
    let mut spreads: Vec<f64> = cures.map(|twin| twin.spread).collect();
    spreads.sort_by(f64::total_cmp);
    spreads.get(spreads.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use wellfit::record::Record;

    use super::super::case::Case;
    use super::*;

    fn twin(against: Against, gain: f64, train_gain: f64) -> Twin {
        let change = "a change".into();
        Twin { change, against, train_gain, picked_by: gain, gain, error: 0.001, spread: 0.3 }
    }

    /// A run that costs 0.5 on its training samples, 0.6 on fresh ones, and 1 when it guesses.
    fn run(validation: usize, twins: Vec<Twin>) -> Planted {
        let case = Case { validation, ..Case::new(0) };
        let record = Record::failed(&case.plan(), "baseline", None, String::new());
        let record = Record { state: RunState::Complete, ..record };
        let (train, fresh) = (Some(0.5), Some(0.6));
        Planted { case, measured: Measured { record, guessing: 1.0, train, fresh, twins } }
    }

    fn kind(validation: usize, twins: Vec<Twin>) -> Kind {
        truth(&run(validation, twins)).kind
    }

    #[test]
    fn a_run_is_what_its_best_twin_says() {
        let over = twin(Against::Overfitting, 0.2, -0.3);
        let under = twin(Against::Underfitting, 0.1, 0.1);
        assert_eq!(kind(1000, vec![over.clone()]), Kind::Overfit);
        assert_eq!(kind(1000, vec![under.clone()]), Kind::Underfit);
        assert_eq!(kind(1000, vec![over.clone(), under.clone()]), Kind::Overfit);
        let more = twin(Against::Underfitting, 0.3, 0.1);
        assert_eq!(kind(1000, vec![over, more]), Kind::Underfit);
        // 5 % of 0.6, clear of 2.6 standard errors.
        assert_eq!(kind(1000, vec![twin(Against::Overfitting, 0.032, 0.0)]), Kind::Healthy);
        assert_eq!(kind(1000, vec![twin(Against::Overfitting, 0.034, 0.0)]), Kind::Overfit);
    }

    #[test]
    fn a_twin_that_learns_no_more_is_no_sign_of_underfitting() {
        let twins =
            vec![twin(Against::Underfitting, 0.3, -0.1), twin(Against::Overfitting, 0.0, 0.0)];
        assert_eq!(kind(1000, twins.clone()), Kind::Healthy);
        let mut fitted = run(1000, vec![twin(Against::Underfitting, 0.3, 0.05)]);
        fitted.measured.train = Some(0.09);
        fitted.measured.twins.extend(twins);
        assert_eq!(truth(&fitted).kind, Kind::Healthy);
    }

    #[test]
    fn too_few_validation_samples_leave_it_open() {
        let effect = |gain| vec![twin(Against::Overfitting, gain, 0.0)];
        // Of underfitting the training samples tell, too.
        assert_eq!(kind(8, vec![twin(Against::Underfitting, 0.1, 0.1)]), Kind::Underfit);
        // 2·0.3/√m against the effect, or against twice the margin of 0.03.
        assert_eq!((kind(8, effect(0.2)), kind(10, effect(0.2))), (Kind::Undecided, Kind::Overfit));
        assert_eq!(
            (kind(99, effect(0.0)), kind(101, effect(0.0))),
            (Kind::Undecided, Kind::Healthy)
        );
    }

    #[test]
    fn what_is_not_finite_or_worse_than_guessing_diverged() {
        let mut lost = run(1000, Vec::new());
        lost.measured.fresh = None;
        assert_eq!(truth(&lost).kind, Kind::Diverged);
        let slow = twin(Against::Underfitting, 2.0, 1.5);
        let calm = Twin { change: LOWER_RATES[0].into(), ..slow.clone() };
        let far = |twin, fresh| {
            let mut far = run(1000, vec![twin]);
            (far.measured.train, far.measured.fresh) = (Some(2.0), Some(fresh));
            truth(&far).kind
        };
        assert_eq!((far(calm, 2.5), far(slow.clone(), 2.5)), (Kind::Diverged, Kind::Underfit));
        assert_eq!(far(slow, 10.5), Kind::Diverged);
    }
}
