//! How the engine that `compile` gives is held against the slow twin.

use wellfit_nn::reference::Reference;
use wellfit_nn::*;

use super::fed::Fed;
use super::{Case, bits, run};

/// Below this distance from a ReLU's kink, rounding decides whether a unit is on
/// and gradients say nothing. (A sum of 200 products is off by about 1e-6.)
pub const MARGIN: f64 = 5e-6;

/// The largest difference between two states' parameters in units of
/// `1 + largest movement`, where movement is the difference to `start`.
fn distance(found: &State, wanted: &State, start: &State) -> f64 {
    let pairs = found.parameters.iter().zip(&wanted.parameters).zip(&start.parameters);
    let tensor = |((found, wanted), start): ((&Tensor, &Tensor), &Tensor)| {
        assert_eq!((&found.name, &found.shape), (&wanted.name, &wanted.shape));
        let largest = |a: &Tensor, b: &Tensor| {
            let pairs = a.data.iter().zip(&b.data);
            pairs.fold(0.0f64, |most, (a, b)| {
                let difference = f64::from((a - b).abs());
                if difference <= most { most } else { difference }
            })
        };
        largest(found, wanted) / (1.0 + largest(wanted, start))
    };
    pairs.map(tensor).fold(0.0, |a, b| if b <= a { a } else { b })
}

/// Trains the engine and the f64 twin alike and compares tallies and parameters.
/// Returns false where the run came too close to a kink to be compared.
pub fn follows_the_twin(case: &Case, epochs: &[&[u32]], lr: f64, tolerance: f64) -> bool {
    follows(case, epochs, (lr, false), tolerance, false)
}

/// As [`follows_the_twin`], but compares only where the twin in f32 is near the one in
/// f64: norms of values that hardly differ blow rounding errors up in any engine.
pub fn follows_where_calm(case: &Case, epochs: &[&[u32]], lr: f64, tolerance: f64) -> bool {
    follows(case, epochs, (lr, false), tolerance, true)
}

/// As [`follows_where_calm`], with samples as [`Fed`] gives them.
pub fn follows_fed(case: &Case, epochs: &[&[u32]], lr: f64, tolerance: f64) -> bool {
    follows(case, epochs, (lr, true), tolerance, true)
}

/// An epoch of a case, fed or not.
pub fn epoch(
    session: &mut dyn Session,
    data: DataId,
    case: &Case,
    order: &[u32],
    (lr, fed): (f64, bool),
) -> EpochTally {
    let feed = Fed::new(&case.samples, order, case.spec.batch_size);
    let feed: Option<&dyn Feed> = if fed { Some(&feed) } else { None };
    session.train_epoch(data, EpochRun { feed, ..run(order, lr) })
}

fn follows(
    case: &Case,
    epochs: &[&[u32]],
    (lr, fed): (f64, bool),
    tolerance: f64,
    where_calm: bool,
) -> bool {
    let Case { index, spec, samples } = case;
    let train = |session: &mut dyn Session| {
        let data = session.upload(samples).unwrap();
        let tallies = epochs.iter().map(|order| epoch(session, data, case, order, (lr, fed)));
        tallies.collect::<Vec<_>>()
    };
    let mut twin = Reference::<f64>::new(spec).unwrap();
    let start = twin.export();
    let expected = train(&mut twin);
    let wanted = twin.export();
    if where_calm {
        let mut single = Reference::<f32>::new(spec).unwrap();
        train(&mut single);
        if distance(&single.export(), &wanted, &start) > tolerance / 10.0 {
            return false;
        }
    }
    let mut engine = compile(spec, 1 + (index % 3) as usize).unwrap();
    assert_eq!(engine.export().parameters, start.parameters, "initial weights of {case:?}");
    let found = train(&mut *engine);
    if twin.margin() < MARGIN {
        return false;
    }
    for (found, wanted) in found.iter().zip(&expected) {
        assert_eq!((found.steps, found.end), (wanted.steps, wanted.end), "{spec:?}");
        let close = |a: f64, b: f64| (a - b).abs() <= tolerance * (1.0 + b.abs());
        assert!(close(found.loss, wanted.loss), "{found:?}, twin {wanted:?}, {spec:?}");
        assert!(close(found.penalty, wanted.penalty), "{found:?}, twin {wanted:?}, {spec:?}");
    }
    let found = engine.export();
    assert_eq!(found.step, wanted.step);
    let distance = distance(&found, &wanted, &start);
    assert!(distance <= tolerance, "case {index}: off by {distance}, {spec:?}");
    for (found, wanted) in found.sums.iter().flatten().zip(wanted.sums.iter().flatten()) {
        assert!((found - wanted).abs() <= tolerance * (1.0 + wanted), "{found}, twin {wanted}");
    }
    true
}

/// Compares over `cases`, of which half must be far enough from kinks to count.
pub fn all_follow(cases: impl Iterator<Item = u64>, mut compare: impl FnMut(u64) -> bool) {
    let results: Vec<bool> = cases.map(&mut compare).collect();
    let compared = results.iter().filter(|&&compared| compared).count();
    assert!(compared * 2 >= results.len(), "only {compared} of {} compared", results.len());
}

/// All that two epochs and an evaluation give, bit by bit.
pub fn outcome(engine: Box<dyn Session>, case: &Case) -> impl PartialEq + use<> {
    outcome_of(engine, case, false)
}

/// The same, fed or not.
pub fn outcome_of(mut engine: Box<dyn Session>, case: &Case, fed: bool) -> impl PartialEq + use<> {
    let data = engine.upload(&case.samples).unwrap();
    let tallies = [0, 1].map(|epoch| {
        let tally = self::epoch(&mut *engine, data, case, &case.order(epoch), (0.01, fed));
        (tally.loss.to_bits(), tally.penalty.to_bits(), tally.steps, tally.end)
    });
    let evaluation = engine.evaluate(data);
    let losses: Vec<u32> = evaluation.losses.iter().map(|l| l.to_bits()).collect();
    let whole = [evaluation.loss, evaluation.score].map(f64::to_bits);
    (tallies, bits(&engine.export()), losses, whole, evaluation.scores)
}

/// Asserts that 1, 2, 3 and 8 threads give the same [`outcome`].
pub fn same_bits_at_any_number_of_threads(cases: &[Case]) {
    for case in cases {
        let [one, more @ ..] =
            [1, 2, 3, 8].map(|threads| outcome(compile(&case.spec, threads).unwrap(), case));
        for (threads, more) in [2, 3, 8].iter().zip(more) {
            assert!(one == more, "1 and {threads} threads differ: {:?}", case.spec);
        }
    }
}

/// Asserts that all instruction sets of this machine give the same [`outcome`].
pub fn same_bits_on_every_instruction_set(cases: &[Case]) {
    let sets: Vec<&str> = instruction_sets().collect();
    println!("compared: {}", sets.join(", "));
    for case in cases {
        let train = |set: &str| outcome(compile_on(set, &case.spec, 2).unwrap(), case);
        let best = train(sets[0]);
        for set in &sets[1..] {
            assert!(best == train(set), "{} and {set} differ: {:?}", sets[0], case.spec);
        }
    }
}

/// How far `found` is from `wanted`, as a share of the whole movement from `start`.
pub fn share_of_movement(found: &State, wanted: &State, start: &State) -> f64 {
    let (mut moved, mut off) = (0.0, 0.0);
    for ((found, wanted), start) in
        found.parameters.iter().zip(&wanted.parameters).zip(&start.parameters)
    {
        for ((f, w), s) in found.data.iter().zip(&wanted.data).zip(&start.data) {
            moved += f64::from(w - s).powi(2);
            off += f64::from(f - w).powi(2);
        }
    }
    (off / moved).sqrt()
}
