//! Commands with `--stack`: where they find region and credentials, and that they call no more than the policies of
//! the template allow.
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::{Output, Stdio},
};

use fakes::Reply;
use local::folder::DataFolder;
use store::Keyring;
use tokio::process::Command;

use crate::{
    fake_aws::{Call, FakeAws, STACK},
    instance::{Instance, PATH},
};

const KEYS: [(&str, &str); 3] =
    [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "AKIAVARIABLE"), ("AWS_SECRET_ACCESS_KEY", "hidden")];

/// Runs a command on the stack with these variables and a home that has no `.aws`.
async fn on_stack(home: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_statuswire"));
    command.args(arguments).args(["--stack", STACK, "--table", "statuswire"]);
    command.env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin").env("AWS_EC2_METADATA_DISABLED", "true");
    command.envs(variables.iter().copied()).stdin(Stdio::null()).output().await.unwrap()
}

fn error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!text.contains("hidden"), "{text}");
    text
}

/// An instance with an incident that was told to a hook which is gone.
async fn instance() -> Instance {
    let instance = Instance::with_hook().await;
    assert_eq!(instance.round().await, 0);
    instance.page.post("investigating");
    instance.fakes.set_faults_at(PATH, [Reply::text(410, "gone").into()]);
    assert_eq!(instance.round().await, 1);
    instance
}

#[tokio::test]
async fn profile_says_region_endpoint_and_credentials() {
    let instance = instance().await;
    let (aws, home) = (FakeAws::over(Path::new(&instance.data())).await, tempfile::tempdir().unwrap());
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let process = r#"{"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "hidden"}"#;
    let text = format!(
        "[default]\nregion = eu-west-1\nendpoint_url = {url}\naws_access_key_id = AKIADEFAULT\n\
         aws_secret_access_key = hidden\n[profile ops]\nregion = ap-southeast-2\nendpoint_url = {url}\n\
         credential_process = /bin/echo '{process}'\n",
        url = aws.url
    );
    std::fs::write(home.path().join(".aws/config"), text).unwrap();
    for (variables, key, region) in [
        (&[][..], "AKIADEFAULT", "eu-west-1"),
        (&[("AWS_PROFILE", "ops")], "AKIAPROCESS", "ap-southeast-2"),
        (&[("AWS_PROFILE", "ops"), ("AWS_REGION", "us-east-2")], "AKIAPROCESS", "us-east-2"),
        (&KEYS, "AKIAVARIABLE", "eu-central-1"),
    ] {
        let ran = on_stack(home.path(), &["deliveries"], variables).await;
        assert!(ran.status.success(), "{ran:?}");
        assert!(String::from_utf8(ran.stdout).unwrap().contains("opened acme/i1"));
        assert_eq!(aws.signers(), BTreeSet::from([(key.to_owned(), region.to_owned())]));
    }
    aws.stop().await;
}

#[tokio::test]
async fn what_is_missing_is_named_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let region = ("AWS_REGION", "eu-central-1");
    let none = error(&on_stack(home.path(), &["deliveries"], &[region]).await);
    assert!(none.contains("no AWS credentials found: sign in with `aws sso login`"), "{none}");
    let none = error(&on_stack(home.path(), &["deliveries"], &KEYS[1..]).await);
    assert!(none.contains("no AWS region found: set AWS_REGION"), "{none}");

    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let text = "[profile work]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = ops\n\
                [sso-session work]\nsso_region = eu-central-1\nsso_start_url = https://work.example/start\n";
    std::fs::write(home.path().join(".aws/config"), text).unwrap();
    let signed_out = error(&on_stack(home.path(), &["deliveries"], &[region, ("AWS_PROFILE", "work")]).await);
    assert!(signed_out.contains("could not be loaded") && signed_out.contains("run `aws sso login`"), "{signed_out}");
}

/// What a managed policy of the template allows: actions, and the partitions of the table that it is limited to.
struct Policy {
    actions: BTreeSet<String>,
    partitions: Vec<String>,
}

impl Policy {
    fn named(name: &str) -> Self {
        let template = include_str!("../../../../template.yaml");
        let (_, from) = template.split_once(&format!("\n  {name}:\n")).unwrap_or_else(|| panic!("{name} is gone"));
        let section = from.split("\n\n").next().unwrap();
        let words = || section.split(|char: char| char.is_whitespace() || "[],".contains(char));
        let is_action = |word: &&str| word.starts_with("sqs:") || word.starts_with("dynamodb:");
        let actions = words().filter(is_action).filter(|word| !word.ends_with(':')).map(str::to_owned).collect();
        let (_, keys) = section.split_once("dynamodb:LeadingKeys: [").unwrap_or_default();
        let keys = keys.split(']').next().unwrap().split(", ").filter(|key| !key.is_empty());
        Self { actions, partitions: keys.map(|key| key.trim_matches('"').trim_end_matches('*').to_owned()).collect() }
    }

    fn allows(&self, (action, partition): &Call) -> bool {
        let is_within = |partition: &String| self.partitions.iter().any(|start| partition.starts_with(start));
        self.actions.contains(action) && (self.partitions.is_empty() || partition.as_ref().is_none_or(is_within))
    }
}

#[tokio::test]
async fn moving_an_instance_calls_what_its_policies_allow() {
    let instance = instance().await;
    let (aws, home) = (FakeAws::over(Path::new(&instance.data())).await, tempfile::tempdir().unwrap());
    let policies = ["CommandLineReadPolicy", "CommandLineWritePolicy", "CommandLineMovePolicy"].map(Policy::named);
    let keys = DataFolder::keys_of(Path::new(&instance.data())).unwrap();
    let file = home.path().join("export").to_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let new = FakeAws::empty(folder.path()).await;
    let (new_keys, both) = (Keyring::generate(), with_second(&keys));
    let mut called = BTreeSet::new();
    let commands: [(&FakeAws, &[&str], &str, bool); 4] = [
        (&aws, &["export", &file, "--while-running"], &keys, true),
        // It is refused after it has looked: the instance has data of its own.
        (&aws, &["import", &file], &keys, false),
        (&aws, &["keys", "reseal"], &both, true),
        (&new, &["import", &file], &new_keys, true),
    ];
    for (aws, arguments, keys, is_done) in commands {
        let variables = [&KEYS[..], &[("AWS_ENDPOINT_URL", &aws.url)]].concat();
        let ran = on_stack(home.path(), &[arguments, &["--keys", keys]].concat(), &variables).await;
        assert_eq!(ran.status.success(), is_done, "{arguments:?}: {ran:?}");
        let calls = aws.calls();
        assert!(!calls.is_empty());
        for call in calls {
            assert!(policies.iter().any(|policy| policy.allows(&call)), "{arguments:?} calls {call:?}");
            called.insert(call.0);
        }
    }
    let moving = &policies[2].actions;
    assert_eq!(moving.difference(&called).collect::<Vec<_>>(), [""; 0]);
    let variables = [&KEYS[..], &[("AWS_ENDPOINT_URL", &new.url)]].concat();
    let moved = on_stack(home.path(), &["deliveries"], &variables).await;
    assert!(String::from_utf8(moved.stdout).unwrap().contains("opened acme/i1"));
    aws.stop().await;
    new.stop().await;
}

/// These keys, and a newer one.
fn with_second(keys: &str) -> String {
    let mut keys: BTreeMap<String, String> = serde_json::from_str(keys).unwrap();
    keys.insert("2".to_owned(), "second".repeat(8));
    serde_json::to_string(&keys).unwrap()
}

/// What the error says is the way out.
#[tokio::test]
async fn destination_whose_key_is_lost_comes_back_by_a_file_without_and_one_with_it() {
    let instance = instance().await;
    let file = Path::new(&instance.data()).join("destination-keys.json");
    std::fs::write(&file, Keyring::generate().replace("\"1\"", "\"2\"")).unwrap();
    let apply = async |config: &str| instance.run(&["config", "apply", "--yes", config]).await;
    let refused = apply(&instance.config()).await;
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert!(refused.stderr.contains("key 1, which is not given: give back the key"), "{}", refused.stderr);
    let folder = tempfile::tempdir().unwrap();
    let without = folder.path().join("without.toml").to_str().unwrap().to_owned();
    let text = std::fs::read_to_string(instance.config()).unwrap();
    std::fs::write(&without, text.split("[[destination]]").next().unwrap()).unwrap();
    for config in [&without, &instance.config()] {
        let applied = apply(config).await;
        assert_eq!(applied.code, 0, "{config}: {}", applied.stderr);
    }
    let resealed = instance.run(&["keys", "reseal"]).await;
    assert_eq!((resealed.code, resealed.stdout.contains("2 were before")), (0, true), "{}", resealed.stdout);
}

#[tokio::test]
async fn older_key_can_be_taken_away_once_reseal_says_so() {
    let instance = instance().await;
    let file = Path::new(&instance.data()).join("destination-keys.json");
    let keys = std::fs::read_to_string(&file).unwrap();
    let both = with_second(&keys);
    let second = {
        let mut keys: BTreeMap<String, String> = serde_json::from_str(&both).unwrap();
        keys.remove("1");
        serde_json::to_string(&keys).unwrap()
    };
    let reseal = async |keys: &str| {
        std::fs::write(&file, keys).unwrap();
        instance.run(&["keys", "reseal"]).await
    };
    let lost = reseal(&second).await;
    assert_eq!(lost.code, 2, "{}", lost.stderr);
    assert!(lost.stdout.contains("left as it is: the secret settings of destination hook"), "{}", lost.stdout);
    assert!(lost.stdout.contains("key 1, which is not given") && lost.stdout.contains("Keep the older keys."));
    let done = reseal(&both).await;
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(done.stdout, "2 secrets encrypted anew with key 2, 0 were before\nNo older key is needed.\n");
    let again = reseal(&second).await;
    assert_eq!((again.code, again.stdout.contains("0 secrets encrypted anew with key 2, 2 were before")), (0, true));
}

#[tokio::test]
async fn commands_call_what_the_policies_allow_and_nothing_is_allowed_in_vain() {
    let instance = instance().await;
    let log = instance.deliveries(&[]).await;
    let delivery = log[0]["delivery"].as_str().unwrap().to_owned();
    let (aws, home) = (FakeAws::over(Path::new(&instance.data())).await, tempfile::tempdir().unwrap());
    let (reading, writing) = (Policy::named("CommandLineReadPolicy"), Policy::named("CommandLineWritePolicy"));
    let (config, fewer) = (instance.config(), home.path().join("fewer.toml"));
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&fewer, text.split("[[group]]").next().unwrap()).unwrap();
    let filtered = home.path().join("filtered.toml");
    std::fs::write(&filtered, text + "\n[[monitor]]\nid = 'some'\npage = 'acme'\ncomponents = ['Nope']\n").unwrap();
    let (fewer, filtered) = (fewer.to_str().unwrap(), filtered.to_str().unwrap());
    let found = home.path().join("found.csv").to_str().unwrap().to_owned();
    let commands: [(&[&str], bool); 16] = [
        (&["deliveries"], true),
        (&["deliveries", "--failed", "--destination", "hook"], true),
        (&["deliveries", "--incident", "acme/i1"], true),
        (&["deliveries", "--alert", delivery.split('/').next().unwrap()], true),
        (&["config", "check", &config], true),
        (&["config", "check", filtered], true),
        (&["catalogue", "export", "--out", &found], true),
        (&["config", "diff", &config], false),
        (&["config", "export"], false),
        (&["test", "hook", "--allow", "127.0.0.0/8"], false),
        (&["redrive", &delivery], false),
        (&["redrive", "--destination", "hook", "--delivered-too"], false),
        (&["redrive", "--dead-letters", "alerts"], false),
        (&["config", "apply", "--yes", filtered], false),
        (&["config", "apply", "--yes", fewer], false),
        (&["follow", "acme"], false),
    ];
    aws.add_dead_letter().await;
    let keys = DataFolder::keys_of(Path::new(&instance.data())).unwrap();
    let mut variables = KEYS.to_vec();
    variables.push(("AWS_ENDPOINT_URL", &aws.url));
    let (mut read, mut written) = (BTreeSet::new(), BTreeSet::new());
    for (arguments, is_reading) in commands {
        // On AWS it is the ARN of a secret. What only reads needs no keys.
        let keys: &[&str] = if is_reading { &[] } else { &["--keys", &keys] };
        let ran = on_stack(home.path(), &[arguments, keys].concat(), &variables).await;
        let is_refusal = arguments[0] == "follow";
        assert_eq!(ran.status.success(), !is_refusal, "{arguments:?}: {ran:?}");
        for call in aws.calls() {
            let is_allowed = reading.allows(&call) || (!is_reading && writing.allows(&call));
            assert!(is_allowed, "{arguments:?} calls {call:?}");
            let called = if is_reading { &mut read } else { &mut written };
            called.insert(call.0);
        }
    }
    let unused =
        |policy: &Policy, called: &BTreeSet<String>| policy.actions.difference(called).cloned().collect::<Vec<_>>();
    assert_eq!(unused(&reading, &read), [""; 0]);
    assert_eq!(unused(&writing, &written), [""; 0]);
    aws.stop().await;
}
