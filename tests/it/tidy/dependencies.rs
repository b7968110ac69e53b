//! Who imports whom, as Cargo sees it. Dev-dependencies are free: they reach no artefact.
use std::collections::BTreeSet;

use serde_json::Value;

use super::{output_of, refuse, root};

const ANY: &str = "*";

/// A crate, all of ours that it imports, and all of [`HEAVY`] that it imports. A row says neither more nor less than
/// its manifest, so that a new edge is seen here and a lost one is not kept allowed.
const CRATES: [(&str, &str, &str); 27] = [
    ("status", "", ""),
    ("catalogue", "status", ""),
    ("formats", "catalogue status", ""),
    ("outbound", "", "reqwest rustls tokio"),
    ("accounts", "status", ""),
    ("store", "accounts status", "aws-sdk-dynamodb tokio"),
    ("queue", "status", "aws-sdk-sqs tokio"),
    ("markdown", "", ""),
    ("channels", "status markdown", "lettre"),
    ("settings", "status catalogue formats channels outbound", ""),
    ("account_api", "accounts settings", ""),
    ("mail", "", "aws-sdk-sesv2 lettre tokio"),
    ("startup", "status", "aws-sdk-dynamodb aws-sdk-sesv2 aws-sdk-sqs aws-smithy-http-client"),
    ("traces", "queue startup", "rustls"),
    ("local", "startup queue", "aws-sdk-dynamodb aws-sdk-sqs axum dynoxide-rs rusqlite tokio"),
    ("fakes", "", "axum tokio"),
    ("roles", "", "aws-sdk-dynamodb tokio"),
    ("poller", "status catalogue formats outbound store queue startup", "lambda_runtime tokio"),
    ("router", "status channels store queue startup", "lambda_runtime"),
    ("dispatcher", "status channels outbound mail store queue startup", "lambda_runtime tokio"),
    ("feedback", "status channels mail store queue startup", "lambda_runtime"),
    ("site", "status startup", "axum lambda_http tokio"),
    ("web", "account_api status catalogue markdown channels site store startup", "axum lambda_http tokio"),
    (
        "console",
        "account_api accounts catalogue channels mail outbound queue settings site status store startup",
        "axum lambda_http tokio",
    ),
    ("bootstrap", "poller router dispatcher feedback web console startup traces", "lambda_runtime tokio"),
    (
        "statuswire",
        "accounts status catalogue formats outbound mail store queue channels settings startup local fakes poller router \
         dispatcher web console",
        "aws-config axum clap tokio",
    ),
    ("tests", ANY, ANY),
];

/// Clients, servers, runtimes and databases: each has its place.
const HEAVY: &str = "aws-config aws-sdk-dynamodb aws-sdk-sesv2 aws-sdk-sqs aws-smithy-http-client axum clap dynoxide-rs \
                     lambda_http lambda_runtime lettre reqwest rusqlite rustls tokio";

/// What may import functions: the Lambda artefact, the command line with its runner on one machine, and the stories.
const GATHERS_FUNCTIONS: &str = "bootstrap statuswire tests";

struct Package {
    name: String,
    is_function: bool,
    imports: BTreeSet<String>,
}

fn packages() -> Vec<Package> {
    let metadata = output_of(env!("CARGO"), &["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let package = |package: &Value| Package {
        name: text(&package["name"]),
        is_function: package["manifest_path"].as_str().unwrap().starts_with(root().join("functions").to_str().unwrap()),
        imports: package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .map(|dependency| text(&dependency["name"]))
            .collect(),
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn words(list: &str) -> BTreeSet<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn every_crate_imports_what_its_row_says() {
    let packages = packages();
    let ours: BTreeSet<String> = packages.iter().map(|package| package.name.clone()).collect();
    assert_eq!(ours, CRATES.iter().map(|row| row.0.to_owned()).collect(), "one row of CRATES for each package");
    let mut offences = Vec::new();
    for package in &packages {
        let row = CRATES.iter().find(|row| row.0 == package.name).unwrap();
        for (said, all) in [(row.1, &ours), (row.2, &words(HEAVY))] {
            let found: BTreeSet<String> = package.imports.intersection(all).cloned().collect();
            for import in words(said).symmetric_difference(&found).filter(|_| said != ANY) {
                let verb = if found.contains(import) { "imports" } else { "no longer imports" };
                offences.push(format!("{} {verb} {import}", package.name));
            }
        }
    }
    refuse("a crate's row in CRATES says otherwise:", offences);
}

#[test]
fn nothing_but_the_artefact_and_the_command_line_imports_a_function() {
    let packages = packages();
    let functions: BTreeSet<_> = packages.iter().filter(|package| package.is_function).map(|it| &it.name).collect();
    assert!(functions.len() > 1, "the functions are not where they were: {functions:?}");
    let others = packages.iter().filter(|package| !words(GATHERS_FUNCTIONS).contains(&package.name));
    let edges = others.flat_map(|from| from.imports.iter().map(move |to| (&from.name, to)));
    refuse(
        "functions exchange data through queues and the store; code that two of them need belongs in shared/:",
        edges.filter(|(_, to)| functions.contains(to)).map(|(from, to)| format!("{from} imports {to}")),
    );
}

#[test]
fn lambda_artefact_is_free_of_the_local_stack_and_of_tests() {
    let tree = output_of(
        env!("CARGO"),
        &["tree", "--package", "bootstrap", "--edges", "normal,build", "--prefix", "none", "--offline"],
    );
    let linked: BTreeSet<String> =
        tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    for function in ["poller", "router", "dispatcher", "feedback", "web", "console"] {
        assert!(linked.contains(function), "{function} is not in the artefact");
    }
    let unwanted = words(
        "local fakes roles tests statuswire dynoxide-rs rusqlite clap aws-config aws-sdk-sso aws-sdk-sts aws-lc-sys \
                          openssl-sys",
    );
    refuse("the Lambda artefact must not contain:", linked.intersection(&unwanted).cloned());
}
