//! Where data sets are looked for.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// The folders in which known data sets are looked for. A value, so that tests and
/// other programs can say what it is; [`from_env`](Self::from_env) asks the process.
/// `Places::default()` looks nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// What the user named (`--data-dir`). Nothing else is tried when it is given.
    pub data_dir: Option<PathBuf>,
    /// The variable `WELLFIT_DATA`.
    pub wellfit_data: Option<PathBuf>,
    /// wellfit's own cache, where downloads go: `$XDG_CACHE_HOME/wellfit`, else
    /// `~/.cache/wellfit`.
    pub cache: Option<PathBuf>,
    /// Where Debian's packages of data sets install: `/usr/share/datasets`.
    pub system: Option<PathBuf>,
    /// Keras's folder: `$KERAS_HOME`, else `~/.keras`.
    pub keras: Option<PathBuf>,
    /// Usual roots of torchvision's data sets: `./data`, `~/data`, `~/.cache/torchvision`…
    pub torchvision: Vec<PathBuf>,
}

impl Places {
    /// As this process sees them.
    pub fn from_env(data_dir: Option<PathBuf>) -> Self {
        Self::from_variables(data_dir, |name| env::var_os(name))
    }

    /// As a process with these variables would see them. Empty variables count as
    /// unset, and so does an `XDG_CACHE_HOME` that is not absolute.
    /// <https://specifications.freedesktop.org/basedir-spec/latest/>
    pub fn from_variables(
        data_dir: Option<PathBuf>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        let path = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = path("HOME").or_else(|| path("USERPROFILE"));
        let in_home = |rest: &str| home.as_ref().map(|home| home.join(rest));
        let caches = path("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        let roots = ["data", ".cache/torchvision", ".cache/torch", ".torch", "datasets"];
        Self {
            data_dir,
            wellfit_data: path("WELLFIT_DATA"),
            cache: caches.or_else(|| in_home(".cache")).map(|caches| caches.join("wellfit")),
            system: Some(PathBuf::from("/usr/share/datasets")),
            keras: path("KERAS_HOME").or_else(|| in_home(".keras")),
            torchvision: [PathBuf::from("data"), PathBuf::from(".")]
                .into_iter()
                .chain(roots.iter().filter_map(|root| in_home(root)))
                .collect(),
        }
    }
}
