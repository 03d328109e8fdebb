//! What a reader must know before trusting a comparison, gravest first.

use std::collections::BTreeSet;

use wellfit_data::Holdout;
use wellfit_runs::TrainMeasure;
use wellfit_stats::{Estimate, two_way};
use wellfit_train::Plan;

use super::{Both, Comparison, Entry, Pairing, Side, words};
use crate::doubts;
use crate::words::{COVERS_FOLDS, listed, plural};

pub(super) fn notes(comparison: &Comparison, both: &Both, measure: Option<String>) -> Vec<String> {
    let sides = || both.sides.iter().zip(['A', 'B']);
    let mut all = Vec::new();
    all.extend(no_interval(comparison));
    all.extend(sides().filter_map(|(side, name)| lost(side, name)));
    all.extend(measure);
    all.extend(same(comparison));
    all.extend(sides().filter_map(|(side, name)| mixed(side, name)));
    all.extend(other_data(both));
    all.extend(without_partner(both));
    all.extend(data_chance(comparison, both));
    all.extend(uneven(comparison));
    all.extend(training_mode(comparison, both));
    all.extend(covers(comparison));
    all.extend(of_reading(both));
    all
}

fn no_interval(comparison: &Comparison) -> Option<String> {
    let difference = &comparison.primary().difference;
    (difference.is_known() && !difference.has_interval()).then(|| {
        let no_interval = doubts::NO_INTERVAL;
        format!("one run on a side gives {no_interval}: train it again with other seeds")
    })
}

fn lost(side: &Side, name: char) -> Option<String> {
    let lost = words::lost(side);
    let all = plural(side.entries.len(), "run");
    (!lost.is_empty()).then(|| {
        let (n, what) = (lost.len(), listed(lost));
        format!("{name}: {n} of {all} lost: {what}; its figures are those of the others")
    })
}

/// Whether every difference is exactly none.
fn same(comparison: &Comparison) -> Option<String> {
    let none = |e: &Estimate| e.n > 1 && e.mean == 0.0 && e.error == 0.0;
    let all = comparison.compared.iter().all(|figure| none(&figure.difference));
    all.then(|| {
        "both sides have the same figures: what differs between them does nothing".to_owned()
    })
}

/// Whether a side's runs are known to be of different plans.
fn mixed(side: &Side, name: char) -> Option<String> {
    let plans: Vec<&Plan> = side.entries.iter().filter_map(|entry| entry.plan.as_ref()).collect();
    let differ = plans.windows(2).any(|pair| pair[0] != pair[1]);
    differ.then(|| {
        format!("{name}: its runs have different plans, so its spread is more than that of chance")
    })
}

/// What a plan says of the data that it is validated on.
type Data<'a> = (&'a str, Option<&'a Holdout>, u64);

fn data(entry: &Entry) -> Option<Data<'_>> {
    let data = &entry.plan.as_ref()?.data;
    Some((&data.source, data.validation.as_ref(), data.split_seed))
}

/// Whether the plans say that the sides were validated on different data.
fn other_data(both: &Both) -> Option<String> {
    let [a, b]: [Vec<Data>; 2] =
        [0, 1].map(|side| both.sides[side].entries.iter().filter_map(data).collect());
    let lacks = |some: &[Data], others: &[Data]| some.iter().any(|data| !others.contains(data));
    let known = !a.is_empty() && !b.is_empty();
    (known && (lacks(&a, &b) || lacks(&b, &a))).then(|| {
        "the plans say that A and B were validated on different data: part of the difference may \
         be the data's"
            .to_owned()
    })
}

/// The runs that no run of the other side belongs to.
fn without_partner(both: &Both) -> Option<String> {
    if *both.pairing == Pairing::None {
        return None;
    }
    let pairs = both.pairing.pairs();
    let names = |side: usize| {
        let paired = move |i: usize| {
            pairs.iter().any(|pair| if side == 0 { pair.0 == i } else { pair.1 == i })
        };
        let entries = both.sides[side].entries.iter().enumerate();
        entries.filter(move |(i, _)| !paired(*i)).map(|(_, entry)| entry.curves.name.clone())
    };
    let left: Vec<String> = names(0).chain(names(1)).collect();
    (!left.is_empty())
        .then(|| format!("left out, as the other side has no run of their seed: {}", listed(left)))
}

/// Whether the interval is clear of zero, and the one over the validation samples, too, is
/// not.
fn data_chance(comparison: &Comparison, both: &Both) -> Option<String> {
    let by_pair: Option<Vec<Vec<f64>>> = both
        .pairs()
        .map(|(a, b)| {
            let (ours, theirs) = (a.samples.as_ref()?, b.samples.as_ref()?);
            let differences = || ours.iter().zip(theirs).map(|(a, b)| a - b).collect();
            (ours.len() == theirs.len()).then(differences)
        })
        .collect();
    if matches!(comparison.pairing, Pairing::Folds { .. }) || other_data(both).is_some() {
        return None;
    }
    let primary = comparison.primary();
    doubts::data_chance(&primary.difference, &two_way(&by_pair?)?, primary.share)
}

fn uneven(comparison: &Comparison) -> Option<String> {
    let (primary, tests) = (comparison.primary(), &comparison.tests);
    doubts::uneven(
        comparison.judgement,
        &primary.difference,
        tests.bootstrap,
        tests.sign_flip_p,
        primary.share,
    )
}

/// Whether a gap is compared whose training figures are not those of the finished network.
fn training_mode(comparison: &Comparison, both: &Both) -> Option<String> {
    let entries = || both.sides.iter().flat_map(|side| side.entries);
    let training = entries().any(|entry| entry.curves.train_measure == TrainMeasure::Training);
    let gap = comparison.compared.iter().any(|figure| figure.key == "gap");
    (training && gap).then(|| {
        "training figures were measured while training (dropout on, weights still changing, \
         perhaps with a penalty): a smaller gap may be the measurement's"
            .to_owned()
    })
}

fn covers(comparison: &Comparison) -> Option<String> {
    let covers = match comparison.pairing {
        Pairing::Seeds { .. } | Pairing::Order { .. } => {
            "the chance of training, pair by pair; not that of the validation set"
        }
        Pairing::Folds { .. } => COVERS_FOLDS,
        Pairing::None => {
            "the chance of training, not that of the validation set; runs are not paired (Welch): \
             runs of the same seeds on both sides, or --paired where they belong together in their \
             order, give narrower ones"
        }
    };
    comparison.primary().difference.has_interval().then(|| doubts::covers(covers))
}

/// What the readers of the runs said; once, where they said it of all.
fn of_reading(both: &Both) -> Vec<String> {
    let entries: Vec<&Entry> = both.sides.iter().flat_map(|side| side.entries).collect();
    let in_all = |note: &String| entries.iter().all(|entry| entry.curves.notes.contains(note));
    let mut seen = BTreeSet::new();
    entries
        .iter()
        .filter(|entry| entry.unfinished.is_none())
        .flat_map(|entry| entry.curves.notes.iter().map(|note| (&entry.curves.name, note)))
        .map(|(name, note)| if in_all(note) { note.clone() } else { format!("{name}: {note}") })
        .filter(|note| seen.insert(note.clone()))
        .collect()
}
