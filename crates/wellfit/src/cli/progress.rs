//! A study's news on stderr.

use std::path::Path;
use std::sync::OnceLock;

use wellfit::check::Checked;
use wellfit::data::{DataRequest, LoadProgress, RawSplits};
use wellfit::record::{EpochRow, Event, Record};
use wellfit::report::Progress;
use wellfit::study::{Begun, Racing, Trial, Watch};

use super::arguments::RunArguments;
use super::check;
use super::reading::Reading;

/// `40 trials to run, up to 2 side by side on 4 threads`.
fn to_run(n: usize, jobs: usize, threads: usize) -> String {
    let several = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let (trials, threads) = (several(n, "trial"), several(threads, "thread"));
    match (n, jobs) {
        (1, _) => format!("{trials} to run on {threads}"),
        (_, 1) => format!("{trials} to run, one after another on {threads}"),
        _ => format!("{trials} to run, up to {jobs} side by side on {threads}"),
    }
}

/// Shows a study's trials while they run, after a quick check of their data.
pub struct Live<'a> {
    file: Option<&'a Path>,
    options: &'a RunArguments,
    reading: Reading,
    checked: OnceLock<Checked>,
    progress: OnceLock<Progress>,
}

impl<'a> Live<'a> {
    /// Of the study in a file, or the built-in one.
    pub fn new(file: Option<&'a Path>, options: &'a RunArguments) -> Live<'a> {
        let (checked, progress) = (OnceLock::new(), OnceLock::new());
        Live { file, options, reading: Reading::new(options.quiet), checked, progress }
    }

    /// What the check of the data gave.
    pub fn checked(&self) -> Option<&Checked> {
        self.checked.get()
    }

    fn progress(&self) -> &Progress {
        self.progress.get_or_init(Progress::quiet)
    }

    /// Takes the bars away.
    pub fn end(&self) {
        self.reading.end();
        self.progress().end();
    }
}

impl Watch for Live<'_> {
    fn reading(&self, progress: LoadProgress) {
        self.reading.show("the data", progress);
    }

    fn data(&self, request: &DataRequest, raw: &RawSplits) -> Result<(), String> {
        self.reading.end();
        let checked = self.checked.get_or_init(|| check::before(request, raw));
        let refusal = check::refusal(checked).filter(|_| self.options.strict);
        refusal.map_or(Ok(()), Err)
    }

    fn begun(&self, begun: &Begun<'_>) {
        let progress =
            if self.options.quiet { Progress::quiet() } else { Progress::new(begun.trials) };
        let progress = self.progress.get_or_init(|| progress);
        let [train, validation, test] = begun.data.samples;
        progress.log(&format!(
            "data: {} ({}), {train} training, {validation} validation, {test} test samples",
            begun.data.source, begun.data.origin
        ));
        let checked = self.checked.get();
        for line in checked.iter().flat_map(|c| check::told(c, self.file, self.options)) {
            progress.log(&line);
        }
        if begun.done > 0 {
            progress.already_done(begun.done);
        }
        if begun.done < begun.trials {
            progress.log(&to_run(begun.trials - begun.done, begun.jobs, begun.threads));
        }
    }

    fn started(&self, trial: &Trial) {
        self.progress().started(&trial.name, trial.plan.train.epochs);
    }

    fn epoch(&self, trial: &Trial, row: &EpochRow) {
        self.progress().epoch(&trial.name, row);
    }

    fn event(&self, trial: &Trial, event: &Event) {
        self.progress().log(&format!("{}: {event}", trial.name));
    }

    fn looked(&self, racing: &Racing, more: usize) {
        let progress = self.progress();
        progress.more(more);
        let (all, left) = (racing.standing.arms.len(), racing.left());
        let next = match (racing.standing.next, more) {
            (Some(seeds), 1..) => format!("{more} trials more, up to {seeds} seeds"),
            _ => "it is over".to_owned(),
        };
        progress.log(&format!("race: {left} of {all} arms are in, {next}"));
    }

    fn finished(&self, trial: &Trial, record: &Record) {
        self.progress().finished(&trial.name, record);
    }
}

#[cfg(test)]
mod tests {
    use super::to_run;

    #[test]
    fn what_is_to_run_is_told_in_grammar() {
        assert_eq!(to_run(1, 1, 1), "1 trial to run on 1 thread");
        assert_eq!(to_run(2, 1, 1), "2 trials to run, one after another on 1 thread");
        assert_eq!(to_run(40, 2, 4), "40 trials to run, up to 2 side by side on 4 threads");
    }
}
