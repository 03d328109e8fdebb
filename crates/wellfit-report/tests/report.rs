//! Whole reports of made-up studies, among them the odd ones.

mod fixture;

use std::collections::BTreeMap;
use std::path::Path;

use wellfit_report::chart::Mark;
use wellfit_report::picture::{WIDE, curves, effects};
use wellfit_report::{ReportError, View, answer, train_summary, write_report};
use wellfit_study::StudyRecords;
use wellfit_train::record::{Event, RunState};

/// Writes a report and returns its files.
fn written(records: &StudyRecords) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    write_report(folder.path(), records, &fixture::findings(records), None).unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap();
    files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

fn page(records: &StudyRecords) -> String {
    String::from_utf8(written(records).remove("report.html").unwrap()).unwrap()
}

/// The page's embedded data.
fn data(page: &str) -> serde_json::Value {
    let start = page.find(r#"id="data">"#).unwrap() + r#"id="data">"#.len();
    let end = start + page[start..].find("</script>").unwrap();
    serde_json::from_str(&page[start..end]).unwrap()
}

fn lines(records: &StudyRecords, width: usize) -> Vec<String> {
    let text = answer(records, &fixture::findings(records), width, false).unwrap();
    text.lines().map(String::from).collect()
}

/// Studies that are not as one would like them.
fn odd() -> Vec<(&'static str, StudyRecords)> {
    let mut all = vec![
        ("one seed", fixture::article(1, 30)),
        ("one epoch", fixture::article(3, 1)),
        ("one arm", fixture::study(&fixture::ARTICLE[..1], 3, 10)),
        ("one of everything", fixture::study(&fixture::ARTICLE[..1], 1, 1)),
    ];
    let mut missing = fixture::article(3, 8);
    missing.records[3] = vec![None; 3];
    missing.records[0][1] = None;
    all.push(("missing trials", missing));
    let mut nothing = fixture::article(2, 8);
    nothing.records.iter_mut().flatten().for_each(|record| *record = None);
    all.push(("nothing yet", nothing));
    let mut blind = fixture::article(3, 8);
    for record in blind.records.iter_mut().flatten().flatten() {
        for row in &mut record.epochs {
            (row.val_loss, row.val_score) = (None, None);
        }
        record.best_epoch = None;
    }
    all.push(("no validation", blind));
    let mut diverged = fixture::article(3, 8);
    let trials = diverged.records.iter_mut().enumerate().flat_map(|(arm, trials)| {
        let some = if arm == 2 { 3 } else { usize::from(arm == 4) };
        trials[..some].iter_mut().flatten()
    });
    for record in trials {
        for (i, row) in record.epochs.iter_mut().enumerate().skip(3) {
            row.train_loss = f64::NAN;
            row.train_eval_loss = if i == 3 { 1e30 } else { f64::INFINITY };
            row.train_score = f64::NAN;
            (row.val_loss, row.val_score) = (Some(f64::INFINITY), Some(f64::NAN));
        }
        record.state = RunState::Diverged { epoch: 4, step: Some(17) };
        record.events.push(Event::Diverged { epoch: 4 });
        for weights in &mut record.weights {
            (weights.std, weights.max_abs) = (f64::NAN, f64::INFINITY);
            (weights.histogram.width, weights.histogram.first) = (f64::NAN, i64::MIN);
        }
    }
    all.push(("diverged arms", diverged));
    let mut empty = fixture::article(2, 4);
    for record in empty.records.iter_mut().flatten().flatten() {
        record.epochs.clear();
        record.weights.clear();
        record.state = RunState::Failed { message: "<out of memory>".into() };
    }
    all.push(("failed before the first epoch", empty));
    all
}

#[test]
fn a_report_is_seven_files_and_depends_on_nothing_outside() {
    let files = written(&fixture::article(5, 30));
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "curves.png",
            "curves.svg",
            "effects.png",
            "effects.svg",
            "report.html",
            "weights.png",
            "weights.svg"
        ]
    );
    for (name, bytes) in &files {
        if name.ends_with(".png") {
            assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "{name}");
            assert!(bytes.len() > 10_000, "{name} is {} bytes", bytes.len());
            continue;
        }
        let text = std::str::from_utf8(bytes).unwrap();
        for outside in ["src=\"http", "href=\"http", "url(", "@import", "fetch("] {
            assert!(!text.contains(outside), "{name} contains {outside}");
        }
    }
    assert!(files["report.html"].len() < 2_000_000);
}

#[test]
fn the_page_answers_before_it_proves() {
    let page = page(&fixture::article(5, 30));
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("no {words}"));
    let order = [
        "<h1>",
        "id=\"effects\"",
        "id=\"curves\"",
        "claims</h2>",
        "id=\"weights\"",
        "id=\"by-arm\"",
        "Plans</h2>",
        "Instructions",
        "id=\"data\"",
    ];
    let places: Vec<usize> = order.iter().map(|words| at(words)).collect();
    assert!(places.is_sorted(), "{places:?}");
    let findings = fixture::findings(&fixture::article(5, 30));
    assert!(page.contains(&findings.answer.headline));
}

#[test]
fn every_history_is_embedded_and_gives_the_curves_again() {
    let records = fixture::article(5, 30);
    let data = data(&page(&records));
    for (arm, trials) in records.records.iter().enumerate() {
        let embedded = &data["arms"][arm];
        for (trial, record) in trials.iter().enumerate() {
            let record = record.as_ref().unwrap();
            let losses = embedded["trials"][trial]["val_loss"].as_array().unwrap();
            assert_eq!(losses.len(), record.epochs.len());
            for (loss, row) in losses.iter().zip(&record.epochs) {
                assert!((loss.as_f64().unwrap() - row.val_loss.unwrap()).abs() < 1e-6);
            }
        }
        let point = &embedded["curves"]["val_loss"][0];
        let first: f64 = trials.iter().flatten().map(|r| r.epochs[0].val_loss.unwrap()).sum();
        assert!((point[1].as_f64().unwrap() - first / 5.0).abs() < 1e-6);
        assert_eq!(point[4], 5);
    }
}

#[test]
fn odd_studies_give_whole_reports() {
    for (name, records) in odd() {
        let files = written(&records);
        let page = std::str::from_utf8(&files["report.html"]).unwrap();
        data(page);
        assert!(page.contains("<h1>") && page.contains("</html>"), "{name}");
        for (file, bytes) in files.iter().filter(|(file, _)| file.ends_with(".svg")) {
            let text = std::str::from_utf8(bytes).unwrap();
            for bad in ["NaN", "inf", "null"] {
                let marks = text.split('<').filter(|tag| {
                    !tag.starts_with("text")
                        && !tag.starts_with("desc")
                        && !tag.starts_with("title")
                });
                for tag in marks {
                    assert!(!tag.contains(bad), "{name}, {file}: {tag}");
                }
            }
        }
        let lines = lines(&records, 80);
        assert!(lines.len() <= 20 && !lines[0].is_empty(), "{name}: {lines:#?}");
    }
}

#[test]
fn a_crowd_of_arms_stays_within_bounds_and_hostile_names_are_harmless() {
    let records = fixture::crowd(30, 20, 30);
    let page = page(&records);
    assert!(page.len() < 6_000_000, "{} bytes", page.len());
    assert!(!page.contains("<b>bold"), "a name became markup");
    assert_eq!(page.matches("</script>").count(), 2, "a name ended the script");
    assert_eq!(data(&page)["arms"][1]["name"], "</script><b>bold</b> & \"quoted\"");
    for width in [40, 60, 80, 120] {
        let lines = lines(&records, width);
        assert!(lines.len() <= 20, "{} lines", lines.len());
        assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:#?}");
        assert!(lines.iter().any(|line| line.contains("more arms")), "{lines:#?}");
        assert!(lines.iter().any(|line| line.starts_with("baseline")), "{lines:#?}");
    }
}

#[test]
fn the_terminal_says_what_the_page_says() {
    let records = fixture::article(5, 30);
    let findings = fixture::findings(&records);
    let lines = lines(&records, 80);
    let text = lines.join(" ");
    assert!(text.starts_with(&findings.answer.headline), "{text}");
    assert!(lines.len() <= 20 && lines.iter().all(|line| line.chars().count() <= 80));
    for (name, _, _) in fixture::ARTICLE {
        assert!(lines.iter().any(|line| line.starts_with(name)), "{name}: {lines:#?}");
    }
    assert!(!text.contains('\u{1b}'));
    let coloured = answer(&records, &findings, 80, true).unwrap();
    assert!(coloured.contains("\u{1b}[1m") && coloured.contains("\u{1b}[32m"));
}

/// A race whose first arm got two seeds of five and whose second is the baseline again.
fn raced() -> StudyRecords {
    let mut records = fixture::study(&fixture::ARTICLE[..4], 5, 30);
    records.study.racing = true;
    records.records[1] = records.records[0].clone();
    records.records[2][2..].fill(None);
    records
}

#[test]
fn the_terminal_counts_seeds_where_they_differ_and_what_a_race_saved() {
    let lines = lines(&raced(), 80);
    let row = |name: &str| {
        let row = lines.iter().find(|line| line.starts_with(name));
        row.unwrap_or_else(|| panic!("{name}: {lines:#?}")).split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(row("arm ")[1], "n", "{lines:#?}");
    assert_eq!((row("dropout ")[1], row("baseline ")[1]), ("2", "5"));
    assert_eq!(row("early stopping ").last(), Some(&"identical"));
    assert!(lines.iter().any(|line| line.starts_with("race    it ran 17 of 20 trials")));
    let full = self::lines(&fixture::article(5, 30), 80);
    assert!(!full.iter().any(|line| line.starts_with("arm  n") || line.starts_with("race")));
}

#[test]
fn arms_are_ranked_by_what_they_gain_and_not_by_means_over_other_seeds() {
    let mut records = fixture::study(&fixture::ARTICLE[..4], 5, 30);
    // Of seeds with lower losses for all arms alike the first arm has two, and is worse there.
    for (arm, trials) in records.records.iter_mut().enumerate() {
        for (seed, record) in trials.iter_mut().enumerate() {
            for row in &mut record.as_mut().unwrap().epochs {
                let lucky = if seed < 2 { -0.2 } else { 0.0 };
                let worse = if arm == 1 { 0.02 } else { 0.0 };
                row.val_loss = row.val_loss.map(|loss| loss + lucky + worse);
            }
        }
    }
    records.records[1][2..].fill(None);
    let findings = fixture::findings(&records);
    let mean = |arm: usize| findings.arms[arm].summary.primary.mean;
    assert!(mean(1) < mean(0), "its mean is the lower one");
    let view = View::new(&records, &findings).unwrap();
    let place = |arm: usize| view.best_first().iter().position(|&a| a == arm).unwrap();
    assert!(place(1) > place(0), "{:?}", view.best_first());
}

#[test]
fn what_makes_figures_other_than_they_seem_is_in_the_terminal_whatever_the_room() {
    let mut records = fixture::crowd(20, 3, 30);
    records.opening = Some(wellfit_study::Opening {
        opened: "2026-11-23T09:30:00Z".into(),
        arm: "baseline".into(),
        arms: records.study.arms[..19].iter().map(|arm| arm.name.clone()).collect(),
        seeds: records.study.seeds.clone(),
        folds: None,
    });
    let text = lines(&records, 80).join(" ");
    assert!(text.contains("note    l2 1e-19: added after the test set was opened"), "{text}");
}

#[test]
fn the_line_of_verdicts_is_never_cut_off() {
    let records = fixture::article(5, 30);
    let findings = fixture::findings(&records);
    for width in [40, 60, 80] {
        let words: Vec<String> = lines(&records, width);
        let text = words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(findings.verdict.as_ref().unwrap().as_str()), "{text}");
    }
}

#[test]
fn a_footnote_says_why_an_arm_clear_of_zero_is_undecided() {
    let mut records = fixture::article(5, 30);
    for record in records.records[1].iter_mut().flatten() {
        for row in &mut record.epochs {
            row.val_loss = row.val_loss.map(|loss| loss + 0.003);
        }
    }
    let mut findings = fixture::findings(&records);
    findings.why_undecided = Some("Undecided: no interval is clear of ±0.00327".into());
    let text = answer(&records, &findings, 80, false).unwrap();
    assert!(text.ends_with("Undecided: no interval is clear of ±0.00327\n"), "{text}");
    assert!(text.lines().count() <= 20);
}

#[test]
fn a_wide_interval_ends_in_an_arrow_head_and_leaves_room_for_the_others() {
    let mut records = fixture::study(&fixture::ARTICLE[..4], 5, 30);
    records.records[2][2..].fill(None);
    // Two seeds that differ: an interval of some 25 times their spread.
    for row in &mut records.records[2][0].as_mut().unwrap().epochs {
        row.val_loss = row.val_loss.map(|loss| loss + 0.05);
    }
    let findings = fixture::findings(&records);
    let primary = &findings.arms[2].against_baseline.as_ref().unwrap().primary;
    assert!(primary.half_width() > 0.2, "{primary:?}");
    let heads = |records: &StudyRecords| {
        let findings = fixture::findings(records);
        let picture = effects(&View::new(records, &findings).unwrap(), WIDE);
        let is_head = |mark: &&Mark| matches!(mark, Mark::Area { points, .. } if points.len() == 3);
        picture.marks().filter(is_head).count()
    };
    assert_eq!(heads(&records), 2);
    assert!(page(&records).contains("Arrow head: the interval goes on beyond the picture."));
    let all = fixture::article(5, 30);
    assert_eq!(heads(&all), 0);
    assert!(!page(&all).contains("Arrow head"));
}

#[test]
fn no_label_of_a_kept_epoch_lies_on_another_arms_dot() {
    let mut labels = 0;
    for shift in 0..12 {
        let mut records = fixture::study(&fixture::ARTICLE[..1], 2, 6);
        records.study.arms.push(wellfit_study::Arm::plain("other", fixture::plan(6)));
        records.records.push(records.records[0].clone());
        for row in records.records[1].iter_mut().flatten().flat_map(|record| &mut record.epochs) {
            row.val_loss = row.val_loss.map(|loss| loss + 0.004 * f64::from(shift));
        }
        let findings = fixture::findings(&records);
        let picture = curves(&View::new(&records, &findings).unwrap(), &[0, 1], WIDE);
        let dots: Vec<(f64, f64)> = picture
            .marks()
            .filter_map(|mark| match mark {
                Mark::Sign { at, radius, .. } if *radius == 4.0 => Some(*at),
                _ => None,
            })
            .collect();
        for mark in picture.marks() {
            let Mark::Text(text) = mark else { continue };
            if !text.words.starts_with("epoch ") {
                continue;
            }
            labels += 1;
            let over = |(x, y): &&(f64, f64)| {
                (x - text.x).abs() < 30.0 && *y > text.y - 12.0 && *y < text.y + 6.0
            };
            assert_eq!(dots.iter().find(over), None, "{shift}: {text:?}");
        }
    }
    assert!(labels > 12, "{labels}");
}

#[test]
fn what_was_seen_from_inside_stands_on_the_page() {
    let records = fixture::article(3, 5);
    assert!(!page(&records).contains("From inside"));
    let mut findings = fixture::findings(&records);
    findings.inside.push(wellfit_diagnose::InsideFindings {
        kind: "dead-relu",
        title: "Dead ReLUs",
        sentence: "<l1> (3 of 3 trials, layers 1, 3)".into(),
        evidence: "l1, seed 0: layer 1".into(),
        advice: "a smaller learning rate",
    });
    let folder = tempfile::tempdir().unwrap();
    write_report(folder.path(), &records, &findings, None).unwrap();
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    for words in ["<h2>From inside</h2>", "Dead ReLUs", "&lt;l1&gt; (3 of 3 trials, layers 1, 3)"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn what_a_check_of_the_data_found_stands_on_the_page() {
    let records = fixture::article(3, 5);
    let folder = tempfile::tempdir().unwrap();
    let written = |checked: &wellfit_check::Checked| {
        let findings = fixture::findings(&records);
        write_report(folder.path(), &records, &findings, Some(checked)).unwrap();
        std::fs::read_to_string(folder.path().join("report.html")).unwrap()
    };
    let names = vec!["a".to_owned(), "b".to_owned()];
    let shape = wellfit_data::Shape::Vector(1);
    let set = wellfit_data::Dataset::from_floats(shape, vec![1.0; 30], vec![0; 30], names).unwrap();
    let raw = wellfit_data::RawSplits {
        train: set,
        validation: None,
        test: None,
        validation_is_test: false,
        origin: "made".into(),
    };
    let request = wellfit_data::DataRequest::of("made");
    let mut checked = wellfit_check::check(&raw, &request, wellfit_check::Effort::Quick);
    checked.findings.retain(|finding| finding.kind == wellfit_check::Kind::OneClass);
    checked.findings[0].evidence.push_str(" <b>");
    let page = written(&checked);
    for words in ["<h2>The data</h2>", "error", "One class only: all 30", "&lt;b&gt;"] {
        assert!(page.contains(words), "{words}");
    }
    checked.findings.clear();
    assert!(!written(&checked).contains("<h2>The data</h2>"));
}

#[test]
fn a_run_is_summed_up_with_its_kept_and_last_epoch() {
    let records = fixture::article(1, 30);
    let record = records.records[0][0].as_ref().unwrap();
    let summary = train_summary(record, false);
    let kept = &record.epochs[record.best_epoch.unwrap() - 1];
    assert!(summary.starts_with("30 epochs run\n"), "{summary}");
    assert!(summary.contains(&format!("val loss {:.4}", kept.val_loss.unwrap())), "{summary}");
    assert!(summary.contains("0.weight") && summary.contains("13.9 × std"), "{summary}");
    for (_, records) in odd() {
        for record in records.records.iter().flatten().flatten() {
            assert!(!train_summary(record, true).is_empty());
        }
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error_that_names_the_file() {
    let records = fixture::article(1, 2);
    let findings = fixture::findings(&records);
    let error = write_report(Path::new("no/such/folder"), &records, &findings, None).unwrap_err();
    assert!(error.to_string().contains("no/such/folder"), "{error}");
}

#[test]
fn findings_of_another_study_are_an_error() {
    let findings = fixture::findings(&fixture::study(&fixture::ARTICLE[..2], 1, 2));
    let error = answer(&fixture::article(1, 2), &findings, 80, false).unwrap_err();
    assert!(matches!(error, ReportError::Mismatch { arms: 8, found: 2, .. }), "{error}");
}

#[test]
fn a_regression_study_is_told_in_r2_and_nowhere_in_accuracies_or_per_cent() {
    let study = fixture::regression(fixture::article(3, 30));
    let page = page(&study);
    assert!(!page.contains("accuracy") && !page.contains("Accuracy"), "no accuracy on the page");
    assert!(page.contains(">R²<") && page.contains("val R², kept"), "R² in picture and table");
    let data = data(&page);
    assert_eq!(data["score"]["columns"][1], "val_r2");
    assert!(data["arms"][0]["curves"]["val_r2"].is_array());
    for file in ["curves.svg", "effects.svg"] {
        let text = String::from_utf8(written(&study).remove(file).unwrap()).unwrap();
        assert!(text.contains("R²") && !text.contains("ccuracy"), "{file}");
    }
    let lines = lines(&study, 100);
    let head = lines.iter().find(|line| line.starts_with("arm ")).unwrap();
    assert!(head.contains(" R²  ") && !head.contains("accuracy"), "{head}");
    assert!(!lines.iter().any(|line| line.contains("accuracy") || line.contains("points")));
    let record = study.records[0][0].as_ref().unwrap();
    let summary = train_summary(record, false);
    assert!(summary.contains("R² 0.") && !summary.contains('%'), "{summary}");
}

#[test]
fn a_range_of_strengths_has_a_picture_a_section_and_a_table() {
    let records = fixture::strengths(5, 10);
    let files = written(&records);
    let picture = String::from_utf8(files["strengths.svg"].clone()).unwrap();
    for words in
        ["dropout: loss by strength", "l2: loss by strength", "validation", "training", "baseline"]
    {
        assert!(picture.contains(words), "{words}");
    }
    assert!(files["strengths.png"].starts_with(b"\x89PNG"));
    let page = page(&records);
    assert!(page.contains("<h2>Strengths</h2>"));
    let findings = fixture::findings(&records);
    for width in [40, 80] {
        let text = wellfit_report::strengths(&records, &findings, width, false).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        assert!(text.contains("strength"), "{text}");
    }
    let none = fixture::article(2, 3);
    assert!(!written(&none).contains_key("strengths.svg"));
    let text = wellfit_report::strengths(&none, &fixture::findings(&none), 80, false).unwrap();
    assert_eq!(text, "");
}

#[test]
fn strengths_of_trials_that_are_missing_or_diverged_leave_gaps() {
    let mut records = fixture::strengths(3, 6);
    records.records[2] = vec![None; 3];
    for record in records.records[3].iter_mut().flatten() {
        record.state = RunState::Diverged { epoch: 1, step: None };
    }
    assert!(written(&records).contains_key("strengths.svg"));
    records.records.iter_mut().flatten().for_each(|record| *record = None);
    assert!(written(&records).contains_key("strengths.svg"));
}
