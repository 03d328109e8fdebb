//! Verdicts as text, JSON, annotations, Markdown and JUnit.

use serde_json::Value;
use wellfit_diagnose::verdict::{
    Finding, Format, Found, Gate, Kind, Setting, Show, Target, Unread, render,
};
use wellfit_diagnose::{Verdict, judge};
use wellfit_runs::{Curves, Unit};

use crate::curves::run;

fn overfit() -> Verdict {
    Verdict {
        name: "runs/a".into(),
        origin: "Keras CSVLogger".into(),
        unit: Unit::Epoch,
        rows: 30,
        setting: Setting { epochs: Some(30), ..Setting::default() },
        kind: Kind::Overfit,
        severity: 3,
        confidence: 0.998,
        unsized_validation: false,
        since: Some(13.0),
        best: Some(12.0),
        gap: Some(0.0661),
        gap_of_scores: true,
        headline: "OVERFITTING since epoch 13: validation loss 0.324 → 0.443 (+37 %)".into(),
        findings: vec![Finding::new(Found::Overtrained, "best at epoch 12".into())],
        notes: vec!["columns: loss, val_loss".into()],
    }
}

fn undecided() -> Verdict {
    Verdict {
        name: "a:b,<c> & \"d\"|\u{1b}".into(),
        kind: Kind::Undecided,
        severity: 0,
        confidence: 1.0,
        since: None,
        best: Some(1.5),
        gap: None,
        headline: "UNDECIDED: 50 % of\nnothing <b>".into(),
        findings: vec![],
        notes: vec![],
        ..overfit()
    }
}

fn shown(format: Format) -> String {
    render(&[overfit(), undecided()], &[], Show { format, ..Show::default() })
}

#[test]
fn text_has_the_headline_first() {
    assert_eq!(
        render(&[overfit()], &[], Show::default()),
        "OVERFITTING since epoch 13: validation loss 0.324 → 0.443 (+37 %)\n  \
         runs/a (Keras CSVLogger, 30 rows), confidence 0.998, severity 3 of 3, best epoch 12, gap in score 0.0661\n  \
         overtrained: best at epoch 12\n    \
         → stop earlier and keep the best weights: keras.callbacks.EarlyStopping(monitor=\"val_loss\", patience=3, restore_best_weights=True)\n  \
         note: columns: loss, val_loss\n"
    );
    let both = shown(Format::Text);
    assert!(both.ends_with("\n2 runs: 1 overfit, 1 undecided\n"), "{both}");
    assert!(!both.contains('\x1b'), "names cannot colour the terminal");
    let coloured = render(&[overfit()], &[], Show { colour: true, ..Show::default() });
    assert!(coloured.starts_with("\x1b[1mOVERFITTING"), "{coloured}");
}

#[test]
fn advice_to_train_longer_counts_epochs_and_not_rows() {
    let line = |verdict: &Verdict| {
        let longer = Finding::new(Found::StillImproving, String::new());
        verdict.advice(&longer, Target::Wellfit).paste
    };
    let each_tenth = Verdict { rows: 300, ..overfit() };
    assert_eq!(line(&each_tenth), "epochs = 60");
    let steps = Verdict { unit: Unit::Step, setting: Setting::default(), ..overfit() };
    assert_eq!(line(&steps), "epochs = 2 * epochs");
}

#[test]
fn json_is_an_array_with_the_documented_keys() {
    let all: Value = serde_json::from_str(&shown(Format::Json)).unwrap();
    let one = &all[0];
    assert_eq!(
        (&one["schema"], &one["path"], &one["verdict"]),
        (&1.into(), &"runs/a".into(), &"overfit".into())
    );
    assert_eq!((&one["severity"], &one["confidence"]), (&3.into(), &0.998.into()));
    assert_eq!(
        (&one["since_epoch"], &one["best_epoch"], &one["gap"]),
        (&13.into(), &12.into(), &0.0661.into())
    );
    assert_eq!(
        (&one["gap_of"], &one["findings"][0]["kind"]),
        (&"score".into(), &"overtrained".into())
    );
    let advice = one["findings"][0]["advice"].as_str().unwrap();
    assert!(advice.contains("EarlyStopping(") && one["findings"][0]["evidence"].is_string());
    assert_eq!((&all[1]["since_epoch"], &all[1]["best_epoch"]), (&Value::Null, &1.5.into()));
    assert_eq!((&all[1]["gap"], &all[1]["gap_of"]), (&Value::Null, &Value::Null));
}

#[test]
fn annotations_are_one_line_each_and_escaped() {
    let text = shown(Format::Github);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].starts_with("::warning file=runs/a,title=wellfit%3A overfit::OVERFITTING since epoch 13: validation loss 0.324 → 0.443 (+37 %25)%0Aovertrained: "),
        "{text}"
    );
    assert!(lines[1].starts_with("::notice file=a%3Ab%2C<c> & \"d\"|"), "{text}");
    assert!(lines[1].ends_with("UNDECIDED: 50 %25 of%0Anothing <b>"), "{text}");
    let gate: Gate = "overfit:0.99".parse().unwrap();
    let show = Show { format: Format::Github, gate: Some(&gate), ..Show::default() };
    assert!(render(&[overfit()], &[], show).starts_with("::error "));
}

#[test]
fn markdown_is_a_table_and_a_list_that_names_cannot_break() {
    let text = shown(Format::Markdown);
    assert!(text.contains("| runs/a | **overfit** | 0.998 | 3 | 13 | 12 | 0.0661 |\n"), "{text}");
    assert!(text.contains("| a:b,\\<c\\> \\& \"d\"\\|  | **undecided** |"), "{text}");
    assert!(text.contains("\n### runs/a\n\nOVERFITTING"), "{text}");
    assert!(text.contains("- **overtrained**: best at epoch 12  \n  stop earlier and keep the best weights: `keras.callbacks."), "{text}");
}

#[test]
fn junit_is_xml_with_a_case_a_run() {
    let text = shown(Format::Junit);
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wellfit\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\">"), "{text}");
    assert!(text.contains("<failure type=\"overfit\" message=\"OVERFITTING since"), "{text}");
    assert!(text.contains("name=\"a:b,&lt;c&gt; &amp; &quot;d&quot;|?\""), "{text}");
    assert!(
        text.contains("<skipped message=\"UNDECIDED: 50 % of\nnothing &lt;b&gt;\"/>"),
        "{text}"
    );
    let gate: Gate = "undecided".parse().unwrap();
    let show = Show { format: Format::Junit, gate: Some(&gate), ..Show::default() };
    let text = render(&[overfit(), undecided()], &[], show);
    assert!(text.contains("failures=\"1\" errors=\"0\" skipped=\"0\""), "{text}");
    assert!(
        text.contains("<failure type=\"undecided\"") && text.contains("<system-out>OVERFITTING"),
        "{text}"
    );
}

#[test]
fn what_could_not_be_read_stands_beside_the_verdicts() {
    let unread = [Unread { name: "b<1>.csv".into(), message: "b<1>.csv: is empty".into() }];
    let shown = |format: Format| render(&[overfit()], &unread, Show { format, ..Show::default() });
    let junit = shown(Format::Junit);
    assert_eq!(junit.matches("tests=\"2\" failures=\"1\" errors=\"1\" skipped=\"0\"").count(), 2);
    assert!(
        junit.contains(
            "name=\"b&lt;1&gt;.csv\" time=\"0\">\n      \
             <error type=\"unread\" message=\"b&lt;1&gt;.csv: is empty\"/>\n    </testcase>\n"
        ),
        "{junit}"
    );
    let github = shown(Format::Github);
    assert!(github.starts_with("::warning "), "{github}");
    let error = "\n::error file=b<1>.csv,title=wellfit%3A unread::b<1>.csv: is empty\n";
    assert!(github.ends_with(error), "{github}");
    let markdown = shown(Format::Markdown);
    assert!(
        markdown.contains("\n| b\\<1\\>.csv | could not be read | – | – | – | – | – |\n"),
        "{markdown}"
    );
    assert!(markdown.ends_with("\n\ncould not be read: b\\<1\\>.csv: is empty\n"), "{markdown}");
    for format in [Format::Text, Format::Json] {
        assert_eq!(shown(format), render(&[overfit()], &[], Show { format, ..Show::default() }));
    }
}

#[test]
fn an_undecided_run_is_not_said_to_be_unsure_of_being_undecided() {
    let text = |confidence| render(&[Verdict { confidence, ..undecided() }], &[], Show::default());
    let told = text(0.087);
    assert!(told.contains(", no other verdict has a probability above 0.913, "), "{told}");
    for told in [told, text(1.0)] {
        assert!(!told.contains("confidence"), "{told}");
    }
    assert!(!text(1.0).contains("probability"));
}

#[test]
fn a_gate_that_a_run_can_never_trip_is_told() {
    let gate = |text: &str| text.parse::<Gate>().unwrap();
    let unsized_validation = Verdict { unsized_validation: true, ..undecided() };
    let told = |list: &str, verdict: &Verdict| gate(list).out_of_reach(verdict);
    assert_eq!(told("overfit:0.95", &unsized_validation), None);
    assert_eq!(told("overfit,underfit,healthy:1", &overfit()), None);
    assert_eq!(told("undecided:1", &unsized_validation), None);
    for list in ["overfit:0.96", "underfit:0.96", "healthy:0.96", "diverged,overfit:0.96"] {
        let words = told(list, &unsized_validation).unwrap().to_string();
        assert!(words.contains("surer than 0.95 while nobody knows how large"), "{words}");
        assert!(words.ends_with("at most 0.95, or say the size with --val-size N"), "{words}");
    }
    let words = told("diverged:0.995", &overfit()).unwrap().to_string();
    assert!(words.ends_with("is surer than 0.99; ask for at most 0.99"), "{words}");
}

#[test]
fn no_verdict_is_surer_than_the_unknown_size_of_its_validation_set_allows() {
    let flat = |val_size| {
        let ten_classes = run(&[2.302; 12], &[2.303; 12]);
        judge(&Curves { classes: Some(10), val_size, ..ten_classes })
    };
    let (known, unknown) = (flat(Some(10_000)), flat(None));
    assert_eq!([known.kind, unknown.kind], [Kind::Underfit; 2]);
    assert!(known.confidence > 0.95 && !known.unsized_validation, "{}", known.confidence);
    assert!(unknown.confidence == 0.95 && unknown.unsized_validation, "{}", unknown.confidence);
    let gate: Gate = "underfit:0.96".parse().unwrap();
    assert!(gate.trips(&known) && gate.out_of_reach(&known).is_none());
    assert!(gate.out_of_reach(&unknown).is_some());
}

#[test]
fn the_gate_lets_undecided_runs_pass_unless_they_are_listed() {
    let gate = |text: &str| text.parse::<Gate>().unwrap();
    assert!(gate("overfit,diverged").trips(&overfit()));
    assert!(!gate("overfit,diverged").trips(&undecided()));
    assert!(gate("undecided").trips(&undecided()));
    assert!(gate("overfit:0.99").trips(&overfit()) && !gate("overfit:0.999").trips(&overfit()));
}

#[test]
fn lines_are_for_whoever_wrote_the_run() {
    for (origin, target) in [
        ("wellfit", Target::Wellfit),
        ("looks like Keras's CSVLogger", Target::Keras),
        ("Keras's TensorBoard folder", Target::Keras),
        ("TensorBoard's event files", Target::PyTorch),
        ("PyTorch Lightning", Target::PyTorch),
        ("a table", Target::PyTorch),
    ] {
        assert_eq!(Target::of(origin), target);
    }
    let show = Show { format: Format::Json, target: Some(Target::Wellfit), ..Show::default() };
    assert!(render(&[overfit()], &[], show).contains("early_stopping = "));
}
