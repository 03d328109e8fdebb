//! A small world for tests of the program: a folder with data and a plan.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const SIDE: usize = 8;

/// A folder of its own, gone when the test ends.
pub struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// With `data/` (IDX files, three classes, `samples` training images) and
    /// `plan.toml`.
    pub fn new(samples: usize) -> World {
        let world = World { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(world.path("data")).expect("a folder");
        world.write_part("train", samples, samples, 3);
        world.write_part("t10k", samples / 4, samples / 4, 3);
        world.write("plan.toml", PLAN);
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("a file");
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        let path = self.path(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("text")
    }

    /// Images, each bright in the rows of its class, with noise; labels in turn.
    pub fn write_part(&self, part: &str, images: usize, labels: usize, classes: usize) {
        let mut values = vec![0, 0, 8, 3];
        for dim in [images, SIDE, SIDE] {
            values.extend((dim as u32).to_be_bytes());
        }
        let mut noise: u32 = 1;
        for image in 0..images {
            for pixel in 0..SIDE * SIDE {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let bright = pixel / SIDE % classes == image % classes;
                values.push((noise >> 24) as u8 / 2 + if bright { 40 } else { 0 });
            }
        }
        let mut ids = vec![0, 0, 8, 1];
        ids.extend((labels as u32).to_be_bytes());
        ids.extend((0..labels).map(|label| (label % classes) as u8));
        self.write(&format!("data/{part}-images-idx3-ubyte"), values);
        self.write(&format!("data/{part}-labels-idx1-ubyte"), ids);
    }

    /// `plan.toml` with one text replaced by another.
    pub fn plan_with(&self, old: &str, new: &str) {
        assert!(PLAN.contains(old), "{old} is in the plan");
        self.write("plan.toml", PLAN.replace(old, new));
    }

    /// The program in this folder, with nothing of the user's around it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wellfit"));
        command.args(arguments).current_dir(self.folder.path());
        clean(&mut command, self.folder.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.command(arguments).output().expect("the program starts"))
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    }

    /// The program under `sh`, for limits and pipes: `script` uses `"$@"`.
    pub fn shell(&self, script: &str, arguments: &[&str]) -> Ended {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_wellfit")]).args(arguments);
        command.current_dir(self.folder.path());
        clean(&mut command, self.folder.path());
        Ended::from(command.output().expect("sh starts"))
    }

    /// What a run folder holds that must be the same bits whenever it was made:
    /// weights, and the history without its times.
    pub fn bits(&self, run: &str) -> Vec<Vec<u8>> {
        let history = self.text(&format!("{run}/history.csv"));
        let timeless = |line: &str| line.rsplitn(3, ',').nth(2).unwrap_or_default().to_owned();
        let history: Vec<String> = history.lines().map(timeless).collect();
        let file = |name: &str| self.read(&format!("{run}/{name}"));
        vec![file("model.safetensors"), file("last.safetensors"), history.join("\n").into_bytes()]
    }

    /// The names of a study's trials.
    pub fn trials(&self, study: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(study).join("trials")).expect("trials");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
        names.sort();
        names
    }

    /// Waits until a file is there.
    pub fn wait_for(&self, name: &str) {
        let started = Instant::now();
        while !self.path(name).exists() {
            assert!(started.elapsed() < Duration::from_secs(60), "{name} never came");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

fn clean(command: &mut Command, home: &Path) {
    for name in ["WELLFIT_DATA", "XDG_CACHE_HOME", "KERAS_HOME", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.env("HOME", home).stdin(Stdio::null());
}

pub const PLAN: &str = r#"[data]
source = "./data"
validation = "test"

[model]
layers = [
  { type = "linear", out = 32 },
  { type = "relu" },
  { type = "linear", out = 3 },
]

[train]
epochs = 3
batch_size = 16
"#;

/// How the program ended.
#[derive(Debug)]
pub struct Ended {
    /// `None`: a signal killed it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ended {
    /// Asserts the exit code and that stderr says each of `words`, and never panics.
    #[track_caller]
    pub fn fails(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "{word:?} is missing in:\n{}", self.err);
        }
    }

    /// Asserts that all went well.
    #[track_caller]
    pub fn succeeds(self) -> Ended {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self
    }
}

/// Sends a signal to a child by its id.
pub fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    // The child may have ended by itself; its exit code tells.
    let _ = Command::new("kill").args([&format!("-{name}"), &id]).stderr(Stdio::null()).status();
}

pub fn wait(child: Child) -> Ended {
    Ended::from(child.wait_with_output().expect("the program ends"))
}
