//! Live progress of running trials, on stderr: bars on a terminal, plain lines
//! elsewhere.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use wellfit_train::record::{EpochRow, Record, RunState};

use crate::text::{Unit, count, duration, short_score};

/// Shows what runs. Every method may be called from any thread.
///
/// On a terminal each running trial has a bar with its last figures and the time it
/// still needs, above one bar for all; only [`log`](Progress::log) adds lines that
/// stay. Elsewhere a finished trial is one line.
pub struct Progress {
    inner: Mutex<Inner>,
}

struct Inner {
    out: Out,
    started: Instant,
    trials: usize,
    finished: usize,
    /// Epochs run so far, and epochs that the trials seen so far have.
    epochs: usize,
    planned: usize,
    seen: usize,
}

enum Out {
    Bars { all: MultiProgress, total: ProgressBar, running: HashMap<String, ProgressBar> },
    Lines { to: Box<dyn Write + Send>, running: HashMap<String, (usize, usize)> },
    Nothing,
}

impl Progress {
    /// For so many trials, on stderr: bars if it is a terminal, lines if not.
    pub fn new(trials: usize) -> Progress {
        if !std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            return Progress::lines(trials, Box::new(std::io::stderr()));
        }
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        let total = all.add(ProgressBar::new(trials as u64));
        let look = "{prefix:<22.22} {bar:24} {pos}/{len} trials  {msg}";
        total.set_style(style(look));
        total.set_prefix("all");
        total.enable_steady_tick(Duration::from_secs(1));
        Progress::with(trials, Out::Bars { all, total, running: HashMap::new() })
    }

    /// Plain lines to somewhere else.
    pub fn lines(trials: usize, to: Box<dyn Write + Send>) -> Progress {
        Progress::with(trials, Out::Lines { to, running: HashMap::new() })
    }

    /// Shows nothing (`--quiet`), not even what is logged.
    pub fn quiet() -> Progress {
        Progress::with(0, Out::Nothing)
    }

    fn with(trials: usize, out: Out) -> Progress {
        let started = Instant::now();
        let inner = Inner { out, started, trials, finished: 0, epochs: 0, planned: 0, seen: 0 };
        Progress { inner: Mutex::new(inner) }
    }

    /// A thread that panicked while it held the lock left nothing worse than a stale
    /// line behind.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Trials that were done before, in a study that goes on.
    pub fn already_done(&self, trials: usize) {
        let mut inner = self.inner();
        inner.trials = inner.trials.saturating_sub(trials);
        let words = format!("{} already done", count(trials, "trial", "trials"));
        match &mut inner.out {
            Out::Bars { all, total, .. } => {
                total.set_length(total.length().unwrap_or(0).saturating_sub(trials as u64));
                // Nothing can be done about a terminal that went away.
                let _ = all.println(words);
            }
            Out::Lines { to, .. } => {
                let _ = writeln!(to, "{words}");
            }
            Out::Nothing => {}
        }
    }

    /// So many trials more are to be run than was said.
    pub fn more(&self, trials: usize) {
        let mut inner = self.inner();
        inner.trials += trials;
        if let Out::Bars { total, .. } = &inner.out {
            total.inc_length(trials as u64);
        }
    }

    /// A trial starts.
    pub fn started(&self, name: &str, epochs: usize) {
        let mut inner = self.inner();
        inner.planned += epochs;
        inner.seen += 1;
        match &mut inner.out {
            Out::Bars { all, total, running } => {
                let bar = all.insert_before(total, ProgressBar::new(epochs as u64));
                bar.set_style(style("{prefix:<22.22} {bar:24} {pos:>3}/{len} epochs  {msg}"));
                bar.set_prefix(name.to_string());
                bar.tick();
                running.insert(name.to_string(), bar);
            }
            Out::Lines { running, .. } => {
                running.insert(name.to_string(), (0, epochs));
            }
            Out::Nothing => {}
        }
    }

    /// A trial finished an epoch.
    pub fn epoch(&self, name: &str, row: &EpochRow) {
        let mut inner = self.inner();
        inner.epochs += 1;
        let left = inner.left();
        match &mut inner.out {
            Out::Bars { total, running, .. } => {
                if let Some(bar) = running.get(name) {
                    bar.set_position(row.epoch as u64);
                    let rest = bar.length().unwrap_or(0).saturating_sub(row.epoch as u64);
                    bar.set_message(format!(
                        "{}, {} left",
                        figures(row),
                        span(bar.elapsed(), row.epoch, rest)
                    ));
                }
                total.set_message(left.map_or(String::new(), |left| format!("{left} left")));
            }
            Out::Lines { running, .. } => {
                if let Some((done, _)) = running.get_mut(name) {
                    *done = row.epoch;
                }
            }
            Out::Nothing => {}
        }
    }

    /// A trial ended.
    pub fn finished(&self, name: &str, record: &Record) {
        let mut inner = self.inner();
        inner.finished += 1;
        let (finished, trials) = (inner.finished, inner.trials);
        let epochs = record.epochs.len();
        let left = inner.left().map_or(String::new(), |left| format!(", {left} left"));
        let unused = match &mut inner.out {
            Out::Bars { all, total, running } => {
                let bar = running.remove(name);
                let planned = bar.as_ref().and_then(ProgressBar::length).unwrap_or(0) as usize;
                if let Some(bar) = bar {
                    bar.finish_and_clear();
                    all.remove(&bar);
                }
                total.inc(1);
                planned.saturating_sub(epochs)
            }
            Out::Lines { to, running } => {
                let (_, planned) = running.remove(name).unwrap_or((0, epochs));
                let _ = writeln!(to, "[{finished}/{trials}] {name}: {}{left}", ending(record));
                planned.saturating_sub(epochs)
            }
            Out::Nothing => 0,
        };
        inner.planned = inner.planned.saturating_sub(unused);
    }

    /// A line that stays, such as a rate cut.
    pub fn log(&self, line: &str) {
        match &mut self.inner().out {
            Out::Bars { all, .. } => {
                let _ = all.println(line);
            }
            Out::Lines { to, .. } => {
                let _ = writeln!(to, "{line}");
            }
            Out::Nothing => {}
        }
    }

    /// Takes the bars away, so that what follows stands below a clean screen.
    pub fn end(&self) {
        if let Out::Bars { all, total, running } = &mut self.inner().out {
            running.drain().for_each(|(_, bar)| bar.finish_and_clear());
            total.finish_and_clear();
            let _ = all.clear();
        }
    }
}

impl Inner {
    /// Time left for all trials, from the pace so far; trials not seen yet are
    /// expected to be as long as those seen.
    fn left(&self) -> Option<String> {
        if self.epochs == 0 || self.seen == 0 {
            return None;
        }
        let all = self.planned as f64 / self.seen as f64 * self.trials.max(self.seen) as f64;
        let rest = (all - self.epochs as f64).max(0.0);
        Some(duration(self.started.elapsed().as_secs_f64() / self.epochs as f64 * rest))
    }
}

pub(crate) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}

/// How long `rest` epochs take when `done` took `elapsed`.
fn span(elapsed: Duration, done: usize, rest: u64) -> String {
    duration(elapsed.as_secs_f64() / done.max(1) as f64 * rest as f64)
}

fn figures(row: &EpochRow) -> String {
    match (row.val_loss, row.val_score) {
        (Some(loss), Some(score)) => {
            format!("val {} {}", Unit::Plain.value(loss), short_score(row.score, score))
        }
        _ => format!("train {}", Unit::Plain.value(row.train_eval_loss)),
    }
}

/// How a trial ended, in a line.
fn ending(record: &Record) -> String {
    let epochs = count(record.epochs.len(), "epoch", "epochs");
    let kept = record.best_epoch.and_then(|e| record.epochs.iter().find(|row| row.epoch == e));
    let kept =
        kept.map_or(String::new(), |row| format!(", {} at epoch {}", figures(row), row.epoch));
    match &record.state {
        RunState::Complete => format!("{epochs}{kept}"),
        RunState::StoppedEarly => format!("stopped early after {epochs}{kept}"),
        RunState::Diverged { epoch, .. } => format!("diverged in epoch {epoch}"),
        RunState::Interrupted => format!("interrupted after {epochs}"),
        RunState::Failed { message } => format!("failed: {message}"),
    }
}
