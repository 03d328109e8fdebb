//! The answer and a table, in at most twenty lines.

use wellfit_diagnose::{StrengthFamily, StudyFindings, race_cost, strength};
use wellfit_study::StudyRecords;
use wellfit_train::plan::Metric;
use wellfit_train::record::{EpochRow, Record, RunState, ScoreKind};

use crate::ReportError;
use crate::text::{Unit, count, duration, short, short_score};
use crate::view::View;
use crate::words::{repeat, score_words, verdict};

/// Lines of an answer, at most.
const LINES: usize = 20;
/// Lines of its table, at least: a head, the winner, the baseline, and how many are left.
const LEAST_ROWS: usize = 4;

/// The answer of a study in the page's words and order, with a table of its arms, best
/// first: at most 20 lines of `width` columns (at least 40). `colour` makes the
/// headline bold and the recommended arm green with ANSI codes.
///
/// # Errors
/// Records and findings of different studies.
pub fn answer(
    records: &StudyRecords,
    findings: &StudyFindings,
    width: usize,
    colour: bool,
) -> Result<String, ReportError> {
    let view = View::new(records, findings)?;
    let width = width.max(40);
    let style = Style { colour };
    let answer = &findings.answer;
    let mut lines: Vec<String> =
        wrap(&answer.headline, width, 4).iter().map(|line| style.bold(line)).collect();
    let head = if answer.decided { "do" } else { "settle" };
    let race = findings.race.as_ref().map(race_cost).unwrap_or_default();
    let caveats = |grave: bool| {
        let of = findings.caveats.iter().filter(move |caveat| caveat.grave == grave);
        of.map(|caveat| &caveat.sentence)
    };
    let repeat = repeat(&view);
    let entries = [
        (head, answer.recipe.as_str(), 2),
        ("repeat", &repeat, 2),
        ("test", &answer.final_figure, 3),
        ("race", &race, 1),
        ("verdict", findings.verdict.as_deref().unwrap_or_default(), usize::MAX),
        ("primary", findings.why_primary.as_deref().unwrap_or_default(), 2),
    ];
    let grave = caveats(true).map(|sentence| ("note", sentence.as_str(), usize::MAX));
    let entries = entries.into_iter().chain(grave);
    let mut entries: Vec<(&str, Vec<String>)> =
        entries.map(|(head, words, most)| (head, wrap(words, width - 8, most))).collect();
    let footnote: Vec<String> =
        findings.why_undecided.iter().flat_map(|why| wrap(why, width, usize::MAX)).collect();
    let table_lines = view.arms().min(8) + 2 + footnote.len();
    let used: usize = entries.iter().map(|(_, words)| words.len()).sum();
    if !answer.decided && lines.len() + used + table_lines > LINES {
        // That nothing is decided was said; an arm's row says more.
        entries.retain(|(head, _)| *head != "test");
    }
    // The winner and the baseline must find room; the page repeats how to repeat it.
    let used: usize = entries.iter().map(|(_, words)| words.len()).sum();
    if lines.len() + used + 1 + footnote.len() + LEAST_ROWS > LINES {
        entries.retain(|(head, _)| *head != "repeat");
    }
    for (head, words) in entries {
        lines.extend(style.headed(head, words));
    }
    // Whole sentences as far as there is room beside the table; the page has them all.
    let model = answer.model.iter().map(|model| &model.sentence);
    let said = findings.why_primary.as_ref().map(|why| format!("{why}."));
    let others = caveats(false).filter(|sentence| Some(*sentence) != said.as_ref());
    for sentence in answer.details.iter().chain(model).chain(others) {
        let words = wrap(sentence, width - 8, usize::MAX);
        if lines.len() + words.len() + table_lines > LINES {
            continue;
        }
        lines.extend(style.headed("note", words));
    }
    lines.push(String::new());
    let room = LINES.saturating_sub(lines.len() + footnote.len()).max(LEAST_ROWS);
    lines.extend(table(&view, width, room, style));
    lines.extend(footnote.iter().map(|line| style.dim(line)));
    Ok(lines.join("\n") + "\n")
}

/// The validation curve of every family of strengths as a table; empty without any.
///
/// # Errors
/// Records and findings of different studies.
pub fn strengths(
    records: &StudyRecords,
    findings: &StudyFindings,
    width: usize,
    colour: bool,
) -> Result<String, ReportError> {
    let view = View::new(records, findings)?;
    let style = Style { colour };
    let families = findings.strengths.iter().map(|of| {
        let mut lines = vec![String::new()];
        lines.extend(wrap(&of.sentence, width.max(40), 4));
        lines.extend(strength_table(&view, of, width.max(40), style));
        lines.join("\n") + "\n"
    });
    Ok(families.collect())
}

/// A line a strength with a head: training and validation score, and the difference.
fn strength_table(view: &View, of: &StrengthFamily, width: usize, style: Style) -> Vec<String> {
    let primary = view.records.study.primary;
    let (unit, difference) = (Unit::of(primary), Unit::of_difference(primary));
    let [training, validation] = of.metrics;
    let mut cells =
        vec![["strength", training, validation, "difference [95 %]", ""].map(String::from)];
    let [train, val] = &of.baseline;
    cells.push(["baseline".into(), unit.mean(train), unit.mean(val), String::new(), String::new()]);
    cells.extend(of.points.iter().enumerate().map(|(at, point)| {
        [
            strength(point.strength),
            unit.mean(&point.training),
            unit.mean(&point.validation),
            difference.interval(&point.difference),
            if of.recommended == Some(at) { "take".into() } else { verdict(view, point.arm) },
        ]
    }));
    let widest = |column: usize| cells.iter().map(|row| length(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(widest).collect();
    let line = |(i, row): (usize, &[String; 5])| {
        let row: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, &wide))| {
                let pad = " ".repeat(wide.saturating_sub(length(cell)));
                if column < 3 { pad + cell } else { cell.clone() + &pad }
            })
            .collect();
        let line = cut(row.join("  ").trim_end(), width);
        match i {
            0 => style.dim(&line),
            i if i >= 2 && of.recommended == Some(i - 2) => style.code("32", &line),
            _ => line,
        }
    };
    cells.iter().enumerate().map(line).collect()
}

/// How words stand out.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub colour: bool,
}

impl Style {
    fn code(self, code: &str, words: &str) -> String {
        if self.colour { format!("\x1b[{code}m{words}\x1b[0m") } else { words.to_string() }
    }

    pub fn bold(self, words: &str) -> String {
        self.code("1", words)
    }

    pub fn dim(self, words: &str) -> String {
        self.code("2", words)
    }

    /// Lines behind a dim head of seven columns, which stands before the first of them.
    pub fn headed(self, head: &str, lines: Vec<String>) -> Vec<String> {
        let lines = lines.into_iter().filter(|line| !line.is_empty()).enumerate();
        let headed = |(i, line): (usize, String)| {
            let head = if i == 0 { head } else { "" };
            format!("{} {line}", self.dim(&format!("{head:<7}")))
        };
        lines.map(headed).collect()
    }
}

/// The arms in `room` lines with a head, best first; the baseline is always there.
fn table(view: &View, width: usize, room: usize, style: Style) -> Vec<String> {
    let primary = view.records.study.primary;
    let difference = Unit::of_difference(primary);
    let mut arms = view.best_first();
    let rows = room.saturating_sub(1);
    let hidden = if arms.len() > rows { arms.len() + 1 - rows.max(2) } else { 0 };
    if hidden > 0 {
        let rest = arms.split_off(arms.len() - hidden);
        if rest.contains(&0) {
            arms.pop();
            arms.push(0);
        }
    }
    let score = view.score();
    let name = score_words(score).name;
    // How many seeds an arm had stands beside its mean only where that differs.
    let seeds = view.uneven_seeds();
    let counted = |name: &str, n: String, mut rest: Vec<String>| {
        let n = seeds.as_ref().map(|_| n);
        rest.splice(0..0, std::iter::once(name.to_string()).chain(n));
        rest
    };
    let heads = [primary.name(), "difference [95 %]", "", name, "gap"].map(String::from);
    let mut cells = vec![counted("arm", "n".into(), heads.to_vec())];
    for &arm in &arms {
        let found = view.found(arm);
        let s = &found.summary;
        let difference = found
            .against_baseline
            .as_ref()
            .map_or(String::new(), |against| difference.interval(&against.primary));
        let row = vec![
            Unit::of(primary).mean(&s.primary),
            difference,
            verdict(view, arm),
            match score {
                ScoreKind::Accuracy => {
                    let unit = if s.best_val_score.mean.is_finite() { " %" } else { "" };
                    format!("{}{unit}", Unit::Percent.mean(&s.best_val_score))
                }
                ScoreKind::R2 => Unit::Plain.mean(&s.best_val_score),
            },
            Unit::of_gap(score).mean(&s.last_gap),
        ];
        cells.push(counted(view.name(arm), s.seeds.len().to_string(), row));
    }
    // Before the difference, and behind the judgement, stand numbers.
    let judged = cells[0].len() - 3;
    let is_number = |column: usize| column > 0 && column < judged - 1 || column > judged;
    // As many columns as fit; the name gives way first.
    let widest = |column: usize| cells.iter().map(|row| length(&row[column])).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..cells[0].len()).map(widest).collect();
    let total = |widths: &[usize]| widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
    while widths.len() > judged + 1 && total(&widths) > width {
        widths.pop();
    }
    widths[0] =
        widths[0].min(widths[0].saturating_sub(total(&widths).saturating_sub(width)).max(8));
    let mut lines: Vec<String> = cells
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let row: Vec<String> = widths
                .iter()
                .enumerate()
                .map(|(column, &wide)| {
                    let cell = cut(&row[column], wide);
                    let pad = " ".repeat(wide.saturating_sub(length(&cell)));
                    if is_number(column) { pad + &cell } else { cell + &pad }
                })
                .collect();
            let line = cut(row.join("  ").trim_end(), width);
            match i {
                0 => style.dim(&line),
                i if Some(arms[i - 1]) == view.findings.answer.arm => style.code("32", &line),
                _ => line,
            }
        })
        .collect();
    if hidden > 0 {
        lines.push(
            style.dim(&format!("… and {} in report.html", count(hidden, "more arm", "more arms"))),
        );
    }
    lines
}

pub(crate) fn length(words: &str) -> usize {
    words.chars().count()
}

/// At most so many letters, the last an ellipsis where some are missing; control
/// characters, which could move the cursor, are dropped.
pub(crate) fn cut(words: &str, most: usize) -> String {
    let clean: String = words.chars().filter(|c| !c.is_control()).collect();
    if length(&clean) <= most {
        return clean;
    }
    clean.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Words in at most `lines` lines of `width` letters, broken at spaces.
pub(crate) fn wrap(words: &str, width: usize, lines: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        let full = out.len() == lines;
        match out.last_mut() {
            Some(line) if full || length(line) + 1 + length(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => out.push(word.to_string()),
        }
    }
    out.into_iter().map(|line| cut(&line, width)).collect()
}

/// `accuracy 89.31 %`, `R² 0.8431`.
fn score_value(score: ScoreKind, value: f64) -> String {
    match score {
        ScoreKind::Accuracy => format!("accuracy {}", short_score(score, value)),
        ScoreKind::R2 => short_score(score, value),
    }
}

/// The scores of `train.metrics` at an epoch, on the validation set or, without one, on the
/// training set.
fn extras(row: &EpochRow) -> Vec<String> {
    let each = row.extras.iter().map(|score| {
        let unit = Unit::of(Metric::Val(score.extra));
        let percent = if unit == Unit::Percent { " %" } else { "" };
        let value = unit.value(score.val.unwrap_or(score.train));
        format!("{} {value}{percent}", score.extra.words())
    });
    let all = each.collect::<Vec<_>>().join(", ");
    let head = if row.val_loss.is_some() { "val" } else { "train" };
    let lines = wrap(&all, 72, usize::MAX).into_iter().enumerate();
    lines.map(|(i, line)| format!("{:<6} {line}", if i == 0 { head } else { "" })).collect()
}

/// A single run in a few lines: how it ended, the kept and the last epoch, the gap,
/// the weights, the time.
pub fn train_summary(record: &Record, colour: bool) -> String {
    let style = Style { colour };
    let n = record.epochs.len();
    let end = match &record.state {
        RunState::Complete => format!("{} run", count(n, "epoch", "epochs")),
        RunState::StoppedEarly => format!("stopped early after {}", count(n, "epoch", "epochs")),
        RunState::Diverged { epoch, step } => {
            let step = step.map_or(String::new(), |step| format!(", step {step}"));
            format!("diverged in epoch {epoch}{step}: the loss was not finite")
        }
        RunState::Interrupted => format!("interrupted after {}", count(n, "epoch", "epochs")),
        RunState::Failed { message } => format!("failed: {}", cut(message, 200)),
    };
    let mut lines = vec![style.bold(&end)];
    let row = |head: &str, of: Option<&EpochRow>| {
        let of = of?;
        let mut line = format!(
            "{head:<6} epoch {:>3}   train loss {}  {}",
            of.epoch,
            Unit::Plain.value(of.train_eval_loss),
            score_value(of.score, of.train_score)
        );
        if let (Some(loss), Some(score), Some(gap)) = (of.val_loss, of.val_score, of.gap()) {
            line += &format!(
                "   val loss {}  {}   gap {}",
                Unit::Plain.value(loss),
                score_value(of.score, score),
                Unit::of_gap(of.score).value(gap)
            );
        }
        Some(line)
    };
    let best = record.best_epoch.and_then(|e| record.epochs.iter().find(|r| r.epoch == e));
    lines.extend(row("kept", best));
    lines.extend(row("last", record.epochs.last()));
    lines.extend(best.or(record.epochs.last()).into_iter().flat_map(extras));
    if let Some(test) = &record.test {
        lines.push(format!(
            "test   loss {}  {}  ({} samples)",
            Unit::Plain.value(test.loss),
            score_value(test.kind, test.score),
            test.n
        ));
    }
    for weights in record.weights.iter().filter(|w| w.shape.len() > 1) {
        lines.push(format!(
            "{:<12} std {}  largest {} ({} × std)",
            cut(&weights.name, 12),
            short(weights.std),
            short(weights.max_abs),
            short(weights.max_over_std)
        ));
    }
    let seconds: f64 = record.epochs.iter().map(|r| r.seconds).sum();
    lines.push(style.dim(&format!(
        "{} ({} an epoch), {}, wellfit {}",
        duration(seconds),
        duration(seconds / n.max(1) as f64),
        record.instructions,
        record.version
    )));
    lines.join("\n") + "\n"
}
