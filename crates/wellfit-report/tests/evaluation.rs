//! What a model gives on a set: words that fit a terminal, pictures that can be drawn.

use wellfit_metrics::{Classified, Evaluated, LossFigure, Predicted, Report};
use wellfit_report::{evaluation_summary, write_evaluation};

/// `n` samples of so many classes, most of them right; the surer the later.
fn classified(classes: usize, n: usize) -> Classified {
    let mut noise = 1u32;
    let mut draw = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(noise >> 8) / f64::from(1 << 24)
    };
    let labels: Vec<u32> = (0..n).map(|i| (i % classes) as u32).collect();
    let rows: Vec<f32> = labels
        .iter()
        .flat_map(|&label| {
            (0..classes as u32)
                .map(|class| (3.0 * draw() + if class == label { 2.5 } else { 0.0 }) as f32)
                .collect::<Vec<_>>()
        })
        .collect();
    Classified::from_logits(&labels, &rows, classes).unwrap()
}

fn evaluated(report: Report) -> Evaluated {
    let rows = report.listed().into_iter().map(|i| (i + 1).to_string()).collect();
    Evaluated {
        model: "runs/with a rather long name that goes on and on/trials/baseline-s0".into(),
        data: "/somewhere/else/where data are.csv".into(),
        set: "validation set".into(),
        loss: LossFigure::of("cross-entropy", &[0.3, 0.5, 0.1, 0.9]),
        report,
        rows,
        notes: vec!["The kept epoch was chosen on these samples.".into()],
    }
}

fn of_classes(classes: usize, n: usize, name: impl Fn(usize) -> String) -> Evaluated {
    let names: Vec<String> = (0..classes).map(name).collect();
    evaluated(Report::of_classes(&classified(classes, n), &names))
}

fn lines_fit(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line:?}\n{text}");
    }
}

#[test]
fn words_fit_a_terminal_whatever_the_classes() {
    for classes in [2, 3, 10, 12, 13, 30, 130] {
        let short = of_classes(classes, 400, |i| i.to_string());
        let long = of_classes(classes, 400, |i| format!("a class with a long näme, {i} \u{7}"));
        for of in [short, long] {
            let text = evaluation_summary(&of, false);
            lines_fit(&text);
            assert!(!text.contains('\u{7}'));
            let matrix = classes <= 12;
            assert_eq!(text.contains("taken for class number"), matrix, "{text}");
            assert_eq!(text.contains("the commonest mistakes"), !matrix, "{text}");
        }
    }
}

#[test]
fn a_small_matrix_is_written_as_it_is() {
    let labels = [0, 0, 0, 1, 1, 2];
    let taken = [0, 0, 1, 1, 1, 0];
    let one = |class: usize| (0..3).map(move |c| if c == class { 0.8 } else { 0.1 });
    let rows = taken.into_iter().flat_map(one).collect();
    let set = Classified::new(labels.to_vec(), rows, 3).unwrap();
    let names = ["cat", "dog", "newt"].map(String::from);
    let text = evaluation_summary(&evaluated(Report::of_classes(&set, &names)), false);
    for line in [
        "1 cat     2    1    ·",
        "2 dog     ·    2    ·",
        "3 newt    1    ·    ·",
        "newt           –   0.000   0.000",
        " 73–80  %          6   80.0 %   66.7 %  ████████████████████   │",
        "it says that it is sure by 80.0 %, and is right in 66.7 %",
        "  3   80.0 %  cat taken for dog",
    ] {
        assert!(text.contains(line), "{line:?} is missing in\n{text}");
    }
}

#[test]
fn pictures_are_drawn_for_any_number_of_classes() {
    let folder = tempfile::tempdir().unwrap();
    for (classes, files) in [(2, 5), (10, 5), (25, 5), (100, 5), (101, 3)] {
        let of = of_classes(classes, 300, |i| format!("class <{i}> & co"));
        let to = folder.path().join(classes.to_string());
        let written = write_evaluation(&to, &of).unwrap();
        assert_eq!(written.len(), files, "{written:?}");
        let svg = std::fs::read_to_string(to.join("calibration.svg")).unwrap();
        assert!(svg.contains("reliability") && !svg.contains("NaN"), "{svg}");
        if classes <= 100 {
            let svg = std::fs::read_to_string(to.join("confusion.svg")).unwrap();
            assert!(svg.contains("class &lt;0&gt; &amp; co") && !svg.contains("NaN"));
        }
    }
}

#[test]
fn numbers_have_residuals_and_a_picture() {
    let targets: Vec<f32> = (0..5000).flat_map(|i| [i as f32, (i * 7 % 11) as f32]).collect();
    let off = |(i, y): (usize, &f32)| y + (i % 13) as f32 - 6.0;
    let predictions = targets.iter().enumerate().map(off).collect();
    let set = Predicted::new(targets, predictions, 2).unwrap();
    let names = ["price of a house in crowns", "rooms"].map(String::from);
    let of = evaluated(Report::of_numbers(&set, &names));
    let text = evaluation_summary(&of, false);
    lines_fit(&text);
    for words in ["RMSE", "prediction − target", "rooms", "the worst predictions"] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let written = write_evaluation(folder.path(), &of).unwrap();
    assert_eq!(written.len(), 3);
    let svg = std::fs::read_to_string(folder.path().join("predictions.svg")).unwrap();
    assert!(svg.matches("<circle").count() <= 4000 && !svg.contains("NaN"));
}

#[test]
fn a_perfect_model_has_no_mistakes_to_list() {
    let set = Classified::from_logits(&[0, 1], &[9.0, 0.0, 0.0, 9.0], 2).unwrap();
    let names = ["a", "b"].map(String::from);
    let text = evaluation_summary(&evaluated(Report::of_classes(&set, &names)), false);
    assert!(text.contains("No sample is mistaken."), "{text}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = write_evaluation(&file.join("x"), &of_classes(2, 8, |i| i.to_string()));
    assert!(error.unwrap_err().to_string().contains("file"));
}
