//! How targets are distributed, and how many held-out samples there are.

use wellfit_data::{SplitRule, Task};
use wellfit_stats::Normal;
use wellfit_stats::format::count as thousands;

use crate::Effort;
use crate::effort::{Draw, drawn, key};
use crate::finding::{Example, Finding, Kind, Level, figure, listed, percent};
use crate::parts::{Part, Parts};
use crate::thresholds::*;

/// Whether parts are meant to differ: those drawn by time or by group.
pub(crate) fn meant_to_differ(parts: &Parts<'_>) -> bool {
    matches!(parts.request.split, SplitRule::Time { .. } | SplitRule::Grouped { .. })
}

/// What targets show.
pub(crate) fn targets(parts: &Parts<'_>, effort: Effort) -> Vec<Finding> {
    let mut findings: Vec<Finding> = skew(parts, effort).into_iter().collect();
    for part in parts.held_out() {
        findings.extend(match parts.task {
            Task::Classification => other_classes(parts, part),
            Task::Regression => other_numbers(parts, part, effort),
        });
    }
    findings
}

fn drawn_targets(part: &Part<'_>, target: usize, effort: Effort) -> Vec<f64> {
    let samples = drawn(part.len(), effort.column_rows(1), key(Draw::Columns, 1));
    samples.into_iter().filter_map(|sample| part.target(sample, target)).collect()
}

/// The third standardised moment.
fn skewness(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let moment = |k| values.iter().map(|value| (value - mean).powi(k)).sum::<f64>() / n;
    moment(3) / moment(2).powf(1.5)
}

fn skew(parts: &Parts<'_>, effort: Effort) -> Option<Finding> {
    let of = |(at, name): (usize, &String)| {
        let values = drawn_targets(parts.training(), at, effort);
        let skew = skewness(&values);
        (values.len() >= LEAST_ROWS && skew.abs() >= SKEWED).then(|| (name.clone(), skew, values))
    };
    let (name, skew, values) = parts.targets().iter().enumerate().find_map(of)?;
    let positive = values.iter().all(|&value| value > 0.0);
    let evidence = format!(
        "target {} has a skewness of {} (at least ±{})",
        listed(std::slice::from_ref(&name), 1),
        figure(skew),
        figure(SKEWED)
    );
    Some(
        Finding::new(Kind::TargetSkew, Level::Note, evidence)
            .measured(skew, SKEWED)
            .shown_by(vec![Example::column(&name, figure(skew))])
            .advise(match positive {
                true => {
                    "a few large targets rule the squared error: take logarithms in the file, or \
                     a loss that is less moved"
                }
                false => "a few large targets rule the squared error: a loss that is less moved",
            })
            .paste(r#"loss = { type = "huber" }  # in [train]"#),
    )
}

/// P(χ² > x) with so many degrees of freedom, by E. B. Wilson and M. M. Hilferty's cube root
/// ("The distribution of chi-square", 1931).
fn chi_square_tail(x: f64, degrees: f64) -> f64 {
    let spread = 2.0 / (9.0 * degrees);
    Normal::upper_tail(((x / degrees).cbrt() - (1.0 - spread)) / spread.sqrt())
}

fn other_classes(parts: &Parts<'_>, part: &Part<'_>) -> Option<Finding> {
    let (train, own) = (parts.training().class_counts(), part.class_counts());
    let (all, all_own) = (parts.training().len() as f64, part.len() as f64);
    let shares = train.iter().zip(&own).map(|(&a, &b)| (a as f64 / all, b as f64 / all_own));
    let shares: Vec<(f64, f64)> = shares.collect();
    let variation = shares.iter().map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0;
    // Pearson's χ² of the two rows of counts.
    let cells = train.iter().zip(&own).filter(|(a, b)| *a + *b > 0).map(|(&a, &b)| {
        let both = (a + b) as f64 / (all + all_own);
        [(a as f64, all), (b as f64, all_own)].map(|(n, of)| (n - of * both).powi(2) / (of * both))
    });
    let cells: Vec<[f64; 2]> = cells.collect();
    let degrees = cells.len() as f64 - 1.0;
    let chi_square: f64 = cells.iter().flatten().sum();
    let rare = degrees > 0.0 && chi_square_tail(chi_square, degrees) < RARE;
    if variation < TARGET_DRIFT || !rare {
        return None;
    }
    let by_difference = |&a: &usize, &b: &usize| {
        let difference = |class: usize| (shares[class].0 - shares[class].1).abs();
        difference(a).total_cmp(&difference(b))
    };
    let class = (0..shares.len()).max_by(by_difference)?;
    let evidence = format!(
        "class {} is {} of training and {} of the {} part; {} of all samples would have to be \
         of another class",
        listed(&parts.classes()[class..=class], 1),
        percent(train[class], parts.training().len()),
        percent(own.get(class).copied().unwrap_or(0), part.len()),
        part.which.name(),
        format_args!("{:.0} %", 100.0 * variation),
    );
    let level = if meant_to_differ(parts) { Level::Note } else { Level::Warning };
    Some(
        Finding::new(Kind::TargetDrift, level, evidence)
            .of(part.which)
            .measured(variation, TARGET_DRIFT)
            .shown_by(vec![Example {
                class: Some(parts.classes()[class].clone()),
                ..Example::default()
            }])
            .advise(
                "accuracy there is that of another mixture: draw the part from the same source by \
                 class, unless new data will be like it",
            ),
    )
}

/// The largest difference of two samples' distribution functions, and how often chance gives
/// as much (Kolmogorov and Smirnov's test, with M. A. Stephens's correction for small samples,
/// 1970).
pub(crate) fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> (f64, f64) {
    let sorted = |values: &[f64]| {
        let mut values: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let (a, b) = (sorted(a), sorted(b));
    if a.is_empty() || b.is_empty() {
        return (0.0, 1.0);
    }
    let (mut i, mut j, mut largest) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        i += a[i..].iter().take_while(|x| **x <= value).count();
        j += b[j..].iter().take_while(|x| **x <= value).count();
        largest = largest.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    let root = ((a.len() as f64 * b.len() as f64) / (a.len() + b.len()) as f64).sqrt();
    let x = (root + 0.12 + 0.11 / root) * largest;
    if x < 0.2 {
        return (largest, 1.0);
    }
    let term = |k: i32| {
        let k = f64::from(k);
        (-2.0 * k * k * x * x).exp()
    };
    let tail = 2.0 * (1..=50).map(|k| if k % 2 == 1 { term(k) } else { -term(k) }).sum::<f64>();
    (largest, tail.clamp(0.0, 1.0))
}

fn other_numbers(parts: &Parts<'_>, part: &Part<'_>, effort: Effort) -> Option<Finding> {
    let median = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        wellfit_stats::quantile(&values, 0.5)
    };
    let targets = parts.targets().iter().enumerate().filter_map(|(at, name)| {
        let [train, own] = [parts.training(), part].map(|part| drawn_targets(part, at, effort));
        let (difference, p) = kolmogorov_smirnov(&train, &own);
        let found = difference >= TARGET_DRIFT_KS && p < RARE / parts.targets().len() as f64;
        found.then(|| (name, difference, median(&train), median(&own)))
    });
    let (name, difference, train, own) = targets.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let evidence = format!(
        "target {} has a median of {} in training and of {} in the {} part; the distribution \
         functions differ by {}",
        listed(std::slice::from_ref(name), 1),
        figure(train),
        figure(own),
        part.which.name(),
        figure(difference)
    );
    let level = if meant_to_differ(parts) { Level::Note } else { Level::Warning };
    Some(
        Finding::new(Kind::TargetDrift, level, evidence)
            .of(part.which)
            .measured(difference, TARGET_DRIFT_KS)
            .shown_by(vec![Example::column(name, figure(difference))])
            .advise(
                "R² there is that of another range: draw the part from the same source, unless new \
                 data will be like it",
            ),
    )
}

/// Too few validation samples.
pub(crate) fn small_validation(parts: &Parts<'_>) -> Option<Finding> {
    let part = parts.held_out().iter().find(|part| part.which == crate::Which::Validation)?;
    let n = part.len() as f64;
    let z = Normal::quantile(0.975);
    let half = z * (0.9 * 0.1 / n).sqrt();
    let (level, threshold) = match half {
        half if half >= WIDE => (Level::Warning, WIDE),
        half if half >= RATHER_WIDE => (Level::Note, RATHER_WIDE),
        _ => return None,
    };
    let samples = thousands(part.len());
    let evidence = match parts.task {
        Task::Classification => format!(
            "with {samples} validation samples an accuracy of 90 % is known to ±{:.1} points",
            100.0 * half
        ),
        Task::Regression => format!(
            "with {samples} validation samples a mean loss is known to ±{} of its samples' \
             standard deviation",
            percent((1000.0 * z / n.sqrt()) as usize, 1000)
        ),
    };
    let enough = (z / WIDE).powi(2) * 0.09;
    let finding = Finding::new(Kind::SmallValidation, level, evidence)
        .of(part.which)
        .measured(half, threshold)
        .advise("remedies that differ by less cannot be told apart: hold more out, or use folds");
    let total = (parts.training().len() + part.len()) as f64;
    let share = (10.0 * enough / total).ceil() / 10.0;
    let drawn = !matches!(
        parts.request.validation,
        Some(wellfit_data::Holdout::File(_) | wellfit_data::Holdout::TestSplit)
    );
    Some(match (drawn, level) {
        (true, Level::Warning) if share <= 0.3 => finding.paste(format!("validation = {share}")),
        (true, Level::Warning) => finding.paste("folds = 5  # in [study]"),
        _ => finding,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistics_are_those_of_scipy() {
        // scipy.stats.chi2.sf: to what the cube root gives.
        for (x, degrees, p) in [(10.0, 3.0, 0.018566), (30.0, 9.0, 0.000439), (3.0, 1.0, 0.083265)]
        {
            assert!((chi_square_tail(x, degrees) / p - 1.0).abs() < 0.15, "{x} {degrees}");
        }
        let (a, b): (Vec<f64>, Vec<f64>) =
            ((0..50).map(f64::from).collect(), (0..50).map(|i| f64::from(i) + 15.5).collect());
        // scipy.stats.ks_2samp(a, b, method="asymp"): 0.32, 0.0089.
        let (difference, p) = kolmogorov_smirnov(&a, &b);
        assert!(
            (difference - 0.32).abs() < 1e-12 && (0.005..0.015).contains(&p),
            "{difference} {p}"
        );
        assert_eq!(kolmogorov_smirnov(&a, &a).0, 0.0);
        assert_eq!(kolmogorov_smirnov(&[], &a), (0.0, 1.0));
        assert!((skewness(&[0.0, 0.0, 0.0, 1.0]) - 1.154_700_538).abs() < 1e-9);
    }
}
