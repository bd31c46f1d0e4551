//! Names the backend that this build uses as one cfg, `backend = "…"`, so that no source file has to repeat the rule; and
//! says by `lab_web` whether the lab is built, which needs our own engine.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let cfg_set = |name: &str| env::var_os(format!("CARGO_CFG_{name}")).is_some();
    let feature = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    let chosen = env::var("CARGO_CFG_UNSNARL_BACKEND").unwrap_or_default();

    let wants_loom = cfg_set("LOOM") || chosen == "loom";
    let wants_shuttle = cfg_set("SHUTTLE") || chosen == "shuttle";
    assert!(
        !(wants_loom && wants_shuttle),
        "unsnarl: both the loom and the shuttle backend are asked for; choose one"
    );
    // The cfg alone must not break a build that only passes by (`--cfg loom` reaches every crate): without the
    // feature of the same name the ordinary backend is used.
    let backend = if wants_loom && feature("LOOM") {
        "loom"
    } else if wants_shuttle && feature("SHUTTLE") {
        "shuttle"
    } else if feature("MODEL") || feature("WATCH") {
        "instrumented"
    } else {
        "native"
    };
    println!("cargo::rustc-cfg=backend=\"{backend}\"");
    // The lab steps through programs, which the guests cannot.
    if feature("LAB_WEB") && backend == "instrumented" {
        println!("cargo::rustc-cfg=lab_web");
    }
}
