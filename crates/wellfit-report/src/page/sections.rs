//! The page's sections, in its order.

use std::collections::BTreeSet;
use std::fmt::Write;

use wellfit_diagnose::{StrengthFamily, metric_words};
use wellfit_stats::format::{self, count as thousands};

use super::table;
use crate::chart::Picture;
use crate::chart::svg::{Ground, svg};
use crate::picture::{self, NARROW, Panel, WIDE};
use crate::text::{Unit, count, escape};
use crate::view::View;
use crate::words::score_words;

/// A picture for wide and for narrow pages; the style sheet shows one of them.
fn figure(id: &str, caption: &str, draw: impl Fn(f64) -> Picture) -> String {
    let wide = svg(&draw(WIDE), Ground::Page, &format!("{id}-wide"));
    let narrow = svg(&draw(NARROW), Ground::Page, &format!("{id}-narrow"));
    format!(
        r#"<figure id="{id}"><div class="still"><div class="wide">{wide}</div><div class="narrow">{narrow}</div></div>
<figcaption>{}</figcaption></figure>
"#,
        escape(caption)
    )
}

/// The answer: one sentence, then what to do, how to repeat it, and what it is worth.
pub fn answer(view: &View) -> String {
    let answer = &view.findings.answer;
    let study = &view.records.study;
    let subtitle = format!(
        "Study {}: {} × {}{}, {}",
        study.name,
        count(view.arms(), "arm", "arms"),
        if study.racing { "up to " } else { "" },
        match study.folds {
            None => count(study.seeds.len(), "seed", "seeds"),
            Some(folds) => view.over().count(folds.count()),
        },
        view.records.data.source
    );
    let mut out = format!(
        "<header><p class=\"study\">{}</p></header>\n<section id=\"answer\"{}>\n<h1>{}</h1>\n<dl>\n",
        escape(&subtitle),
        if answer.decided { "" } else { " class=\"undecided\"" },
        escape(&answer.headline)
    );
    let mut entry = |head: &str, words: &str, code: bool| {
        if words.is_empty() {
            return;
        }
        let words = escape(words);
        let words = if code { format!("<code>{words}</code>") } else { words };
        let _ = writeln!(out, "<div><dt>{head}</dt><dd>{words}</dd></div>");
    };
    let is_plan_line = answer.arm.is_some_and(|arm| arm > 0);
    entry(if answer.decided { "Do" } else { "To settle it" }, &answer.recipe, is_plan_line);
    entry("Repeat", &crate::words::repeat(view), true);
    entry("Test", &answer.final_figure, false);
    entry("Verdict", view.findings.verdict.as_deref().unwrap_or_default(), false);
    entry("Model", answer.model.as_ref().map_or("", |model| &model.sentence), false);
    out.push_str("</dl>\n");
    for sentence in answer.details.iter().filter(|s| !s.is_empty()) {
        let _ = writeln!(out, "<p>{}</p>", escape(sentence));
    }
    if !view.findings.caveats.is_empty() {
        out.push_str("<ul class=\"caveats\">\n");
        for caveat in &view.findings.caveats {
            let class = if caveat.grave { " class=\"grave\"" } else { "" };
            let _ = writeln!(out, "<li{class}>{}</li>", escape(&caveat.sentence));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</section>\n");
    out
}

/// The forest plot.
pub fn effects(view: &View) -> String {
    let study = &view.records.study;
    let unit = Unit::of_difference(study.primary);
    let covers = view.findings.arms.iter().find_map(|arm| arm.against_baseline.as_ref());
    let covers = covers.map_or("training seeds", |against| against.covers.as_str());
    let (one, many) = (view.over().one(), view.over().many());
    let at = if study.judge_at.name() == "best" { "kept" } else { "last" };
    let looks = match view.findings.race {
        Some(_) => ", for all looks of the race together",
        None => "",
    };
    let beyond = match picture::reaches_beyond(view) {
        true => " Arrow head: the interval goes on beyond the picture.",
        false => "",
    };
    let undecided = view.findings.why_undecided.as_ref();
    let undecided = undecided.map_or(String::new(), |why| format!(" {why}."));
    let margin = format::three_digits(view.findings.margin * unit.factor());
    let caption = format!(
        "Difference to the baseline in {} at the {at} epoch, paired by {one}, best on top. \
         Dot: mean. Line: 95 % interval over {covers}{looks}.{beyond} Faint dots: single {many}. \
         Shaded: ±{margin}, too small to matter. \
         The gap is training minus validation {} at the last epoch, baseline → arm; \
         it is not the goal.{undecided}",
        metric_words(study.primary),
        score_words(view.score()).name
    );
    let figure = figure("effects", &caption, |width| picture::effects(view, width));
    format!("<section>\n<h2>Effects</h2>\n{figure}</section>\n")
}

/// Scores against strength; nothing where no arms differ in one.
pub fn strengths(view: &View) -> String {
    let families = &view.findings.strengths;
    if families.is_empty() {
        return String::new();
    }
    let at = if view.records.study.judge_at.name() == "best" { "kept" } else { "last" };
    let many = view.over().many();
    let expects = |family: &StrengthFamily| {
        family.learning.as_ref().is_some_and(|learning| learning.next.is_some())
    };
    let expected = match families.iter().any(expects) {
        true => {
            " A dashed end, with its 95 % interval, is what the fitted power law expects of twice \
             the training samples."
        }
        false => "",
    };
    let caption = format!(
        "Means over {many} at the {at} epoch, by strength. Solid: validation, with its 95 % \
         interval over {many}; dashed: training set, in evaluation mode; dotted: both for the \
         baseline. Shaded: the strength to take, the weakest that helps within one standard error \
         of the best that does.{expected}"
    );
    let figure = figure("strengths", &caption, |width| picture::strengths(view, width));
    let sentences: String =
        families.iter().map(|family| format!("<p>{}.</p>\n", escape(&family.sentence))).collect();
    format!("<section>\n<h2>Strengths</h2>\n{sentences}{figure}</section>\n")
}

/// Loss and score by epoch.
pub fn curves(view: &View, shown: &[usize]) -> String {
    let [one, many] = view.trial_words();
    let uncorrected = match view.records.study.folds {
        None => "",
        Some(_) => ", not corrected for the samples that folds share",
    };
    let caption = format!(
        "Means over {many}. Solid: validation; dashed: training set, in evaluation mode. Band: \
         from the smallest to the largest {one}; the readout gives the 95 % interval of the \
         mean{uncorrected}. Dot: the kept epoch (median, earliest to latest). A line ends where \
         fewer than half of its {many} go on."
    );
    let figure = figure("curves", &caption, |width| picture::curves(view, shown, width));
    format!("<section>\n<h2>Curves</h2>\n{figure}</section>\n")
}

/// The article's claims.
pub fn claims(view: &View) -> String {
    if view.findings.claims.is_empty() {
        return String::new();
    }
    let mut out = String::from("<section>\n<h2>The article’s claims</h2>\n<ul class=\"claims\">\n");
    for claim in &view.findings.claims {
        let holds = claim.holds.word();
        let class = holds.replace(' ', "-");
        let _ = writeln!(
            out,
            "<li><span class=\"holds {}\">{}</span><div><p>{}</p><p class=\"evidence\">{}</p></div></li>",
            class,
            holds,
            escape(&claim.claim),
            escape(&claim.evidence)
        );
    }
    out.push_str("</ul>\n</section>\n");
    out
}

/// What was seen of the trials from inside; nothing where nothing was found.
pub fn inside(view: &View) -> String {
    if view.findings.inside.is_empty() {
        return String::new();
    }
    let mut out =
        String::from("<section id=\"inside\">\n<h2>From inside</h2>\n<ul class=\"claims\">\n");
    for found in &view.findings.inside {
        let _ = writeln!(
            out,
            "<li><span class=\"seen\">{}</span><div><p>{}</p><p class=\"evidence\">{}. What may \
             help: {}.</p></div></li>",
            found.title,
            escape(&found.sentence),
            escape(&found.evidence),
            escape(found.advice)
        );
    }
    out.push_str("</ul>\n</section>\n");
    out
}

/// What a check of the data found before anything was trained.
pub fn checked(view: &View) -> String {
    let Some(checked) = view.checked.filter(|checked| !checked.findings.is_empty()) else {
        return String::new();
    };
    let mut out =
        String::from("<section id=\"checked\">\n<h2>The data</h2>\n<ul class=\"claims\">\n");
    for found in &checked.findings {
        let line = found
            .paste
            .as_ref()
            .map_or(String::new(), |line| format!(" In the plan: <code>{}</code>", escape(line)));
        let _ = writeln!(
            out,
            "<li><span class=\"seen\">{}</span><div><p>{}: {}.</p><p class=\"evidence\">{}.{line}</p></div></li>",
            found.level.name(),
            found.kind.title(),
            escape(&found.evidence),
            escape(&capital(&found.advice)),
        );
    }
    out.push_str("</ul>\n</section>\n");
    out
}

/// With a capital at its beginning.
fn capital(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// Histograms by layer.
pub fn weights(view: &View, panels: &[Panel]) -> String {
    let [_, many] = view.trial_words();
    let caption = format!(
        "Weights at the last epoch, without biases. Shared bins, counts averaged over {many}, on \
         a log scale. Below: standard deviation, 1 % to 99 % quantile, largest absolute value, \
         share with |w| < 0.001; means over {many}."
    );
    let figure = figure("weights", &caption, |width| picture::weights(view, panels, width));
    format!("<section>\n<h2>Weights</h2>\n{figure}</section>\n")
}

/// The tables.
pub fn figures(view: &View) -> String {
    let notes = view.findings.arms.iter().filter(|arm| !arm.sentence.is_empty());
    let notes: String = notes
        .map(|arm| {
            format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(&arm.name), escape(&arm.sentence))
        })
        .collect();
    format!(
        "<section>\n<h2>Every figure</h2>\n<dl class=\"sentences\">\n{notes}</dl>\n{}{}</section>\n",
        table::arms(view),
        table::trials(view)
    )
}

/// Every arm's plan as TOML.
pub fn plans(view: &View) -> String {
    let mut out = String::from("<section>\n<h2>Plans</h2>\n");
    for arm in &view.records.study.arms {
        let remedies =
            if arm.remedies.is_empty() { "no remedy".into() } else { arm.remedies.join(", ") };
        let _ = writeln!(
            out,
            "<details><summary>{} <span>{}</span></summary>\n<pre>{}</pre></details>",
            escape(&arm.name),
            escape(&remedies),
            escape(&arm.plan.to_toml())
        );
    }
    out.push_str("</section>\n");
    out
}

/// Where the figures come from.
pub fn origin(view: &View) -> String {
    let data = &view.records.data;
    let records = || (0..view.arms()).flat_map(|arm| view.trials(arm));
    let set = |of: fn(&wellfit_train::Record) -> &str| {
        let all: BTreeSet<&str> = records().map(of).collect();
        let all: Vec<&str> = all.into_iter().collect();
        if all.is_empty() { "–".to_string() } else { all.join(", ") }
    };
    let [train, validation, test] = data.samples.map(thousands);
    let study = &view.records.study;
    let folds = study.folds.map_or("none: one validation set".into(), |folds| {
        format!("{}; samples are those of the first", view.over().count(folds.count()))
    });
    let seeds: Vec<String> = study.seeds.iter().map(u64::to_string).collect();
    let ended = records().filter(|r| r.state.is_final()).count();
    let most = if view.findings.race.is_some() { "at most " } else { "" };
    let rows = [
        ("Data", format!("{}, {}", data.source, data.origin)),
        ("Samples", format!("{train} training, {validation} validation, {test} test")),
        ("Seeds", seeds.join(", ")),
        ("Folds", folds),
        ("Trials", format!("{ended} of {most}{} ended", view.arms() * study.cells().len())),
        ("wellfit", set(|r| &r.version)),
        ("Instructions", set(|r| &r.instructions)),
    ];
    let mut out = String::from("<section>\n<h2>Origin</h2>\n<dl class=\"origin\">\n");
    for (head, words) in rows {
        let _ = writeln!(out, "<div><dt>{head}</dt><dd>{}</dd></div>", escape(&words));
    }
    out.push_str(
        "</dl>\n<p class=\"evidence\">Every figure by epoch, trial and arm is embedded in this page as JSON (the \
         element with the id “data”). Intervals that also cover the choice of validation \
         samples need the losses of single samples, which are in each trial's record.json.</p>\n\
         </section>\n",
    );
    out
}
