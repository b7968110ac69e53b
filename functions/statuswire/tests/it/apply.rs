//! `config apply`: changes the settings of an instance without a start.
use crate::instance::Instance;

#[tokio::test]
async fn applied_settings_hold_until_others_are_applied() {
    let instance = Instance::with_hook().await;
    assert_eq!(instance.round().await, 0);
    let file = instance.config();
    let again = instance.run(&["config", "apply", &file]).await;
    assert_eq!((again.code, again.stdout.as_str()), (0, "0 written, 0 removed, 4 unchanged\n"), "{}", again.stderr);

    let text = std::fs::read_to_string(&file).unwrap();
    let (without_group, _) = text.split_once("[[group]]").unwrap();
    std::fs::write(&file, without_group).unwrap();
    let fewer = instance.run(&["config", "apply", &file]).await;
    assert_eq!((fewer.code, fewer.stdout.as_str()), (0, "0 written, 1 removed, 3 unchanged\n"), "{}", fewer.stderr);

    std::fs::write(&file, "[[page]]\nid = 'acme'\n").unwrap();
    let wrong = instance.run(&["config", "apply", &file]).await;
    assert_eq!((wrong.code, wrong.stdout.as_str()), (1, ""));
    assert!(wrong.stderr.contains("url: is missing"), "{}", wrong.stderr);
}
