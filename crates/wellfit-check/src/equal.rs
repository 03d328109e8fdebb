//! Samples with the very same features: leaks, repeats, contradictions.

use crate::effort::{Draw, drawn, key};
use wellfit_data::{Holdout, Task};
use wellfit_stats::format::count as thousands;

use crate::finding::{EXAMPLES, Example, Finding, Kind, Level, Which, percent};
use crate::parts::Parts;
use crate::profile::Profile;
use crate::thresholds::{BY_CHANCE, CONFLICT_SPREAD, CONFLICTS, LEAK, LEAK_MEANINGLESS, REPEATS};
use crate::{Effort, Looked};

/// What was found, and which samples are the first of their kind.
pub(crate) struct Equal {
    pub findings: Vec<Finding>,
    pub looked: Looked,
    /// One sample of each that are equal, as (part, sample), in the parts' order.
    pub distinct: Vec<(usize, u32)>,
}

/// What is counted of a part.
#[derive(Default)]
struct Count {
    samples: usize,
    examples: Vec<Example>,
}

impl Count {
    fn add(&mut self, samples: usize, example: impl FnOnce() -> Example) {
        self.samples += samples;
        if samples > 0 && self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }
}

/// Compares all samples, or as many as the effort allows, by a hash and then truly.
pub(crate) fn equal(parts: &Parts<'_>, profiles: &[Profile], effort: Effort) -> Equal {
    let looked = rows(parts, effort);
    let mut hashed: Vec<(u64, u32, u32)> = Vec::with_capacity(looked.iter().map(Vec::len).sum());
    for ((at, part), samples) in parts.parts.iter().enumerate().zip(&looked) {
        let hashes = part.hashes(samples);
        hashed.extend(hashes.into_iter().zip(samples).map(|(hash, &s)| (hash, at as u32, s)));
    }
    hashed.sort_unstable();

    let count = parts.parts.len();
    // By part, those that are in training; of the last pair, test samples that are in validation.
    let mut leaks: Vec<Count> = (0..count).map(|_| Count::default()).collect();
    let mut between = Count::default();
    let (mut repeats, mut conflicts) = (Count::default(), Count::default());
    let mut distinct = Vec::new();
    let spread = target_spread(parts, &looked[0]);
    for group in hashed.chunk_by(|a, b| a.0 == b.0) {
        let &(_, first_part, first) = &group[0];
        distinct.push((first_part as usize, first));
        if group.len() == 1 {
            continue;
        }
        let same = |&&(_, part, sample): &&(u64, u32, u32)| {
            parts.parts[part as usize].equals(sample, &parts.parts[first_part as usize], first)
        };
        let mut members: Vec<(Vec<u32>, usize, u32)> = group
            .iter()
            .filter(same)
            .map(|&(_, part, sample)| {
                (parts.parts[part as usize].target_bits(sample), part as usize, sample)
            })
            .collect();
        members.sort_unstable();
        for alike in members.chunk_by(|a, b| a.0 == b.0) {
            count_alike(parts, alike, &mut leaks, &mut between, &mut repeats);
        }
        contradictions(parts, &members, &spread, &mut conflicts);
    }
    distinct.sort_unstable();

    let chance = chance_of_equal(parts, profiles);
    let mut findings = Vec::new();
    for (at, leak) in leaks.iter_mut().enumerate().skip(1) {
        findings.extend(leaked(parts, at, std::mem::take(leak), &looked, chance));
    }
    findings.extend(shared(parts, between, &looked));
    findings.extend(repeated(parts, repeats, looked[0].len(), chance));
    findings.extend(conflicting(parts, conflicts, looked[0].len(), chance));
    let all = parts.parts.iter().map(|part| part.len()).sum();
    let rows = looked.iter().map(Vec::len).sum();
    Equal { findings, looked: Looked { what: "equal samples".into(), rows, of: all }, distinct }
}

/// Which samples of each part are looked at.
fn rows(parts: &Parts<'_>, effort: Effort) -> Vec<Vec<u32>> {
    let most = (effort.equal_cells() / parts.width()).max(1000);
    let all: usize = parts.parts.iter().map(|part| part.len()).sum();
    let mut left = most.min(all);
    let draw = |at: usize, len, most| drawn(len, most, key(Draw::Equal, at as u64));
    let held_out = parts.held_out().iter().enumerate().map(|(at, part)| {
        let rows = draw(at + 1, part.len(), if most < all { most / 4 } else { part.len() });
        left -= rows.len();
        rows
    });
    let held_out: Vec<Vec<u32>> = held_out.collect();
    let training = draw(0, parts.training().len(), left);
    [training].into_iter().chain(held_out).collect()
}

/// Of samples with the same features and the same target, sorted by part: how many are too
/// many.
fn count_alike(
    parts: &Parts<'_>,
    alike: &[(Vec<u32>, usize, u32)],
    leaks: &mut [Count],
    between: &mut Count,
    repeats: &mut Count,
) {
    let place = |&(_, part, sample): &(Vec<u32>, usize, u32)| {
        let part = &parts.parts[part];
        (part.which, part.rows[sample as usize])
    };
    let mut of_part = alike.chunk_by(|a, b| a.1 == b.1);
    let Some(first) = of_part.next() else { return };
    if first[0].1 == 0 {
        // Rows of one part that are stored once but taken twice are one row.
        let mut stored: Vec<u32> = first.iter().map(|member| place(member).1).collect();
        stored.sort_unstable();
        stored.dedup();
        let pair = || Example::pair((Which::Training, stored[1]), (Which::Training, stored[0]));
        repeats.add(stored.len() - 1, pair);
        for later in of_part {
            let pair = || Example::pair(place(&later[0]), place(&first[0]));
            leaks[later[0].1].add(later.len(), pair);
        }
    } else if let Some(later) = of_part.next() {
        between.add(later.len(), || Example::pair(place(&later[0]), place(&first[0])));
    }
}

/// The standard deviation of each target among these training samples; empty in
/// classification.
fn target_spread(parts: &Parts<'_>, samples: &[u32]) -> Vec<f64> {
    let train = parts.training();
    let of = |target: usize| {
        let values: Vec<f64> = samples.iter().filter_map(|&s| train.target(s, target)).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    (0..parts.targets().len()).map(of).collect()
}

/// Training samples whose equals have other targets.
fn contradictions(
    parts: &Parts<'_>,
    members: &[(Vec<u32>, usize, u32)],
    spread: &[f64],
    conflicts: &mut Count,
) {
    let train = parts.training();
    let mut samples = members.iter().filter(|member| member.1 == 0);
    let Some(first) = samples.clone().next() else { return };
    let apart = |a: u32, b: u32| match spread {
        [] => train.class(a) != train.class(b),
        spread => spread.iter().enumerate().any(|(t, spread)| {
            let pair = train.target(a, t).zip(train.target(b, t));
            pair.is_some_and(|(a, b)| (a - b).abs() > CONFLICT_SPREAD * spread)
        }),
    };
    let Some(other) = samples.find(|member| apart(first.2, member.2)) else { return };
    let all = members.iter().filter(|member| member.1 == 0).count();
    let stored = |sample: u32| (Which::Training, train.rows[sample as usize]);
    let told = |sample: u32| match train.class(sample) {
        Some(class) => parts.classes()[class as usize].clone(),
        None => train.target(sample, 0).map_or(String::new(), crate::finding::figure),
    };
    conflicts.add(all, || Example {
        value: Some(format!("{} and {}", told(other.2), told(first.2))),
        ..Example::pair(stored(other.2), stored(first.2))
    });
}

/// The chance that two rows are equal though their columns are independent of each other.
fn chance_of_equal(parts: &Parts<'_>, profiles: &[Profile]) -> f64 {
    match parts.is_images() {
        true => 0.0,
        false => profiles.iter().map(|profile| profile.collision).product(),
    }
}

/// Whether so many of `samples` that have an equal among `others` are a matter of chance.
fn by_chance(found: usize, samples: usize, others: usize, chance: f64) -> bool {
    let expected = -(-(others as f64) * chance).exp_m1() * samples as f64;
    expected >= BY_CHANCE * found as f64
}

const COARSE: &str =
    "; columns with so few values make equal rows by chance, so they need not be copies";

fn leaked(
    parts: &Parts<'_>,
    at: usize,
    leak: Count,
    looked: &[Vec<u32>],
    chance: f64,
) -> Option<Finding> {
    let (which, of) = (parts.parts[at].which, looked[at].len());
    let share = leak.samples as f64 / of as f64;
    let chance = by_chance(leak.samples, of, looked[0].len(), chance);
    let (level, threshold) = match share {
        0.0 => return None,
        _ if chance => (Level::Note, 0.0),
        share if share >= LEAK_MEANINGLESS => (Level::Error, LEAK_MEANINGLESS),
        share if share >= LEAK => (Level::Warning, LEAK),
        _ => (Level::Note, 0.0),
    };
    let example = &leak.examples[0];
    let evidence = format!(
        "{} of {} {} samples ({}) are in training, too, with the same target: {}{}",
        thousands(leak.samples),
        thousands(of),
        which.name(),
        percent(leak.samples, of),
        pair(example),
        if chance { COARSE } else { "" }
    );
    let finding = Finding::new(Kind::Leak, level, evidence).of(which).measured(share, threshold);
    Some(apart(parts, finding.shown_by(leak.examples), which))
}

/// `validation row 3 is training row 17`.
fn pair(example: &Example) -> String {
    let name = |part: Option<Which>| part.unwrap_or(Which::Training).name();
    format!(
        "{} row {} is {} row {}",
        name(example.part),
        example.row.unwrap_or(0),
        name(example.other_part),
        example.other_row.unwrap_or(0)
    )
}

/// What keeps copies on one side.
pub(crate) fn apart(parts: &Parts<'_>, finding: Finding, which: Which) -> Finding {
    let holdout = match which {
        Which::Test => &parts.request.test,
        _ => &parts.request.validation,
    };
    match holdout {
        Some(Holdout::File(_)) => finding.advise(format!(
            "what is known by heart says nothing of new data: take these samples out of the \
             {} file or out of the source",
            which.name()
        )),
        _ if parts.is_table() => finding
            .advise(
                "keep one of each copy; or where rows belong together (a person, a place), let \
                 the split keep them together",
            )
            .paste(r#"split = { type = "grouped", column = "NAME" }"#),
        _ => finding.advise(
            "what is known by heart says nothing of new data: keep one of each copy, or give \
             held-out files of other samples",
        ),
    }
}

/// Test samples that are in validation, but not in training.
fn shared(parts: &Parts<'_>, between: Count, looked: &[Vec<u32>]) -> Option<Finding> {
    let of = looked.last()?.len();
    let share = between.samples as f64 / of as f64;
    if between.samples == 0 || share < LEAK {
        return None;
    }
    let evidence = format!(
        "{} of {} test samples ({}) are in the validation part, too: {}",
        thousands(between.samples),
        thousands(of),
        percent(between.samples, of),
        pair(&between.examples[0])
    );
    let finding = Finding::new(Kind::Leak, Level::Warning, evidence).of(Which::Test);
    let finding = finding.measured(share, LEAK).shown_by(between.examples);
    Some(apart(parts, finding, Which::Test).advise(
        "what was chosen on the validation samples is then not tested on new ones: keep the two \
         apart",
    ))
}

fn repeated(parts: &Parts<'_>, repeats: Count, of: usize, chance: f64) -> Option<Finding> {
    let share = repeats.samples as f64 / of as f64;
    let chance = by_chance(repeats.samples, of, of / 2, chance);
    let (level, threshold) = match share {
        0.0 => return None,
        share if share >= REPEATS && !chance => (Level::Warning, REPEATS),
        _ => (Level::Note, 0.0),
    };
    let evidence = format!(
        "{} of {} training samples ({}) repeat another with the same target: {}{}",
        thousands(repeats.samples),
        thousands(of),
        percent(repeats.samples, of),
        pair(&repeats.examples[0]),
        if chance { COARSE } else { "" }
    );
    let finding = Finding::new(Kind::Duplicates, level, evidence).measured(share, threshold);
    let finding = finding.shown_by(repeats.examples).advise(
        "if they are copies, keep one of each: they weigh twice, and a random split would put \
         copies on both sides",
    );
    Some(match parts.is_table() {
        true => finding.paste(r#"split = { type = "grouped", column = "NAME" }"#),
        false => finding,
    })
}

fn conflicting(parts: &Parts<'_>, conflicts: Count, of: usize, chance: f64) -> Option<Finding> {
    let share = conflicts.samples as f64 / of as f64;
    let chance = by_chance(conflicts.samples, of, of, chance);
    let (level, threshold) = match share {
        0.0 => return None,
        share if share >= CONFLICTS && !chance => (Level::Warning, CONFLICTS),
        _ => (Level::Note, 0.0),
    };
    let example = &conflicts.examples[0];
    let evidence = format!(
        "{} of {} training samples ({}) have the same features as another but not the same \
         target: row {} and row {} are {}",
        thousands(conflicts.samples),
        thousands(of),
        percent(conflicts.samples, of),
        example.row.unwrap_or(0),
        example.other_row.unwrap_or(0),
        example.value.as_deref().unwrap_or("different"),
    );
    let finding = Finding::new(Kind::ConflictingLabels, level, evidence);
    let advice = match parts.task {
        _ if chance => {
            "columns with so few values cannot tell them apart: no network gets more of them \
             right; more columns might"
        }
        Task::Classification => {
            "look at these labels: where they are wrong, correct them; else columns are missing \
             that tell the samples apart"
        }
        Task::Regression => {
            "look at these targets: where they are wrong, correct them; else columns are missing \
             that tell the samples apart"
        }
    };
    let finding = finding.measured(share, threshold).shown_by(conflicts.examples);
    Some(finding.advise(advice))
}
