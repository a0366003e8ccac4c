//! The WASM module and the script that loads it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use super::{Source, manifest::hash};
use crate::{
    machine::{need::WASM_TARGET, probe},
    progress::Progress,
    steps::Steps,
    workspace::Workspace,
};

/// What wasm-bindgen calls what it writes: `gannet.js` and `gannet_bg.wasm`.
const STEM: &str = "gannet";

/// The directory of the site that Leptos loads the module from.
const PACKAGE: &str = "pkg";

/// Says what a generated module was generated from.
const STAMP: &str = "generated-from";

/// Smallest, and what every browser of the last years understands and rustc uses.
const WASM_OPT: [&str; 8] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--strip-producers",
];

/// A WASM module with what belongs to it.
pub struct Module {
    wasm: Vec<u8>,
    js: Vec<u8>,
    /// Scripts that the main one imports, by their path beside it.
    snippets: Vec<(String, Vec<u8>)>,
}

impl Module {
    /// The files for the site.
    ///
    /// Module and script share one hash, because a page names both by one word, Leptos' output
    /// name. That is also why the module loses wasm-bindgen's `_bg`: a page that was compiled with
    /// `LEPTOS_OUTPUT_NAME` asks for the name without it.
    pub fn sources(&self) -> Vec<Source> {
        let snippets = self.snippets.iter().map(|(_, bytes)| &bytes[..]);
        let hash = hash([&self.wasm[..], &self.js].into_iter().chain(snippets));
        let mut sources = vec![
            Source {
                name: format!("{STEM}.js"),
                path: format!("{PACKAGE}/{STEM}-{hash}.js"),
                bytes: self.js.clone(),
            },
            Source {
                name: format!("{STEM}_bg.wasm"),
                path: format!("{PACKAGE}/{STEM}-{hash}.wasm"),
                bytes: self.wasm.clone(),
            },
        ];
        // The script imports them by these very paths.
        sources.extend(self.snippets.iter().map(|(path, bytes)| {
            let path = format!("{PACKAGE}/{path}");
            Source { name: path.clone(), path, bytes: bytes.clone() }
        }));
        sources
    }

    fn read(dir: &Path) -> Result<Module> {
        let read =
            |path: PathBuf| fs::read(&path).with_context(|| format!("read {}", path.display()));
        let mut snippets = Vec::new();
        collect(&dir.join("snippets"), "snippets/", &mut snippets)?;
        snippets.sort();
        Ok(Module {
            wasm: read(dir.join(format!("{STEM}_bg.wasm")))?,
            js: read(dir.join(format!("{STEM}.js")))?,
            snippets,
        })
    }
}

/// Compiles the frontend, and generates the module from it unless it came out as the last time.
///
/// # Errors
/// [`crate::Failed`] when a step fails.
pub fn build(workspace: &Workspace, steps: &mut Steps, release: bool) -> Result<Module> {
    let (profile, dir) = if release { ("wasm-release", "wasm-release") } else { ("dev", "debug") };
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package", "frontend", "--lib"]);
    cargo.args(["--target", WASM_TARGET, "--profile", profile]);
    steps.compile("build the WASM module", cargo)?;

    let compiled = workspace.target().join(WASM_TARGET).join(dir).join("frontend.wasm");
    let out = workspace.scratch().join(format!("module-{dir}"));
    let stamp = stamp(workspace, &compiled, release)?;
    if fs::read_to_string(out.join(STAMP)).is_ok_and(|last| last == stamp) {
        return Module::read(&out);
    }
    steps.step("generate its script", |_| generate(&compiled, &out, release))?;
    if release {
        steps.step("shrink the WASM module", |progress| shrink(workspace, &out, progress))?;
    }
    let module = Module::read(&out)?;
    fs::write(out.join(STAMP), stamp).context("write the stamp of the WASM module")?;
    Ok(module)
}

/// What the outcome depends on: the compiled module, and for a release the version of wasm-opt.
fn stamp(workspace: &Workspace, compiled: &Path, release: bool) -> Result<String> {
    let mut hasher = Sha256::new();
    hasher.update(fs::read(compiled).with_context(|| format!("read {}", compiled.display()))?);
    if release {
        hasher.update(WASM_OPT.concat());
        hasher.update(probe::lock_hash(workspace).context("read end2end/package-lock.json")?);
    }
    Ok(hex::encode(hasher.finalize()))
}

fn generate(compiled: &Path, out: &Path, release: bool) -> Result<()> {
    // Snippets of an earlier build would be taken for this one's.
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("remove {}", out.display()))?;
    }
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(compiled)
        .out_name(STEM)
        .web(true)?
        .typescript(false)
        // The page names the module: its name has a hash that the script cannot know.
        .omit_default_module_path(true)
        .remove_name_section(release)
        .remove_producers_section(release);
    bindgen.generate(out).context("wasm-bindgen")
}

fn shrink(workspace: &Workspace, out: &Path, progress: &Progress) -> Result<()> {
    let module = out.join(format!("{STEM}_bg.wasm"));
    let small = out.join("small.wasm");
    let wasm_opt = workspace.end2end().join("node_modules/binaryen/bin/wasm-opt");
    let node = probe::node(workspace).context("find Node.js")?;
    let before = fs::metadata(&module).context("look at the WASM module")?.len();

    let mut command = std::process::Command::new(node);
    command.arg(wasm_opt).args(WASM_OPT).arg(&module).arg("--output").arg(&small);
    progress.run(command)?;

    fs::rename(&small, &module).context("put the smaller module into its place")?;
    let after = fs::metadata(&module).context("look at the WASM module")?.len();
    progress.note(&format!("{} kB → {} kB", before / 1000, after / 1000));
    Ok(())
}

/// Every file below `dir` with its path, which begins with `prefix`. None when there is no `dir`.
fn collect(dir: &Path, prefix: &str, found: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))? {
        let entry = entry?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found)?;
        } else {
            let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            found.push((name, bytes));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Module;

    fn module(wasm: &[u8], js: &[u8]) -> Module {
        let snippet = ("snippets/a-1/inline0.js".to_owned(), b"export {}".to_vec());
        Module { wasm: wasm.to_vec(), js: js.to_vec(), snippets: vec![snippet] }
    }

    #[test]
    fn module_and_script_share_a_hash_that_either_changes() {
        let paths = |module: Module| {
            module.sources().into_iter().map(|source| source.path).collect::<Vec<_>>()
        };
        let first = paths(module(b"wasm", b"js"));
        let hash = first[0].strip_prefix("pkg/gannet-").and_then(|p| p.strip_suffix(".js"));
        let hash = hash.expect("the script's name");
        assert_eq!(hash.len(), 16);
        assert_eq!(first[1], format!("pkg/gannet-{hash}.wasm"));
        assert_eq!(first[2], "pkg/snippets/a-1/inline0.js");

        assert_ne!(paths(module(b"wasm!", b"js"))[0], first[0]);
        assert_ne!(paths(module(b"wasm", b"js!"))[1], first[1]);
    }
}
