//! Findings about single columns: constant ones, identifiers, missing values, codes,
//! outliers, magnitudes, categories.

use wellfit_data::{Missing, Scale, Unknown};
use wellfit_stats::format::count as thousands;

use crate::Effort;
use crate::finding::{
    EXAMPLES, Example, Finding, Kind, Level, figure, listed, percent, toml_list, toml_text,
};
use crate::parts::{ColumnKind, Named, Part, Parts};
use crate::profile::Profile;
use crate::thresholds::*;

/// What single columns show. Pixels of images are not judged one by one.
pub(crate) fn columns(parts: &Parts<'_>, profiles: &[Profile], effort: Effort) -> Vec<Finding> {
    let mut findings: Vec<Finding> = unscaled_bytes(parts).into_iter().collect();
    if parts.is_images() {
        findings.extend(constant_pixels(parts, profiles));
        return findings;
    }
    findings.extend(constant(parts, profiles));
    findings.extend(nearly_constant(parts, profiles));
    findings.extend(identifiers(parts, profiles));
    findings.extend(missing(parts, profiles));
    findings.extend(not_finite(parts, profiles));
    findings.extend(codes(parts, profiles));
    findings.extend(outliers(parts, profiles));
    findings.extend(unscaled_columns(parts, profiles));
    findings.extend(many_categories(parts, profiles));
    findings.extend(unknown_categories(parts, effort));
    findings
}

/// The columns for which something holds.
fn which<'p>(
    parts: &'p Parts<'_>,
    profiles: &'p [Profile],
    holds: impl Fn(&Named, &Profile) -> bool,
) -> Vec<(&'p Named, &'p Profile)> {
    let columns = parts.columns.iter().zip(profiles);
    columns.filter(|(column, profile)| holds(column, profile)).collect()
}

fn names(columns: &[(&Named, &Profile)]) -> Vec<String> {
    columns.iter().map(|(column, _)| column.name.clone()).collect()
}

fn is_number(column: &Named) -> bool {
    !matches!(column.kind, ColumnKind::Category(_))
}

fn is_constant(profile: &Profile) -> bool {
    profile.rows > 1 && profile.missing == 0 && profile.distinct == 1
}

/// `drop = […]`, where the plan has columns by name.
fn drop_line(parts: &Parts<'_>, finding: Finding, names: &[String]) -> Finding {
    match parts.is_table() && names.len() <= 20 {
        true => finding.paste(format!("drop = {}", toml_list(names))),
        false => finding,
    }
}

/// What a column's value is called.
fn value_words(column: &Named, value: f64) -> String {
    match &column.kind {
        ColumnKind::Category(names) => names.get(value as usize).cloned().unwrap_or_default(),
        _ => plain(value),
    }
}

/// A number as it stands in a file, near enough.
fn plain(value: f64) -> String {
    if value.abs() < 1e15 { format!("{value}") } else { format!("{value:e}") }
}

fn constant(parts: &Parts<'_>, profiles: &[Profile]) -> Option<Finding> {
    let found = which(parts, profiles, |_, profile| is_constant(profile));
    let ((column, first), rows) = (*found.first()?, found.first()?.1.rows);
    let names = names(&found);
    let evidence = match names.len() {
        1 => format!(
            "column {} is {} in all {} training samples looked at",
            listed(&names, 1),
            value_words(column, first.mode.1),
            thousands(rows)
        ),
        n => format!(
            "{n} of {} columns have one value in all {} training samples looked at: {}",
            parts.width(),
            thousands(rows),
            listed(&names, 3)
        ),
    };
    let level = if parts.is_table() { Level::Warning } else { Level::Note };
    let examples = found.iter().take(EXAMPLES).map(|(column, profile)| {
        Example::column(&column.name, value_words(column, profile.mode.1))
    });
    let finding = Finding::new(Kind::ConstantColumn, level, evidence)
        .measured(names.len() as f64, 1.0)
        .shown_by(examples.collect())
        .advise("nothing can be learned from them; leave them out, and see why they are so");
    Some(drop_line(parts, finding, &names))
}

fn constant_pixels(parts: &Parts<'_>, profiles: &[Profile]) -> Option<Finding> {
    let constant = profiles.iter().filter(|profile| is_constant(profile)).count();
    let (share, most) = (constant as f64 / parts.width() as f64, 0.5);
    let evidence = format!(
        "{constant} of {} pixels have one value in all {} training images looked at",
        parts.width(),
        thousands(profiles.first()?.rows)
    );
    let finding = Finding::new(Kind::ConstantColumn, Level::Note, evidence);
    (share >= most).then(|| {
        finding.measured(share, most).advise(
            "most of each image is empty: smaller images, cut to what they show, train faster",
        )
    })
}

fn nearly_constant(parts: &Parts<'_>, profiles: &[Profile]) -> Option<Finding> {
    let share = |profile: &Profile| profile.mode.0 as f64 / profile.rows as f64;
    let found = which(parts, profiles, |_, profile| {
        profile.rows >= LEAST_ROWS && profile.distinct > 1 && share(profile) >= NEARLY_CONSTANT
    });
    let &(column, profile) = found.first()?;
    let names = names(&found);
    let evidence = format!(
        "column {} is {} in {} of {} training samples{}",
        listed(&names[..1], 1),
        value_words(column, profile.mode.1),
        thousands(profile.mode.0),
        thousands(profile.rows),
        match names.len() {
            1 => String::new(),
            2 => format!("; {} is much the same", names[1]),
            n => format!("; {} others are much the same", n - 1),
        }
    );
    let examples = found.iter().take(EXAMPLES).map(|(column, profile)| {
        let value = value_words(column, profile.mode.1);
        Example::column(
            &column.name,
            format!("{value} in {}", percent(profile.mode.0, profile.rows)),
        )
    });
    let finding = Finding::new(Kind::NearlyConstant, Level::Note, evidence)
        .measured(share(profile), NEARLY_CONSTANT)
        .shown_by(examples.collect())
        .advise(
            "a network learns little from it, unless the rare values are what matters; leave it \
             out and see whether anything changes",
        );
    Some(drop_line(parts, finding, &names))
}

/// Whether a column of a table numbers or names the rows. Rows that repeat make its values
/// repeat.
pub(crate) fn identifies(parts: &Parts<'_>, column: &Named, profile: &Profile) -> bool {
    let differs = profile.distinct as f64 >= IDENTIFIES * profile.rows as f64;
    if !parts.is_table() || profile.rows < LEAST_ROWS || profile.missing > 0 || !differs {
        return false;
    }
    // A part drawn from a file that numbers its rows has gaps.
    let all: usize = parts.parts.iter().map(|part| part.len()).sum();
    let dense = profile.range.1 - profile.range.0 < IDENTIFIER_GAP * all as f64;
    !is_number(column) || profile.whole && (profile.rising || dense)
}

fn identifiers(parts: &Parts<'_>, profiles: &[Profile]) -> Option<Finding> {
    let found = which(parts, profiles, |column, profile| identifies(parts, column, profile));
    let &(column, profile) = found.first()?;
    let names = names(&found);
    let how = match column.kind {
        ColumnKind::Category(_) => "texts that hardly ever repeat",
        _ if profile.rising => "whole numbers that rise from row to row",
        _ => "whole numbers without large gaps that hardly ever repeat",
    };
    let evidence = format!(
        "column {} has {how}: {} different ones in {} training samples{}",
        listed(&names[..1], 1),
        thousands(profile.distinct),
        thousands(profile.rows),
        match names.len() {
            1 => String::new(),
            _ => format!("; likewise {}", listed(&names[1..], 3)),
        }
    );
    let examples = found.iter().take(EXAMPLES).map(|(column, profile)| {
        let (low, high) = profile.range;
        Example::column(
            &column.name,
            format!("{} … {}", value_words(column, low), value_words(column, high)),
        )
    });
    let finding = Finding::new(Kind::Identifier, Level::Warning, evidence)
        .measured(profile.distinct as f64 / profile.rows as f64, IDENTIFIES)
        .shown_by(examples.collect())
        .advise(
            "it says which row it is, not what the row is like: a network may learn the rows by \
             heart, or their order; leave it out",
        );
    Some(drop_line(parts, finding, &names))
}

fn missing(parts: &Parts<'_>, profiles: &[Profile]) -> Option<Finding> {
    let mut found = which(parts, profiles, |_, profile| profile.missing > 0);
    found.sort_by_key(|(_, profile)| std::cmp::Reverse(profile.missing));
    let &(_, worst) = found.first()?;
    let (share, names) = (worst.missing as f64 / worst.rows as f64, names(&found));
    let refused = parts.request.prepare.missing == Missing::Error
        && found.iter().any(|(column, _)| is_number(column));
    let (level, threshold) = match share {
        share if share >= MOSTLY_MISSING => (Level::Warning, MOSTLY_MISSING),
        _ if refused => (Level::Warning, 0.0),
        _ => (Level::Note, 0.0),
    };
    let each = found.iter().take(3).map(|(column, profile)| {
        let name = listed(std::slice::from_ref(&column.name), 1);
        format!("{name} {}", percent(profile.missing, profile.rows))
    });
    let evidence = format!(
        "{} of {} columns {} missing values: {}{}",
        names.len(),
        parts.width(),
        if names.len() == 1 { "has" } else { "have" },
        each.collect::<Vec<_>>().join(", "),
        if names.len() > 3 { ", …" } else { "" }
    );
    let examples = found.iter().take(EXAMPLES).map(|(column, profile)| {
        Example::column(&column.name, format!("{} missing", percent(profile.missing, profile.rows)))
    });
    let finding = Finding::new(Kind::MissingValues, level, evidence)
        .measured(share, threshold)
        .shown_by(examples.collect());
    let empty: Vec<String> = found
        .iter()
        .filter(|(_, profile)| profile.missing as f64 >= MOSTLY_MISSING * profile.rows as f64)
        .map(|(column, _)| column.name.clone())
        .collect();
    Some(if refused {
        finding
            .advise("say what stands in for them: numbers that are missing are an error without it")
            .paste(r#"missing = "median""#)
    } else if !empty.is_empty() {
        let finding = finding.advise(
            "what stands in for a value is then most of the column; try without these columns",
        );
        drop_line(parts, finding, &empty)
    } else {
        finding.advise(
            "see whether they are missing for a reason that new data share; that a value is \
             missing can itself say something",
        )
    })
}

fn not_finite(parts: &Parts<'_>, profiles: &[Profile]) -> Option<Finding> {
    let found = which(parts, profiles, |_, profile| profile.infinite > 0);
    let &(_, first) = found.first()?;
    let names = names(&found);
    let evidence = format!(
        "{} of {} columns {} infinite values: {} of {} in {}",
        names.len(),
        parts.width(),
        if names.len() == 1 { "has" } else { "have" },
        thousands(first.infinite),
        thousands(first.rows),
        listed(&names, 3)
    );
    let examples = names.iter().take(EXAMPLES).map(|name| Example::column(name, "infinite"));
    Some(
        Finding::new(Kind::NotFinite, Level::Warning, evidence)
            .measured(first.infinite as f64, 1.0)
            .shown_by(examples.collect())
            .advise("no network trains on them: correct them, or leave them empty"),
    )
}

/// A value at an end of its column, far out, that is there again and again.
fn coded(column: &Named, profile: &Profile) -> Option<(f64, usize)> {
    if !is_number(column) || profile.rows < LEAST_ROWS || profile.distinct < 3 {
        return None;
    }
    let ((low, high), (at_low, at_high)) = (profile.range, profile.at_ends);
    let reach = FAR_OUT * profile.iqr();
    let least = (CODE_SHARE * profile.rows as f64).max(3.0);
    let code = |value: f64, rows: usize| {
        let far = reach > 0.0
            && (value < profile.quartiles[0] - reach || value > profile.quartiles[2] + reach);
        // 999, -9999, -1, 0: what people write for "not known".
        let digits = plain(value.abs());
        let looks = matches!(&digits[..], "0" | "1")
            || digits.len() > 1 && digits.bytes().all(|d| d == b'9');
        (far && looks && rows as f64 >= least).then_some((value, rows))
    };
    code(low, at_low).or_else(|| code(high, at_high))
}

fn codes(parts: &Parts<'_>, profiles: &[Profile]) -> Option<Finding> {
    let found = which(parts, profiles, |column, profile| coded(column, profile).is_some());
    let &(column, profile) = found.first()?;
    let (value, rows) = coded(column, profile)?;
    let names = names(&found);
    let evidence = format!(
        "column {} is {} in {} of {} training samples, far from all its other values{}",
        listed(&names[..1], 1),
        plain(value),
        thousands(rows),
        thousands(profile.rows),
        match names.len() {
            1 => String::new(),
            _ => format!("; likewise {}", listed(&names[1..], 3)),
        }
    );
    let examples = found.iter().take(EXAMPLES).filter_map(|(column, profile)| {
        Some(Example::column(&column.name, plain(coded(column, profile)?.0)))
    });
    let finding = Finding::new(Kind::CodedValue, Level::Warning, evidence)
        .measured(rows as f64 / profile.rows as f64, CODE_SHARE)
        .shown_by(examples.collect())
        .advise("if it stands for a value that is missing, say so; else it rules the column's mean and spread");
    Some(match parts.is_table() {
        true => finding.paste(format!(
            "missing_values = [\"\", \"NA\", {}]  # with missing = \"median\"",
            toml_text(&plain(value))
        )),
        false => finding,
    })
}

fn outliers(parts: &Parts<'_>, profiles: &[Profile]) -> Option<Finding> {
    let furthest = |profile: &Profile| {
        let (low, high) = profile.range;
        (high - profile.quartiles[1]).max(profile.quartiles[1] - low) / profile.iqr()
    };
    let share = |profile: &Profile| profile.far_out as f64 / profile.rows as f64;
    let mut found = which(parts, profiles, |column, profile| {
        is_number(column)
            && profile.rows >= LEAST_ROWS
            && profile.far_out > 0
            && coded(column, profile).is_none()
            && (furthest(profile) >= EXTREME || share(profile) >= FAR_OUT_SHARE)
    });
    found.sort_by(|a, b| furthest(b.1).total_cmp(&furthest(a.1)));
    let &(_, worst) = found.first()?;
    let names = names(&found);
    let treated =
        parts.request.prepare.outliers.is_some() || parts.request.scale == Some(Scale::Robust);
    let extreme = furthest(worst) >= EXTREME;
    let (level, value, threshold) = match extreme {
        true if !treated => (Level::Warning, furthest(worst), EXTREME),
        true => (Level::Note, furthest(worst), EXTREME),
        false => (Level::Note, share(worst), FAR_OUT_SHARE),
    };
    let (low, high) = worst.range;
    let far = if high - worst.quartiles[1] > worst.quartiles[1] - low { high } else { low };
    let evidence = format!(
        "column {} has {} of {} values far out, {} at most, where half lie between {} and {}{}",
        listed(&names[..1], 1),
        thousands(worst.far_out),
        thousands(worst.rows),
        figure(far),
        figure(worst.quartiles[0]),
        figure(worst.quartiles[2]),
        match names.len() {
            1 => String::new(),
            n => format!("; {} columns more have such", n - 1),
        }
    );
    let examples = found.iter().take(EXAMPLES).map(|(column, profile)| {
        Example::column(&column.name, format!("{} far out", percent(profile.far_out, profile.rows)))
    });
    Some(
        Finding::new(Kind::Outliers, level, evidence)
            .measured(value, threshold)
            .shown_by(examples.collect())
            .advise("correct what is wrong; what is right but rare can be brought nearer")
            .paste(r#"outliers = { type = "winsorise", quantile = 0.01 }"#),
    )
}

fn unscaled_columns(parts: &Parts<'_>, profiles: &[Profile]) -> Option<Finding> {
    let scale = parts.request.scale;
    let unscaled = scale == Some(Scale::None) || scale.is_none() && !parts.is_table();
    let bytes = parts.columns.iter().any(|column| column.kind == ColumnKind::Byte);
    if !unscaled || bytes {
        return None;
    }
    // How large values are: a column far from 0 is large, too, however little it varies.
    let size = |profile: &Profile| profile.spread.hypot(profile.mean);
    let found = which(parts, profiles, |column, profile| {
        is_number(column) && profile.distinct > 1 && size(profile) > 0.0
    });
    let by_size =
        |a: &&(&Named, &Profile), b: &&(&Named, &Profile)| size(a.1).total_cmp(&size(b.1));
    let (small, large) = (found.iter().min_by(by_size)?, found.iter().max_by(by_size)?);
    let ratio = size(large.1) / size(small.1);
    let evidence = format!(
        "values of {} are of size {}, those of {} of size {}, and nothing is scaled",
        large.0.name,
        figure(size(large.1)),
        small.0.name,
        figure(size(small.1))
    );
    let examples = [large, small]
        .map(|(column, profile)| Example::column(&column.name, figure(size(profile))));
    (ratio >= SPREADS).then(|| {
        Finding::new(Kind::UnscaledColumns, Level::Warning, evidence)
            .measured(ratio, SPREADS)
            .shown_by(examples.to_vec())
            .advise("one learning rate cannot suit both: bring columns to one scale")
            .paste(r#"scale = "standard""#)
    })
}

fn unscaled_bytes(parts: &Parts<'_>) -> Option<Finding> {
    let bytes = parts.columns.first().is_some_and(|column| column.kind == ColumnKind::Byte);
    let evidence = "values are bytes from 0 to 255, and nothing is scaled".to_owned();
    (bytes && parts.request.scale == Some(Scale::None)).then(|| {
        Finding::new(Kind::UnscaledBytes, Level::Warning, evidence)
            .measured(255.0, 1.0)
            .advise("initial weights and learning rates are made for values of size 1")
            .paste(r#"scale = "unit""#)
    })
}

fn many_categories(parts: &Parts<'_>, profiles: &[Profile]) -> Option<Finding> {
    let each = |profile: &Profile| profile.present() as f64 / profile.distinct as f64;
    // Of a draw of rows many categories are not seen: then the average is too large, if
    // anything. Those that differ in every row are identifiers.
    let mut found = which(parts, profiles, |column, profile| {
        !is_number(column)
            && !identifies(parts, column, profile)
            && (profile.distinct >= MANY_CATEGORIES
                || profile.distinct >= MANY_CATEGORIES / 4 && each(profile) < ROWS_A_CATEGORY)
    });
    found.sort_by_key(|(_, profile)| std::cmp::Reverse(profile.distinct));
    let &(_, worst) = found.first()?;
    let names = names(&found);
    let (level, value, threshold) = match each(worst) < ROWS_A_CATEGORY {
        true => (Level::Warning, each(worst), ROWS_A_CATEGORY),
        false => (Level::Note, worst.distinct as f64, MANY_CATEGORIES as f64),
    };
    let evidence = format!(
        "column {} has {} categories in {} training samples, {} samples each on average{}",
        listed(&names[..1], 1),
        thousands(worst.distinct),
        thousands(worst.rows),
        figure(each(worst)),
        match names.len() {
            1 => String::new(),
            _ => format!("; very many have {}, too", listed(&names[1..], 3)),
        }
    );
    let examples = found.iter().take(EXAMPLES).map(|(column, profile)| {
        Example::column(&column.name, format!("{} categories", thousands(profile.distinct)))
    });
    let finding = Finding::new(Kind::ManyCategories, level, evidence)
        .measured(value, threshold)
        .shown_by(examples.collect())
        .advise(
            "each becomes a feature that few rows can teach: put rare ones together in the file, \
             leave the column out, or select features",
        );
    Some(drop_line(parts, finding, &names))
}

fn unknown_categories(parts: &Parts<'_>, effort: Effort) -> Vec<Finding> {
    let train = parts.training();
    let categories: Vec<(usize, &Named, &Vec<String>)> = parts
        .columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| match &column.kind {
            ColumnKind::Category(names) => Some((at, column, names)),
            _ => None,
        })
        .collect();
    // All training rows or none: of a part of them many categories would seem unknown.
    if categories.is_empty() || train.len() * categories.len() > effort.equal_cells() {
        return Vec::new();
    }
    let known: Vec<Vec<bool>> = categories
        .iter()
        .map(|&(at, _, names)| {
            let mut known = vec![false; names.len()];
            for value in (0..train.len() as u32).map(|sample| train.value(sample, at)) {
                if !value.is_nan() {
                    known[value as usize] = true;
                }
            }
            known
        })
        .collect();
    let unknown_of = |part: &Part<'_>, sample: u32| {
        categories.iter().zip(&known).find_map(|(&(at, column, names), known)| {
            let value = part.value(sample, at);
            (!value.is_nan() && !known[value as usize]).then(|| (column, &names[value as usize]))
        })
    };
    let mut findings = Vec::new();
    for part in parts.held_out() {
        let mut samples = 0;
        let mut examples: Vec<Example> = Vec::new();
        for sample in 0..part.len() as u32 {
            let Some((column, name)) = unknown_of(part, sample) else { continue };
            samples += 1;
            if examples.len() < EXAMPLES {
                examples.push(Example {
                    part: Some(part.which),
                    row: Some(part.rows[sample as usize]),
                    ..Example::column(&column.name, name)
                });
            }
        }
        let Some(first) = examples.first() else { continue };
        let refused = parts.request.prepare.unknown == Unknown::Error;
        let share = samples as f64 / part.len() as f64;
        let (level, threshold) = match share {
            share if share >= UNKNOWN_CATEGORIES => (Level::Warning, UNKNOWN_CATEGORIES),
            _ if refused => (Level::Warning, 0.0),
            _ => (Level::Note, 0.0),
        };
        let evidence = format!(
            "{} of {} {} samples have a category that training does not have: {} in column {}, \
             row {}",
            thousands(samples),
            thousands(part.len()),
            part.which.name(),
            listed(&[first.value.clone().unwrap_or_default()], 1),
            listed(&first.columns, 1),
            first.row.unwrap_or(0)
        );
        let finding = Finding::new(Kind::UnknownCategories, level, evidence)
            .of(part.which)
            .measured(share, threshold)
            .shown_by(examples);
        findings.push(match refused {
            true => finding
                .advise("the plan makes this an error; as none of the known ones they do no harm")
                .paste(r#"unknown = "ignore""#),
            false => finding.advise(
                "they count as none of the known ones; put rare categories together, or see \
                 whether spellings differ",
            ),
        });
    }
    findings
}
