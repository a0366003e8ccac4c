//! `embed_migrations!` reads a folder; Cargo is to notice when a migration joins it.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
