//! A plan as TOML, with every default written out, and its hash.

use std::fmt::Write;
use std::path::Path;

use sha2::{Digest, Sha256};
use wellfit_nn::{Optimizer, Penalty, PenaltyKind, PenaltyOn, Precision};

use super::augment::write_augment;
use super::average::write_average;
use super::data::write_data;
use super::layers::write_layer;
use super::metric::write_metrics;
use super::read::absolute;
use super::schedule::write_schedule;
use super::{LossSettings, Plan};

impl Plan {
    /// The plan as TOML: every default that does not depend on the data is written
    /// out, paths are absolute. Read back, it gives the same text.
    pub fn to_toml(&self) -> String {
        self.text(self.train.loss.as_ref())
    }

    fn text(&self, loss: Option<&LossSettings>) -> String {
        let mut out = String::new();
        write_data(&self.data, &mut out);
        self.write_model(&mut out);
        self.write_train(loss, &mut out);
        out
    }

    /// SHA-256 of [`to_toml`](Self::to_toml), in hex: two plans with one hash ask for
    /// the same run. A loss that is left to the data counts as cross-entropy, as it was
    /// written before there were others: where it becomes mse, cross-entropy is an
    /// error. The hash covers what the plan says, the seed and the paths included,
    /// but not the contents of the files that it names, nor threads or folders.
    pub fn hash(&self) -> String {
        let loss = self.train.loss.as_ref().unwrap_or(&LossSettings::CROSS_ENTROPY);
        hex(&Sha256::digest(self.text(Some(loss)).as_bytes()))
    }

    fn write_model(&self, out: &mut String) {
        let model = &self.model;
        out.push_str("\n[model]\n");
        if let Some(init) = &model.init {
            line(out, "init", path(init));
            if model.init_index.iter().enumerate().any(|(i, &old)| old != Some(i)) {
                let index = |old: &Option<usize>| old.map_or("-1".into(), |old| old.to_string());
                let indices: Vec<String> = model.init_index.iter().map(index).collect();
                line(out, "init_index", format!("[{}]", indices.join(", ")));
            }
        }
        out.push_str("layers = [\n");
        for layer in &model.layers {
            let _ = writeln!(out, "  {},", write_layer(layer));
        }
        out.push_str("]\n");
    }

    fn write_train(&self, loss: Option<&LossSettings>, out: &mut String) {
        let train = &self.train;
        out.push_str("\n[train]\n");
        line(out, "seed", train.seed);
        line(out, "epochs", train.epochs);
        line(out, "batch_size", train.batch_size);
        line(out, "last_batch", text(if train.drop_last { "drop" } else { "keep" }));
        line(out, "shuffle", train.shuffle);
        if let Some(loss) = loss {
            line(out, "loss", loss.write());
        }
        line(out, "optimizer", write_optimizer(&train.optimizer, train.lr));
        if let Some(schedule) = &train.schedule {
            line(out, "schedule", write_schedule(schedule));
        }
        if !train.penalties.is_empty() {
            let penalties: Vec<String> = train.penalties.iter().map(write_penalty).collect();
            line(out, "penalties", format!("[{}]", penalties.join(", ")));
        }
        if let Some(s) = train.early_stopping {
            line(
                out,
                "early_stopping",
                format!(
                    "{{ monitor = \"{}\", patience = {}, min_delta = {} }}",
                    s.monitor.name(),
                    s.patience,
                    number(s.min_delta),
                ),
            );
        }
        if let Some(norm) = train.clip_grad_norm {
            line(out, "clip_grad_norm", number(norm));
        }
        // Left out when it is the default, so that older plans keep their hash.
        if train.precision != Precision::F32 {
            line(out, "precision", text(train.precision.name()));
        }
        if let Some(norm) = train.max_norm {
            line(out, "max_norm", number(norm));
        }
        if !train.augment.is_empty() {
            let all: Vec<String> = train.augment.iter().map(write_augment).collect();
            line(out, "augment", format!("[{}]", all.join(", ")));
        }
        if let Some(average) = &train.average {
            line(out, "average", write_average(average));
        }
        // Likewise.
        if !train.watch {
            line(out, "watch", false);
        }
        if !train.metrics.is_empty() {
            line(out, "metrics", write_metrics(&train.metrics));
        }
    }
}

fn write_optimizer(optimizer: &Optimizer, lr: f64) -> String {
    let lr = number(lr);
    match *optimizer {
        Optimizer::Adam { betas, eps, weight_decay, decoupled } => format!(
            "{{ type = \"{}\", lr = {lr}, betas = [{}, {}], eps = {}, weight_decay = {} }}",
            if decoupled { "adamw" } else { "adam" },
            number(betas.0),
            number(betas.1),
            number(eps),
            number(weight_decay)
        ),
        Optimizer::RmsProp { alpha, eps, weight_decay } => format!(
            "{{ type = \"rmsprop\", lr = {lr}, alpha = {}, eps = {}, weight_decay = {} }}",
            number(alpha),
            number(eps),
            number(weight_decay)
        ),
        Optimizer::Sgd { momentum, nesterov, weight_decay } => format!(
            "{{ type = \"sgd\", lr = {lr}, momentum = {}, nesterov = {nesterov}, \
             weight_decay = {} }}",
            number(momentum),
            number(weight_decay)
        ),
    }
}

fn write_penalty(penalty: &Penalty) -> String {
    let kind = match penalty.kind {
        PenaltyKind::L1 => "l1",
        PenaltyKind::L2 => "l2",
        PenaltyKind::L2Norm => "l2-norm",
    };
    let on = match penalty.on {
        PenaltyOn::All => "all",
        PenaltyOn::Weights => "weights",
    };
    format!("{{ type = \"{kind}\", lambda = {}, on = \"{on}\" }}", number(penalty.lambda))
}

pub(super) fn line(out: &mut String, key: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "{key} = {value}");
}

/// The shortest number that reads back to the same f64.
pub(super) fn number(value: f64) -> String {
    format!("{value:?}").to_lowercase()
}

pub(super) fn path(path: &Path) -> String {
    text(&absolute(path).to_string_lossy())
}

/// A TOML basic string.
pub fn text(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
