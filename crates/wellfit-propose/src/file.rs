//! The plan file, with a comment at each choice.

use std::fmt::Write;

use wellfit_nn::Layer;
use wellfit_train::plan::quoted;

use crate::arms::{differ_in_size, is_imbalanced};
use crate::budget::Budget;
use crate::network::{Kind, Network};
use crate::reason::{Reason, ScaleReason};
use crate::split::Split;
use crate::{Facts, Samples, Want};

/// The file, and why it is so.
pub(crate) fn write(
    facts: &Facts,
    source: &str,
    split: &Split,
    network: &Network,
    budget: &Budget,
    want: Want,
) -> (String, Vec<Reason>) {
    let mut file = File { text: String::new(), reasons: Vec::new() };
    file.data(facts, source, split, budget);
    file.model(network);
    file.train(facts, split, budget);
    if want == Want::Study {
        file.study(facts, split, budget);
    }
    (file.text, file.reasons)
}

struct File {
    text: String,
    reasons: Vec<Reason>,
}

impl File {
    fn data(&mut self, facts: &Facts, source: &str, split: &Split, budget: &Budget) {
        self.section("data");
        self.because(Reason::Data { n: facts.n, sample: sample(&facts.samples) });
        self.line("source", &quoted(source));
        if let Some(column) = facts.target.first() {
            let one = quoted(column);
            let all: Vec<String> = facts.target.iter().map(|column| quoted(column)).collect();
            let several = format!("[{}]", all.join(", "));
            self.line("target", if all.len() == 1 { &one } else { &several });
        }
        self.because(Reason::Task {
            task: facts.task,
            outputs: facts.outputs.clone(),
            counts: facts.class_counts.clone(),
        });
        self.line("task", &quoted(facts.task.name()));
        if let Samples::Table(table) = &facts.samples {
            if !table.spare.is_empty() {
                self.because(Reason::Spare(table.spare.clone()));
                let names: Vec<String> = table.spare.iter().map(|s| quoted(&s.name)).collect();
                self.line("drop", &format!("[{}]", names.join(", ")));
            }
            if !table.missing.is_empty() {
                self.because(Reason::Missing { columns: table.missing.clone() });
                self.line("missing", "\"median\"");
            }
        }
        let bytes = matches!(
            facts.samples,
            Samples::Vector { bytes: true, .. } | Samples::Image { bytes: true, .. }
        );
        let (reason, scale) = match bytes {
            true => (ScaleReason::Unit, "\"unit\""),
            false => (ScaleReason::Standard, "\"standard\""),
        };
        self.because(Reason::Scale(reason));
        self.line("scale", scale);
        let Split { validation, test, folds, .. } = *split;
        self.because(Reason::Split { validation, test, folds });
        for (key, share) in [("validation", validation), ("test", test)] {
            if let Some(share) = share {
                self.line(key, &format!("{share:?}"));
            }
        }
        if split.at_random {
            let smallest = facts.class_counts.iter().min().copied().unwrap_or(0);
            self.because(Reason::AtRandom { smallest });
            self.line("split", "{ type = \"random\" }");
        }
        if let Some(n) = budget.subset {
            self.because(Reason::Subset { n, of: split.train });
            self.line("subset", &n.to_string());
        }
    }

    fn model(&mut self, network: &Network) {
        self.section("model");
        self.because(match network.kind {
            Kind::Mlp(width) => Reason::Mlp { width },
            Kind::Convolutions(blocks) => Reason::Convolutions { blocks },
        });
        self.text.push_str("layers = [\n");
        for layer in &network.layers {
            let _ = writeln!(self.text, "  {},", written(layer));
        }
        self.text.push_str("]\n");
    }

    fn train(&mut self, facts: &Facts, split: &Split, budget: &Budget) {
        self.section("train");
        let Budget { epochs, batch, lr, .. } = *budget;
        self.because(Reason::Steps { epochs, batch, steps: budget.steps(split) });
        self.line("epochs", &epochs.to_string());
        self.line("batch_size", &batch.to_string());
        self.because(Reason::Rate { lr, largest: facts.largest_target });
        self.line("optimizer", &format!("{{ type = \"adam\", lr = {lr:?} }}"));
        if is_imbalanced(facts, split) {
            self.because(Reason::Imbalance { times: facts.imbalance() });
            self.line("metrics", "[\"balanced-accuracy\"]");
        }
    }

    fn study(&mut self, facts: &Facts, split: &Split, budget: &Budget) {
        self.section("study");
        let (seeds, Split { folds, repeats, .. }) = (budget.seeds, *split);
        let arms = 1 + budget.arms.iter().map(|arm| arm.arms).sum::<usize>();
        let racing = budget.racing;
        self.because(Reason::Trials { arms, seeds, folds, repeats, racing });
        if folds > 1 {
            self.line("folds", &folds.to_string());
            self.line("repeats", &repeats.to_string());
        } else {
            self.line("seeds", &seeds.to_string());
            if racing {
                self.line("racing", "true");
            }
        }
        if is_imbalanced(facts, split) {
            self.line("primary", "\"val_balanced_accuracy\"");
        } else if differ_in_size(facts) {
            // What balanced accuracy says of one or two samples is luck.
            self.line("primary", "\"val_loss\"");
        }
        for arm in &budget.arms {
            let _ = write!(self.text, "\n[[study.arm]]\n{}", comment(arm.why));
            if let Some(name) = arm.name {
                self.line("name", &quoted(name));
            }
            let remedies: Vec<String> = arm.remedies.iter().map(|text| quoted(text)).collect();
            self.line("remedies", &format!("[{}]", remedies.join(", ")));
            if let Some(set) = arm.set {
                self.line("set", &format!("{{ {set} }}"));
            }
        }
    }

    fn section(&mut self, name: &str) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.text, "{gap}[{name}]");
    }

    fn line(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.text, "{key} = {value}");
    }

    fn because(&mut self, reason: Reason) {
        self.text.push_str(&comment(&reason.to_string()));
        self.reasons.push(reason);
    }
}

/// What one sample is.
fn sample(samples: &Samples) -> String {
    match samples {
        Samples::Table(table) => {
            let counted = |n: usize, one: &str, many: &str| match n {
                1 => format!("1 {one}"),
                n => format!("{n} {many}"),
            };
            let numbers = counted(table.numbers, "number", "numbers");
            let categories = counted(table.categories, "category", "categories");
            match (table.numbers, table.categories) {
                (_, 0) => numbers,
                (0, _) => format!("{categories} ({} features)", table.features),
                _ => format!("{numbers} and {categories} ({} features)", table.features),
            }
        }
        Samples::Vector { features: 1, .. } => "1 number".into(),
        Samples::Vector { features, .. } => format!("{features} numbers"),
        Samples::Image { channels, height, width, .. } => {
            let colour = match channels {
                1 => "a grey image",
                3 => "a colour image",
                _ => return format!("an image of {channels} channels, {height}×{width}"),
            };
            format!("{colour} of {height}×{width}")
        }
    }
}

/// A layer as it is written.
fn written(layer: &Layer) -> String {
    match layer {
        Layer::Linear { out, .. } => format!("{{ type = \"linear\", out = {out} }}"),
        Layer::Conv2d { out, window, .. } => format!(
            "{{ type = \"conv2d\", out = {out}, kernel = {}, padding = {} }}",
            window.kernel[0], window.padding[0]
        ),
        Layer::MaxPool2d { window } => {
            format!("{{ type = \"max-pool2d\", kernel = {} }}", window.kernel[0])
        }
        other => format!("{{ type = \"{}\" }}", other.name()),
    }
}

/// The words as a comment, in lines of some 90 characters. What is in them ends no line.
fn comment(words: &str) -> String {
    let mut lines = vec![String::from("#")];
    for word in words.split_whitespace() {
        let word: String = word.chars().filter(|c| !c.is_control()).collect();
        let last = lines.last_mut().expect("a line");
        if last.chars().count() + 1 + word.chars().count() > 90 && last.len() > 1 {
            lines.push(format!("# {word}"));
        } else {
            *last += &format!(" {word}");
        }
    }
    lines.join("\n") + "\n"
}
