//! Embeds the assets: one stylesheet out of `assets/css`, scripts, icons; each plain, with gzip and with Brotli.
#![expect(clippy::unwrap_used, reason = "a build without its sources ends, and says where")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

/// In this order: what is later may overrule what is earlier.
const STYLES: [&str; 13] = [
    "tokens",
    "base",
    "components",
    "shell",
    "inbox",
    "thread",
    "composer",
    "settings",
    "channels",
    "organisation",
    "reports",
    "own",
    "tickets",
];

fn main() {
    println!("cargo::rerun-if-changed=assets");
    let assets = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap()).join("assets");
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    let mut files = BTreeMap::new();
    let styles = STYLES.map(|name| fs::read_to_string(assets.join(format!("css/{name}.css"))).unwrap());
    files.insert("app.css".to_owned(), styles.concat().into_bytes());
    for folder in ["js", "vendor", "img"] {
        collect(&assets, &assets.join(folder), &mut files);
    }
    let described = assets.join("../../../infra/openapi.yaml");
    println!("cargo::rerun-if-changed={}", described.display());
    files.insert("openapi.yaml".to_owned(), fs::read(described).unwrap());
    files.insert("icons.svg".to_owned(), fs::read(assets.join("icons.svg")).unwrap());

    let mut hash = Sha256::new();
    for (name, content) in &files {
        hash.update(name);
        hash.update(content);
    }
    let version = hash.finalize().iter().take(6).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let mut table =
        format!("pub(crate) const VERSION: &str = {version:?};\npub(crate) const FILES: &[File] = &[\n");
    for (index, (name, content)) in files.iter().enumerate() {
        let place = |kind: &str, bytes: &[u8]| {
            let path = out.join(format!("asset-{index}.{kind}"));
            fs::write(&path, bytes).unwrap();
            path.display().to_string()
        };
        let (plain, gzip, brotli) =
            (place("raw", content), place("gz", &gzip(content)), place("br", &brotli(content)));
        writeln!(
            table,
            "File {{ name: {name:?}, plain: include_bytes!({plain:?}), gzip: include_bytes!({gzip:?}), brotli: include_bytes!({brotli:?}) }},"
        )
        .unwrap();
    }
    table.push_str("];\n");
    fs::write(out.join("files.rs"), table).unwrap();
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension != "md") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn brotli(content: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut compressed, 4_096, 11, 22);
    encoder.write_all(content).unwrap();
    drop(encoder);
    compressed
}
