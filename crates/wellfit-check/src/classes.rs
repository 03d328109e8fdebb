//! Classes that are few, and classes that are not there.

use wellfit_stats::format::count as thousands;

use crate::finding::{EXAMPLES, Example, Finding, Kind, Level, figure, listed};
use crate::parts::Parts;
use crate::thresholds::{CLASS_SAMPLES, IMBALANCE};

/// What the classes' numbers of samples show; nothing in regression.
pub(crate) fn classes(parts: &Parts<'_>) -> Vec<Finding> {
    let counts = parts.training().class_counts();
    if counts.is_empty() {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = one_class(parts, &counts).into_iter().collect();
    if findings.is_empty() {
        findings.extend(imbalance(parts, &counts));
        findings.extend(few(parts, &counts));
        findings.extend(missing(parts, &counts));
    }
    findings
}

fn one_class(parts: &Parts<'_>, counts: &[usize]) -> Option<Finding> {
    let mut there = counts.iter().enumerate().filter(|(_, n)| **n > 0);
    let (class, &samples) = there.next()?;
    if there.next().is_some() {
        return None;
    }
    let evidence = format!(
        "all {} training samples are of class {}",
        thousands(samples),
        listed(&parts.classes()[class..=class], 1)
    );
    Some(
        Finding::new(Kind::OneClass, Level::Error, evidence)
            .measured(1.0, 1.0)
            .advise("there is nothing to tell apart: check which column is the target"),
    )
}

fn imbalance(parts: &Parts<'_>, counts: &[usize]) -> Option<Finding> {
    let there = || counts.iter().enumerate().filter(|(_, n)| **n > 0);
    let (small, &fewest) = there().min_by_key(|&(_, n)| n)?;
    let (large, &most) = there().max_by_key(|&(_, n)| n)?;
    let ratio = most as f64 / fewest as f64;
    let name = |class: usize| listed(&parts.classes()[class..=class], 1);
    let evidence = format!(
        "class {} has {} training samples, class {} has {}: {} to 1 (at least {})",
        name(large),
        thousands(most),
        name(small),
        thousands(fewest),
        figure(ratio),
        figure(IMBALANCE)
    );
    let level = if parts.request.prepare.resample.is_some() { Level::Note } else { Level::Warning };
    let example = |class: usize, n: usize| Example {
        class: Some(parts.classes()[class].clone()),
        value: Some(format!("{n} samples")),
        ..Example::default()
    };
    (ratio >= IMBALANCE).then(|| {
        Finding::new(Kind::ClassImbalance, level, evidence)
            .measured(ratio, IMBALANCE)
            .shown_by(vec![example(large, most), example(small, fewest)])
            .advise(
                "judge by class, since accuracy hides a class that is rare, and weigh the classes",
            )
            .paste(r#"loss = { type = "cross-entropy", class_weights = "balanced" }  # in [train]"#)
    })
}

fn few(parts: &Parts<'_>, counts: &[usize]) -> Option<Finding> {
    let few = counts.iter().enumerate().filter(|(_, n)| (1..CLASS_SAMPLES).contains(*n));
    let few: Vec<(usize, usize)> = few.map(|(class, &n)| (class, n)).collect();
    let &(_, fewest) = few.iter().min_by_key(|(_, n)| n)?;
    let names: Vec<String> = few.iter().map(|&(c, _)| parts.classes()[c].clone()).collect();
    let evidence = format!(
        "{} of {} classes have fewer than {CLASS_SAMPLES} training samples, {fewest} at least: {}",
        few.len(),
        counts.len(),
        listed(&names, 4)
    );
    let examples = few.iter().take(EXAMPLES).map(|&(class, n)| Example {
        class: Some(parts.classes()[class].clone()),
        value: Some(format!("{n} samples")),
        ..Example::default()
    });
    Some(
        Finding::new(Kind::FewSamples, Level::Warning, evidence)
            .measured(fewest as f64, CLASS_SAMPLES as f64)
            .shown_by(examples.collect())
            .advise("a network learns these samples, not the class: collect more, join classes, or leave them out"),
    )
}

/// Classes that one part has and another lacks, a finding a part; and those that no sample
/// is of.
fn missing(parts: &Parts<'_>, counts: &[usize]) -> Vec<Finding> {
    let held_out: Vec<Vec<usize>> = parts.held_out().iter().map(|p| p.class_counts()).collect();
    let all = 0..counts.len();
    let anywhere = |class: usize| held_out.iter().any(|counts| counts.get(class) > Some(&0));
    let absent: Vec<usize> = all.clone().filter(|&c| counts[c] == 0 && anywhere(c)).collect();
    let nowhere: Vec<usize> = all.clone().filter(|&c| counts[c] == 0 && !anywhere(c)).collect();
    let mut findings = Vec::new();
    if !absent.is_empty() {
        let evidence =
            |names| format!("held-out samples are of classes without a training sample: {names}");
        let advice = "no network can predict them: draw parts by class, or leave these samples out";
        findings.push(lacks(parts, &absent, Level::Warning, evidence).advise(advice));
    }
    if !nowhere.is_empty() {
        let evidence = |names| format!("no sample at all is of {names}");
        let advice =
            "an output that is never wanted does little harm; number classes from 0 without gaps";
        findings.push(lacks(parts, &nowhere, Level::Note, evidence).advise(advice));
    }
    for (part, own) in parts.held_out().iter().zip(&held_out) {
        let lacking: Vec<usize> =
            all.clone().filter(|&c| counts[c] > 0 && own.get(c).is_none_or(|&n| n == 0)).collect();
        if lacking.is_empty() {
            continue;
        }
        let which = part.which.name();
        let evidence = |names| format!("the {which} part has no sample of {names}, training has");
        findings.push(
            lacks(parts, &lacking, Level::Warning, evidence)
                .of(part.which)
                .advise("nothing is measured of them there: draw parts by class, or larger ones"),
        );
    }
    findings
}

fn lacks(
    parts: &Parts<'_>,
    classes: &[usize],
    level: Level,
    evidence: impl Fn(String) -> String,
) -> Finding {
    let names: Vec<String> = classes.iter().map(|&c| parts.classes()[c].clone()).collect();
    let examples = names.iter().take(EXAMPLES);
    let examples = examples.map(|name| Example { class: Some(name.clone()), ..Example::default() });
    let words = match names.len() {
        1 => format!("class {}", listed(&names, 1)),
        n => format!("{n} classes ({})", listed(&names, 4)),
    };
    Finding::new(Kind::MissingClass, level, evidence(words))
        .measured(names.len() as f64, 1.0)
        .shown_by(examples.collect())
}
