//! What is to be run, and the environment that Lambda gives it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A function: a command line and what its configuration says.
#[derive(Clone, Debug)]
pub struct Program {
    name: String,
    pub(super) argv: Vec<OsString>,
    pub(super) folder: Option<PathBuf>,
    environment: Vec<(String, String)>,
    memory_mb: u32,
    pub(super) timeout: Duration,
}

impl Program {
    /// The function `name`, started with `argv`, whose first element is looked up in `PATH` unless it has a
    /// slash. 256 MB and 30 seconds unless told otherwise.
    pub fn new<S: Into<OsString>>(name: &str, argv: impl IntoIterator<Item = S>) -> Self {
        Self {
            name: name.to_owned(),
            argv: argv.into_iter().map(Into::into).collect(),
            folder: None,
            environment: Vec::new(),
            memory_mb: 256,
            timeout: Duration::from_secs(30),
        }
    }

    /// What the function is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs it in `folder`, which is `LAMBDA_TASK_ROOT` for it.
    #[must_use]
    pub fn in_folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Sets a variable of its environment, over one that Lambda sets.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// The memory that it is told it has. Nothing limits it to that.
    #[must_use]
    pub fn memory_mb(mut self, memory_mb: u32) -> Self {
        self.memory_mb = memory_mb;
        self
    }

    /// How long an invocation may take; the deadline that it is told.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Its whole environment: what Lambda sets, then its own. Nothing is inherited.
    pub(super) fn environment(&self, runtime_api: &str) -> Vec<(String, String)> {
        let root = self.folder.as_deref().map_or_else(|| "/".into(), Path::to_string_lossy);
        let lambda = [
            ("AWS_LAMBDA_RUNTIME_API", runtime_api),
            ("AWS_LAMBDA_FUNCTION_NAME", &self.name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &self.memory_mb.to_string()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{}", self.name)),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_DEFAULT_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_SESSION_TOKEN", "test"),
            ("LAMBDA_TASK_ROOT", &root),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("_HANDLER", "bootstrap"),
            ("LANG", "C.UTF-8"),
            ("TZ", ":UTC"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ];
        let lambda = lambda.map(|(name, value)| (name.to_owned(), value.to_owned()));
        lambda.into_iter().chain(self.environment.iter().cloned()).collect()
    }
}
