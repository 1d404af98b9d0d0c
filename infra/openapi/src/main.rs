//! `cargo run -p madoguchi-openapi -- --write` writes `infra/openapi.yaml`; without `--write` it only compares.

use std::fs;

use anyhow::{Context as _, Result, bail};

fn main() -> Result<()> {
    let path = madoguchi_openapi::file();
    let text = madoguchi_openapi::text();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--write"] => fs::write(&path, text).context("infra/openapi.yaml cannot be written"),
        [] if fs::read_to_string(&path).is_ok_and(|kept| kept == text) => Ok(()),
        [] => bail!("infra/openapi.yaml is not what the code says; run `make openapi`"),
        _ => bail!("the only option is --write"),
    }
}
