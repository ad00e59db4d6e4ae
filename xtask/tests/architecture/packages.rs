//! Dependencies between packages, as cargo resolves them (features, targets and all), through other packages too.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::LazyLock,
};

use serde_json::Value;

/// Every package's name with the names of what it directly needs to run or to be built.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--all-features",
            "--manifest-path",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = list(&metadata["packages"]);
    let names: BTreeMap<_, _> = packages
        .iter()
        .map(|package| (text(&package["id"]), text(&package["name"])))
        .collect();
    let mut dependencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let needed = list(&node["deps"]).into_iter().filter(|dependency| {
            list(&dependency["dep_kinds"])
                .iter()
                .any(|kind| kind["kind"].as_str() != Some("dev"))
        });
        let of_package = dependencies.entry(names[&text(&node["id"])].clone()).or_default();
        of_package.extend(needed.map(|dependency| names[&text(&dependency["pkg"])].clone()));
    }
    dependencies
}

/// All that a package needs, directly or not.
fn reachable(from: &str) -> BTreeSet<String> {
    static DEPENDENCIES: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(dependencies);
    let mut open = vec![from.to_owned()];
    let mut found = BTreeSet::new();
    while let Some(package) = open.pop() {
        let direct = DEPENDENCIES
            .get(&package)
            .unwrap_or_else(|| panic!("no package {package}"));
        open.extend(
            direct
                .iter()
                .filter(|name| found.insert((*name).clone()))
                .cloned(),
        );
    }
    found
}

#[test]
fn the_relay_never_depends_on_core() {
    let needed = reachable("ting-relay");
    assert!(
        !needed.contains("ting-core"),
        "the relay must not be able to read what it forwards"
    );
}

#[test]
fn the_envelope_depends_on_no_cryptography() {
    let cryptography = [
        "dalek", "zebra", "chacha20", "poly1305", "sha1", "sha2", "sha3", "hkdf", "hmac", "aead", "ring",
        "rustls",
    ];
    let needed = reachable("ting-frame");
    let found: Vec<_> = needed
        .iter()
        .filter(|name| cryptography.iter().any(|crypto| name.contains(crypto)))
        .collect();
    assert!(found.is_empty(), "ting-frame depends on {found:?}");
}

#[test]
fn packages_depend_one_way() {
    let ours = |package: &str| -> BTreeSet<String> {
        reachable(package)
            .into_iter()
            .filter(|name| name.starts_with("ting-"))
            .collect()
    };
    assert!(ours("ting-frame").is_empty());
    assert!(ours("ting-core").is_empty());
    assert!(ours("ting-relay").is_subset(&BTreeSet::from(["ting-frame".to_owned()])));
    assert_eq!(
        ours("ting-host"),
        BTreeSet::from(["ting-core", "ting-frame"].map(str::to_owned))
    );
    assert!(
        ours("ting-load").is_empty(),
        "the load tool meets the relay as a stranger does"
    );
}

#[test]
fn the_host_layer_has_no_runtime_and_no_browser() {
    // Cargo tells of one set of features for the whole workspace: what core needs there is not host's doing.
    let below = reachable("ting-core");
    let platforms = [
        "tokio",
        "mio",
        "futures",
        "js-sys",
        "web-sys",
        "wasm-bindgen",
        "redb",
    ];
    let needed = reachable("ting-host");
    let found: Vec<_> = needed
        .difference(&below)
        .filter(|name| platforms.iter().any(|platform| name.starts_with(platform)))
        .collect();
    assert!(found.is_empty(), "ting-host depends on {found:?}");
}
