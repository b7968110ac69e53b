//! `config apply`: changes the settings of an instance without a start.
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
