//! `config apply`: changes the settings of an instance without a start.
use std::path::Path;

use accounts::audit::{AuditEntry, Values};
use status::monitor::{ComponentFilter, Monitor, WhenUnknown};
use statuswire::local_app::LocalApp;
use store::Edit;

use crate::{command::statuswire, instance::Instance};

#[tokio::test]
async fn applied_settings_hold_until_others_are_applied() {
    let instance = Instance::with_hook().await;
    assert_eq!(instance.round().await, 0);
    let file = instance.config();
    let again = instance.run(&["config", "apply", &file]).await;
    let unchanged = "No changes.\n0 written, 0 removed, 4 unchanged\n";
    assert_eq!((again.code, again.stdout.as_str()), (0, unchanged), "{}", again.stderr);

    let text = std::fs::read_to_string(&file).unwrap();
    let (without_group, _) = text.split_once("[[group]]").unwrap();
    std::fs::write(&file, without_group).unwrap();
    let plan = "- group all\nPlan: 0 to add, 0 to change, 1 to remove.\n";
    for _ in 0..2 {
        let asked = instance.run(&["config", "apply", &file]).await;
        assert_eq!((asked.code, asked.stdout.as_str()), (1, plan), "nobody can be asked: {}", asked.stderr);
        assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    }
    let fewer = instance.run(&["config", "apply", "--yes", &file]).await;
    let removed = format!("{plan}0 written, 1 removed, 3 unchanged\n");
    assert_eq!((fewer.code, fewer.stdout), (0, removed), "{}", fewer.stderr);

    let stack = LocalApp::start_stack(Some(Path::new(&instance.data()))).await.unwrap();
    let log = LocalApp::store(&stack).unwrap().audit_log(&"local".into(), None, 10).await.unwrap().entries;
    stack.stop().await;
    assert_eq!(log.len(), 2, "the start and the group, and nothing of what changed nothing: {log:?}");
    assert_eq!((log[0].who.as_str(), log[0].action.as_str()), ("configuration file", "settings.applied"));
    assert_eq!(log[0].after, Values::from([("removed".to_owned(), "group all".to_owned())]));
    assert_eq!(log[1].after["added"], "page acme, destination hook, group all, monitor acme");

    std::fs::write(&file, "[[page]]\nid = 'acme'\n").unwrap();
    let wrong = instance.run(&["config", "apply", &file]).await;
    assert_eq!((wrong.code, wrong.stdout.as_str()), (1, ""));
    assert!(wrong.stderr.contains("url: is missing"), "{}", wrong.stderr);
}

#[tokio::test]
async fn plan_says_what_apply_would_change_and_an_export_changes_nothing() {
    let instance = Instance::with_hook().await;
    assert_eq!(instance.round().await, 0);
    let file = instance.config();
    let same = instance.run(&["config", "diff", &file]).await;
    assert_eq!((same.code, same.stdout.as_str()), (0, "No changes.\n"), "{}", same.stderr);

    let exported = statuswire(&["config", "export", "--secrets", "--data", &instance.data()]).await;
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    let text = std::fs::read_to_string(&file).unwrap();
    let network = text.split("[[").next().unwrap();
    std::fs::write(&file, format!("{network}\n{}", exported.stdout)).unwrap();
    let same = instance.run(&["config", "diff", &file]).await;
    assert_eq!((same.code, same.stdout.as_str()), (0, "No changes.\n"), "{}\n{}", same.stderr, exported.stdout);
    let without_secrets = instance.run(&["config", "export"]).await;
    assert!(without_secrets.stdout.contains("url = \"env:"), "{}", without_secrets.stdout);

    let (without_group, _) = text.split_once("[[group]]").unwrap();
    std::fs::write(&file, without_group).unwrap();
    let plan = instance.run(&["config", "diff", &file]).await;
    assert_eq!(plan.code, 2, "{}", plan.stderr);
    assert!(plan.stdout.starts_with("- group "), "{}", plan.stdout);
    assert!(plan.stdout.ends_with("Plan: 0 to add, 0 to change, 1 to remove.\n"), "{}", plan.stdout);
    std::fs::write(&file, "[[page]]\nid = 'acme'\n").unwrap();
    assert_eq!(instance.run(&["config", "diff", &file]).await.code, 1);
}

#[tokio::test]
async fn board_of_the_file_is_at_an_address_that_apply_prints() {
    let instance = Instance::with_hook().await;
    assert_eq!(instance.round().await, 0);
    let file = instance.config();
    let text = std::fs::read_to_string(&file).unwrap();
    let board = "\n[[board]]\nid = 'vendors'\nname = 'Our vendors'\naddress = 'public'\nproviders = ['acme']\n";
    std::fs::write(&file, text + board).unwrap();
    let checked = instance.run(&["config", "check", &file]).await;
    assert!(checked.stdout.ends_with("1 monitor, 1 board\n"), "{}{}", checked.stdout, checked.stderr);
    let applied = instance.run(&["config", "apply", "--yes", &file]).await;
    let address = applied.stdout.lines().last().unwrap();
    assert!(address.starts_with("board vendors: /boards/our-vendors-"), "{}{}", applied.stdout, applied.stderr);
    let again = instance.run(&["config", "apply", &file]).await;
    assert_eq!(again.stdout.lines().last(), Some(address), "{}", again.stderr);
    let exported = instance.run(&["config", "export"]).await;
    assert!(exported.stdout.contains("[[board]]") && exported.stdout.contains("name = \"Our vendors\""));
}

#[tokio::test]
async fn account_of_somebody_is_exported_by_its_id_or_by_a_member() {
    let instance = Instance::with_hook().await;
    assert_eq!(instance.round().await, 0);
    let stack = LocalApp::start_stack(Some(Path::new(&instance.data()))).await.unwrap();
    let store = LocalApp::store(&stack).unwrap();
    let entry = |id: &str| AuditEntry {
        account: "account_1".into(),
        at: jiff::Timestamp::now(),
        id: id.to_owned(),
        who: "jo@example.com".to_owned(),
        action: "account.made".to_owned(),
        target: "account_1".to_owned(),
        before: Values::new(),
        after: Values::new(),
    };
    store.found_account(&"account_1".into(), "Jo", false, "jo@example.com", entry("1")).await.unwrap();
    let monitor = Monitor {
        id: "monitor_1".into(),
        account: "account_1".into(),
        provider: "github".into(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    };
    store.save_monitor(&monitor, None, &Edit::of(entry("2"))).await.unwrap();
    stack.stop().await;

    let of_file = instance.run(&["config", "export"]).await;
    assert!(of_file.stdout.contains("id = \"hook\"") && !of_file.stdout.contains("github"), "{}", of_file.stdout);
    for account in ["account_1", "jo@EXAMPLE.com"] {
        let exported = instance.run(&["config", "export", "--account", account]).await;
        let monitor = "\n[[monitor]]\nid = \"monitor_1\"\nprovider = \"github\"\n";
        assert!(exported.code == 0 && exported.stdout.ends_with(monitor), "{}{}", exported.stdout, exported.stderr);
        assert!(!exported.stdout.contains("hook"), "{}", exported.stdout);
    }
    for (account, wrong) in [("account_2", "there is no account"), ("al@example.com", "nobody signed in with")] {
        let refused = instance.run(&["config", "export", "--account", account]).await;
        assert!(refused.code == 1 && refused.stderr.contains(wrong), "{}{}", refused.stdout, refused.stderr);
    }
}
